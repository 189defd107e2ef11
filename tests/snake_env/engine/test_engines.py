"""The two engines compared with each other, bit for bit, and with an independent simulator."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snake_env import Rules, State
from snake_env.engine.batch import Batch
from snake_env.engine.game import Game
from tests.support.reference import Reference, choose, closed_tour


def play_side_by_side(rules: Rules, games: int, steps: int, rng: np.random.Generator, mistakes: float) -> Counter[str]:
    """Play the same games with all three, compare them after every step, and count how they end."""
    streams = rng.integers(1 << 64, size=games, dtype=np.uint64)
    batch, singles = Batch(rules, games), [Game(rules) for _ in range(games)]
    batch.start(np.arange(games), streams)
    for game, stream in zip(singles, streams.tolist(), strict=True):
        game.start(stream)
    references = begin(rules, batch.state(), range(games))
    compare(batch, singles, references)
    tour = None if batch.state().obstacles.any() else closed_tour(rules.height, rules.width)
    outcomes: Counter[str] = Counter()
    for luck in rng.random((steps, games)).tolist():
        actions = [choose(game, tour, roll, mistakes) for game, roll in zip(references.values(), luck, strict=True)]
        outcome = batch.step(np.array(actions))
        state = batch.state()
        for i, (game, action) in enumerate(zip(singles, actions, strict=True)):
            reference = references[i]
            ended = [bool(array[i]) for array in (outcome.died, outcome.won, outcome.starved)]
            happened = [i in outcome.meals, *ended]
            assert (i in outcome.deaths) == ended[0]
            if reference.over:
                game.start()
                references |= begin(rules, state, [i])
                assert happened == [False] * 4
                continue
            reference.step(action)
            game.step(action)
            reference.adopt_food(state, i)
            outcomes[reference.outcome] += 1
            assert happened == [game.ate, game.died, game.won, game.starved]
            assert happened == [
                reference.outcome in ("ate", "won"),
                *(reference.outcome == name for name in ("died", "won", "starved")),
            ]
        compare(batch, singles, references)
    return outcomes


def begin(rules: Rules, state: State, games: Iterable[int]) -> dict[int, Reference]:
    """The simulator at the start of some games, which are checked to be legal."""
    references = {i: Reference(rules, state, i) for i in games}
    for reference in references.values():
        reference.check_start(*rules.lengths)
    return references


def compare(batch: Batch, singles: list[Game], references: dict[int, Reference]) -> None:
    """Compare the complete state of the batch, of the single games and of the simulator."""
    state, rules = batch.state(), batch.rules
    one = [game.state() for game in singles]
    for name, array in state._asdict().items():
        if name == "obstacles":
            assert all(np.array_equal(array, single.obstacles) for single in one)
            continue
        many = np.concatenate([getattr(single, name) for single in one])
        assert (array.dtype, array.shape) == (many.dtype, many.shape), name
        assert np.array_equal(array, many), name
    bits = np.arange(len(rules.action_names))
    assert np.array_equal(batch.action_mask, np.array([game.legal for game in singles])[:, None] >> bits & 1)
    assert batch.length.tolist() == [game.length for game in singles]
    assert state.score.tolist() == [game.score for game in singles]
    known = list(references.values())
    assert state.body.reshape(len(known), -1).tolist() == [game.steps_until_free() for game in known]
    assert [divmod(cell, rules.width) for cell in state.head.tolist()] == [game.snake[0] for game in known]
    assert batch.action_mask.tolist() == [game.mask() for game in known]
    for name in ("hunger", "score", "over"):
        assert getattr(state, name).tolist() == [getattr(game, name) for game in known], name


def random_rules(rng: np.random.Generator) -> Rules:
    """Rules of all kinds for small boards."""
    while True:
        height, width = (int(side) for side in rng.integers(4, 8, size=2))
        obstacles = [None, (float(rng.uniform(0, 0.4)), int(rng.integers(100)))][rng.integers(2)]
        room = height * width // (2 if obstacles else 1)
        shortest, longest = sorted(rng.integers(1, room, size=2).tolist())
        lengths: list[int | tuple[int, int]] = [int(rng.integers(1, 4)), (shortest, longest)]
        try:
            return Rules(
                height=height,
                width=width,
                walls=["solid", "wrap"][rng.integers(2)],
                obstacles=obstacles,
                food=[1, 1, 2, 3, 7][rng.integers(5)],
                initial_length=lengths[rng.integers(2)],
                hunger_limit=[None, None, 1, 9][rng.integers(4)],
                actions=["absolute", "relative"][rng.integers(2)],
            )
        except ValueError:  # a long snake may find no room among obstacles
            assert obstacles


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 5), st.sampled_from([0.0, 0.01, 0.3]))
def test_side_by_side_under_any_rules(seed: int, games: int, mistakes: float) -> None:
    rng = np.random.default_rng(seed)
    play_side_by_side(random_rules(rng), games, 50, rng, mistakes)


@pytest.mark.parametrize("actions", ["absolute", "relative"])
@pytest.mark.parametrize(
    "rules",
    [
        {"height": 4, "width": 5},
        {"height": 5, "width": 4, "walls": "wrap", "food": 3},
        {"height": 4, "width": 6, "initial_length": (15, 23), "food": 2},
        {"height": 5, "width": 7, "initial_length": (25, 34), "walls": "wrap"},
        {"height": 5, "width": 4, "initial_length": (9, 11), "obstacles": "....\n.##.\n....\n.##.\n...."},
    ],
    ids=str,
)
def test_side_by_side_until_the_board_is_full(rules: dict[str, Any], actions: str) -> None:
    rng = np.random.default_rng(1)
    outcomes = play_side_by_side(Rules(**rules, actions=actions), 6, 400, rng, mistakes=0.001)
    assert outcomes["won"] > 3
    assert outcomes["ate"] > 30


@pytest.mark.parametrize(
    ("height", "width"), [(15, 17), (16, 17), (5, 64), (64, 63)], ids=["255", "272", "flat", "greatest"]
)
def test_side_by_side_on_large_boards(height: int, width: int) -> None:
    rules = Rules(height=height, width=width, initial_length=(1, 120), food=200, walls="wrap", hunger_limit=25)
    outcomes = play_side_by_side(rules, 3, 30, np.random.default_rng(2), mistakes=0.005)
    assert min(outcomes[name] for name in ("moved", "ate")) > 0


@pytest.mark.slow
def test_side_by_side_for_a_million_steps() -> None:
    rng = np.random.default_rng(3)
    outcomes: Counter[str] = Counter()
    while outcomes.total() < 1_000_000:
        outcomes += play_side_by_side(random_rules(rng), 16, 500, rng, mistakes=float(rng.choice([0, 0.002, 0.05])))
    assert min(outcomes[name] for name in ("moved", "ate", "won", "died", "starved")) > 5_000
