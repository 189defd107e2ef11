"""Safe greedy play: single decisions on drawn boards, and whole games."""

from typing import Any

import numpy as np
import pytest

from agents import scripted
from agents.scripted.greedy import GreedyAgent
from agents.scripted.safe_greedy import SafeGreedyAgent
from tests.support.players import CLOSED, LEFT, UP, chosen, make_envs

POCKET = """
    ##*###
    ##.###
    ..^...
    ..a...
    ..bc.."""


def test_safe_greedy_leaves_food_in_a_dead_end() -> None:
    assert chosen(GreedyAgent(), POCKET) == UP
    assert chosen(SafeGreedyAgent(), POCKET) != UP


def test_safe_greedy_enters_cells_that_the_body_leaves_in_time() -> None:
    """The only way to the food in three moves is over the tail and the cell before it."""
    board = """
        ..cb*
        ..<a.
        ..###
        ..###"""
    assert chosen(SafeGreedyAgent(), board) == UP


def test_safe_greedy_leaves_food_in_a_space_that_its_body_closes() -> None:
    assert chosen(SafeGreedyAgent(), CLOSED) == LEFT


def test_safe_greedy_does_not_walk_into_a_dead_end_from_which_a_short_snake_cannot_turn_back() -> None:
    board = """
        #.#*#
        .<a..
        .....
        ....."""
    assert chosen(SafeGreedyAgent(), board) != UP
    assert chosen(SafeGreedyAgent(), board.replace("a", ".")) != UP


def test_safe_greedy_fills_the_board_although_its_tail_cannot_be_reached_then() -> None:
    board = """
        *<ade
        wxbcf
        upohg
        tqnij
        srmlk"""
    assert chosen(SafeGreedyAgent(), board) == LEFT


@pytest.mark.parametrize(
    "rules",
    [
        {"height": 7, "width": 6},
        {"height": 5, "width": 7, "walls": "wrap"},
        {"height": 8, "width": 8, "obstacles": "pillars", "food": 3},
    ],
)
def test_safe_greedy_dies_of_nothing_but_hunger(rules: dict[str, Any]) -> None:
    envs, agent = make_envs(40, **rules), scripted.make("safe-greedy", rules)
    observations, info = envs.reset(seed=0)
    won = 0
    for _ in range(500):
        observations, _, terminations, _, info = envs.step(agent.act(observations, info["action_mask"]))
        np.testing.assert_array_equal(terminations, info["won"])
        won += info["won"].sum()
    assert won > 5
