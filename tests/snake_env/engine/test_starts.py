"""Starts of games, and rules for boards of every size."""

from collections import Counter
from dataclasses import FrozenInstanceError
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snake_env import Rules, State
from snake_env.engine.batch import Batch
from snake_env.engine.game import Game
from tests.support.boards import DIRECTIONS, drawing, lines, spread
from tests.support.reference import Reference


def starts(rules: Rules, games: int) -> State:
    """Starts of N games; the engine for one game must give the same ones."""
    streams = np.random.default_rng(3).integers(1 << 64, size=games, dtype=np.uint64)
    batch = Batch(rules, games)
    batch.start(np.arange(games), streams)
    state = batch.state()
    game = Game(rules)
    for i in range(0, games, max(1, games // 50)):
        game.start(int(streams[i]))
        for name, array in game.state()._asdict().items():
            given = getattr(state, name)
            np.testing.assert_array_equal(array, given if name == "obstacles" else given[i : i + 1], name)
    return state


@pytest.mark.parametrize("walls", ["solid", "wrap"])
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_a_game_starts_in_a_straight_line_anywhere_with_a_way_out(walls: str, length: int) -> None:
    rows = lines("...... .#.... ...... ....#. .....#")
    rules = Rules(height=5, width=6, walls=walls, initial_length=length, obstacles="\n".join(rows))

    def is_free(row: int, col: int) -> bool:
        inside = walls == "wrap" or (0 <= row < 5 and 0 <= col < 6)
        return inside and rows[row % 5][col % 6] == "."

    legal = set()
    for row, col, (down, right) in product(range(5), range(6), DIRECTIONS):  # of the head
        body = [(row - i * down, col - i * right) for i in range(length)]
        ahead = [(down, right), (right, down), (-right, -down)]
        if all(is_free(*cell) for cell in body) and any(is_free(row + y, col + x) for y, x in ahead):
            legal.add(4 * (6 * row + col) + DIRECTIONS.index((down, right)))
    state = starts(rules, 150 * len(legal))
    poses = Counter((4 * state.head + state.heading).tolist())
    assert set(poses) == legal
    assert spread(poses, legal) < 4
    for i in range(500):
        Reference(rules, state, i).check_start(length, length)


@pytest.mark.parametrize("walls", ["solid", "wrap"])
@pytest.mark.parametrize("obstacles", [None, "pillars"])
def test_a_range_of_lengths_starts_from_random_legal_bodies(walls: str, obstacles: str | None) -> None:
    rules = Rules(height=4, width=6, walls=walls, obstacles=obstacles, initial_length=(1, 20))
    state = starts(rules, 800)
    for i in range(800):
        Reference(rules, state, i).check_start(1, 20)
    assert spread(Counter(state.length.tolist()), set(range(1, 21))) < 4
    assert len({tuple(drawing(state, i, food=False)) for i in range(800)}) > 500


# ---- arguments


@settings(max_examples=15)
@given(st.integers(4, 64), st.integers(4, 64), st.sampled_from(["solid", "wrap"]), st.data())
def test_rules_hold_for_every_size(height: int, width: int, walls: str, data: st.DataObject) -> None:
    food, limit = data.draw(st.integers(1, height * width - 1)), data.draw(st.none() | st.integers(1, 2**31))
    rules = Rules(height=height, width=width, walls=walls, food=food, hunger_limit=limit, initial_length=1)
    assert rules.cells == height * width
    assert rules.steps_to_starve == limit or (limit is None and rules.steps_to_starve == 2 * height * width)
    assert rules.open_cells.tolist() == list(range(height * width))
    assert np.iinfo(rules.body_dtype).max >= height * width
    game = Game(rules)
    game.start(data.draw(st.integers(0, 2**64 - 1)))
    Reference(rules, game.state(), 0).check_start(1, 1)


def test_rules_are_values() -> None:
    arguments: dict[str, Any] = {"height": 5, "width": 6, "initial_length": [2, 4], "obstacles": [0.1, 2]}
    rules = Rules(**arguments)
    assert rules == Rules(**arguments)
    assert hash(rules) == hash(Rules(**arguments))
    assert rules != Rules(**(arguments | {"width": 7}))
    with pytest.raises(FrozenInstanceError):
        rules.height = 7  # type: ignore[misc]
