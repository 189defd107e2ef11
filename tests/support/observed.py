"""Observations of boards drawn by hand, and of whole games."""

from typing import Any

import numpy as np
import numpy.typing as npt

from snake_env import SnakeEnv, SnakeVectorEnv, State
from tests.support.boards import rules_of, state_of


def seen(text: str, observation: str | dict[str, Any], **arguments: Any) -> npt.NDArray[Any]:
    """The observation of a drawn board, which is the same in both environments."""
    rules = rules_of(text)
    given: dict[str, Any] = {"height": rules.height, "width": rules.width, "food": rules.food}
    given |= {"obstacles": rules.obstacles, "observation": observation} | arguments
    env, envs = SnakeEnv(**given), SnakeVectorEnv(1, **given)
    observed, _ = env.set_state(state_of(text))
    assert observed in env.observation_space
    np.testing.assert_array_equal(envs.set_state(state_of(text))[0][0], observed)
    return observed


BOARDS: list[dict[str, Any]] = [
    {"height": 5, "width": 7},
    {"height": 6, "width": 5, "walls": "wrap", "food": 3},
    {"height": 7, "width": 9, "obstacles": "rooms", "initial_length": (2, 20), "actions": "relative"},
    {"height": 5, "width": 6, "obstacles": (0.2, 4), "initial_length": (1, 12), "walls": "wrap"},
    {"height": 5, "width": 6, "initial_length": (20, 29), "actions": "relative"},
    {"height": 4, "width": 6, "initial_length": (20, 23), "food": 3, "walls": "wrap"},
]


def played(rules: dict[str, Any], observation: str | dict[str, Any], games: int, steps: int) -> list[Any]:
    """(observations, State) of some steps of many games, with games that are over among them."""
    envs = SnakeVectorEnv(games, observation=observation, **rules)
    rng = np.random.default_rng(5)
    seen = [(envs.reset(seed=1)[0], State(**envs.get_state()))]
    for _ in range(steps):
        mask = envs.action_masks() + 0.01
        actions = np.array([rng.choice(len(row), p=row / row.sum()) for row in mask])
        seen.append((envs.step(actions)[0], State(**envs.get_state())))
    return seen
