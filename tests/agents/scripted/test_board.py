"""Boards read from observations, and bitboards."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.scripted.bitboard import BitboardOps, to_bitboard
from agents.scripted.board import Boards, Grid
from agents.scripted.greedy import GreedyAgent
from agents.scripted.random import RandomAgent
from tests.support.players import DOWN, make_envs, observe


def test_boards_are_read() -> None:
    boards = Boards.from_observations(
        observe(
            """
            .*.#..
            .cba.*
            .d.v..
            #....."""
        ),
        wrap=False,
    )
    assert boards.steps_until_free.reshape(4, 6).tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 2, 3, 4, 0, 0],
        [0, 1, 0, 5, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    assert np.flatnonzero(boards.food[0]).tolist() == [1, 11]
    assert (boards.head[0], boards.length[0], boards.heading[0]) == (15, 5, DOWN)
    assert boards.legal.tolist() == [[False, True, True, True]]
    assert boards.grid == Grid(4, 6, False, frozenset({3, 18}))


def test_a_board_of_many_cells_is_read() -> None:
    observation = observe("\n".join(["." * 17] * 15 + [".ba>" + "." * 13]))
    assert observation.dtype == np.uint16
    boards = Boards.from_observations(observation, wrap=True)
    assert boards.steps_until_free[0, -17:-12].tolist() == [0, 1, 2, 3, 0]
    assert boards.legal.tolist() == [[True, True, True, False]]


@pytest.mark.parametrize("observations", [np.zeros((2, 60), np.float32), np.zeros((4, 8, 8), np.uint8)])
def test_other_observations_are_refused(observations: npt.NDArray[Any]) -> None:
    with pytest.raises(ValueError, match='make the environment with observation="planes"'):
        GreedyAgent().act(observations)


@pytest.mark.parametrize("initial_length", [1, 2, 3])
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_legal_directions_are_those_of_the_environment(walls: str, initial_length: int) -> None:
    rules = {"walls": walls, "obstacles": "pillars", "initial_length": initial_length}
    envs = make_envs(40, height=5, width=6, food=6, **rules)
    rng = np.random.default_rng(0)
    observations, info = envs.reset(seed=0)
    for _ in range(200):
        boards = Boards.from_observations(observations, wrap=walls == "wrap")
        np.testing.assert_array_equal(boards.legal, info["action_mask"])
        observations, *_, info = envs.step(RandomAgent().act(observations, info["action_mask"], rng=rng))


@given(st.integers(4, 9), st.integers(4, 9), st.booleans(), st.integers(0, 2**32 - 1))
def test_around_a_set_are_the_neighbours_of_its_cells(height: int, width: int, wrap: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    obstacles, some = rng.random((2, height * width)) < 0.3
    grid = Grid(height, width, wrap, frozenset(np.flatnonzero(obstacles).tolist()))
    board = BitboardOps(grid)
    around = {other for cell in np.flatnonzero(some & ~obstacles) for other in grid.adjacent[cell]}
    assert board.around(to_bitboard(np.flatnonzero(some & ~obstacles).tolist())) == to_bitboard(around)


def test_connected_components_of_a_set() -> None:
    board = BitboardOps(Grid(4, 4, False))
    corners = to_bitboard([0, 1, 3, 4, 12, 15])
    assert board.components(corners) == 4
    assert BitboardOps(Grid(4, 4, True)).components(corners) == 1
    assert board.fill(to_bitboard([0]), corners) == to_bitboard([0, 1, 4])
