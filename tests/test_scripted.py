"""Scripted players on hand-drawn boards and in whole games."""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from agents import Evaluation, evaluate, scripted


def play(name: str, games: int, **rules: Any) -> Evaluation:
    envs = gym.make_vec("snake_env:snake_env/Snake-v1", games, "vector_entry_point", **rules)
    return evaluate(scripted.make(name, rules), envs, games=games, seed=0)


def observation(body: list[tuple[int, int]], food: tuple[int, int], height: int, width: int) -> np.ndarray[Any, Any]:
    """(1, 4, H, W) planes of a body from tail to head."""
    planes = np.zeros((4, height, width), dtype=np.uint8)
    for moves, cell in enumerate(body, start=1):
        planes[1][cell] = moves * (255 // (height * width))
    planes[0][body[-1]] = planes[2][food] = 255
    return planes[None]


def choose(name: str, planes: np.ndarray[Any, Any], **rules: Any) -> str:
    action = int(scripted.make(name, rules).act(planes)[0])
    return ("up", "right", "down", "left")[action]


def test_greedy_goes_for_the_food() -> None:
    assert choose("greedy", observation([(2, 1), (2, 2), (2, 3)], (0, 3), 5, 6)) == "up"
    assert choose("greedy", observation([(2, 1), (2, 2), (2, 3)], (2, 5), 5, 6)) == "right"


def test_greedy_goes_over_a_joined_edge() -> None:
    planes = observation([(0, 1), (0, 2), (0, 3)], (4, 3), 5, 6)
    assert choose("greedy", planes, walls="wrap") == "up"
    assert choose("greedy", planes, walls="solid") == "down"


def test_safe_greedy_leaves_food_that_would_shut_it_in() -> None:
    """The food lies in a dead end of one cell: who eats it there is trapped; greedy goes in."""
    #  . . . . . .
    #  b b b b t .
    #  b F h . . .
    #  b b b . . .
    body = [(1, 4), (1, 3), (1, 2), (1, 1), (1, 0), (2, 0), (3, 0), (3, 1), (3, 2), (2, 2)]
    planes = observation(body, (2, 1), 4, 6)
    assert choose("greedy", planes) == "left"
    assert choose("safe-greedy", planes) == "right"


@pytest.mark.parametrize("rules", [{"height": 6, "width": 8}, {"height": 5, "width": 7, "walls": "wrap"}])
@pytest.mark.parametrize("actions", ["absolute", "relative"])
@pytest.mark.parametrize("name", ["cycle", "shortcut"])
def test_cycles_fill_the_board_every_time(name: str, actions: str, rules: Mapping[str, Any]) -> None:
    result = play(name, 12, actions=actions, **rules)
    assert result.full == 1.0


def test_shortcuts_save_steps() -> None:
    cycle, shortcut = (play(name, 10, height=6, width=8) for name in ("cycle", "shortcut"))
    assert shortcut.steps_per_food < 0.8 * cycle.steps_per_food


def test_a_board_without_a_cycle_is_named() -> None:
    with pytest.raises(ValueError, match="cycle"):
        play("cycle", 2, height=5, width=7)


def test_the_better_idea_eats_more() -> None:
    random, greedy, safe = (play(name, 12, height=8, width=7) for name in ("random", "greedy", "safe-greedy"))
    assert 2 * random.mean < greedy.mean
    assert greedy.mean + 10 < safe.mean
    assert safe.mean > 0.8 * (8 * 7 - 3)


def test_random_takes_all_that_is_allowed_and_nothing_else() -> None:
    agent = scripted.make("random", {})
    mask = np.tile(np.array([[1, 0, 1, 1]], dtype=np.int8), (3000, 1))
    actions = agent.act(np.zeros((3000, 4, 5, 6), dtype=np.uint8), mask, rng=np.random.default_rng(0))
    counts = np.bincount(actions, minlength=4)
    assert counts[1] == 0
    assert counts[[0, 2, 3]].min() > 900


def test_an_unknown_player_is_named() -> None:
    with pytest.raises(ValueError, match="'random', 'greedy', 'safe-greedy', 'cycle', 'shortcut'"):
        scripted.make("genius", {})
