"""The rules of food by name, on boards drawn by hand, for both engines."""

from collections import Counter
from typing import Unpack

import numpy as np
import numpy.typing as npt
import pytest

from snake_env.engine.batch import Batch
from snake_env.engine.game import Game
from snake_env.task import RuleArguments
from tests.support.boards import lines, repeated, rules_of, spread, state_of
from tests.support.moves import Move


def test_food_makes_the_snake_longer_and_counts(move: Move) -> None:
    moved = move("....... ....... ..*<ab. ....... .......", "left", hunger=9)
    assert moved.events == {"ate"}
    assert not moved.state.over[0]
    assert moved.snake == lines("....... ....... ..<abc. ....... .......")
    assert (moved.state.score[0], moved.state.hunger[0], moved.state.length[0]) == (1, 0, 4)


def test_only_the_food_that_was_eaten_is_replaced(move: Move) -> None:
    moved = move("*...... ..*<a.. ....... .....*.", "left")
    first, new, last = moved.state.food[0].tolist()
    assert moved.events == {"ate"}
    assert (first, last) == (0, 26)
    assert new not in (0, 26, *np.flatnonzero(moved.state.body[0]))


def test_each_piece_of_food_counts(move: Move) -> None:
    moved = move("....... .**<a.. ....... .....*.", "left", "left")
    assert moved.events == {"ate"}
    assert moved.snake == lines("....... .<abc.. ....... .......")
    assert moved.state.score[0] == 2


def test_food_that_finds_no_free_cell_is_left_out(move: Move) -> None:
    text = "*<abc *gfed ##### #####"
    moved = move(text, "left")
    assert moved.events == {"ate"}
    assert not moved.state.over[0]
    assert moved.state.food.tolist() == [[-1, 5]]
    won = move(text, "left", "down")
    assert won.events == {"ate", "won"}
    assert won.state.food.tolist() == [[-1, -1]]


def fallen_food(engine: str, text: str, draws: int, **rules: Unpack[RuleArguments]) -> npt.NDArray[np.int64]:
    """The cells where food fell in place of what the snake ate by moving left, for many random streams."""
    these = rules_of(text, **rules)
    start = state_of(text)
    action = these.action_names.index("left")
    streams = np.random.default_rng(5).integers(1 << 64, size=draws, dtype=np.uint64)
    if engine == "batch":
        batch = Batch(these, draws)
        batch.set_state(repeated(start, streams))
        assert len(batch.step(np.full(draws, action)).meals) == draws
        food = batch.state().food.copy()
    else:
        game, fell = Game(these), []
        for stream in streams:
            game.set_state(start._replace(stream=stream[None]))
            game.step(action)
            fell.append(game.state().food[0])
        food = np.array(fell)
    (slot,) = np.flatnonzero((food != start.food).any(axis=0))
    return food[:, slot]


@pytest.mark.parametrize("engine", ["game", "batch"])
@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("..... ..... .*<a. ..... ..... .....", {}),
        ("..... ..... .*<a. ..... ..... .....", {"walls": "wrap"}),
        ("#..## ..... .*<a. ..#.. ##... .....", {}),
        ("..... *...* .*<a. .*... ..... *....", {}),
        ("*<abc .ojid .nkhe .mlgf", {}),  # random cells fail mostly, then the free ones are counted
        ("*<abc #.hgd #.ife #.###", {}),
        ("*<abc .ojid *nkhe .mlgf", {}),
        ("*<abc pojid qnkhe .mlgf", {}),
    ],
    ids=["open", "wrap", "obstacles", "several", "full", "full obstacles", "full several", "one cell left"],
)
def test_food_falls_on_each_free_cell_equally_often(engine: str, text: str, rules: RuleArguments) -> None:
    free = {cell for cell, sign in enumerate("".join(lines(text))) if sign == "."}
    fell = Counter(fallen_food(engine, text, 150 * len(free), **rules).tolist())
    assert set(fell) == free
    assert spread(fell, free) < 4
