"""Scripted players on drawn boards and in whole games."""

from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from agents import scripted
from agents.agent import Agent
from agents.evaluation import Evaluation, evaluate
from snake_env.observations.planes import Planes
from tests.support.boards import rules_of, state_of

UP, RIGHT, DOWN, LEFT = range(4)


def observe(text: str) -> npt.NDArray[Any]:
    """Return the observation (1, 4, H, W) of a drawn board."""
    return Planes(rules_of(text))(state_of(text))


def chosen(agent: Agent, text: str, mask: list[int] | None = None) -> int:
    (action,) = agent.act(observe(text), None if mask is None else np.array([mask], dtype=np.int8))
    return int(action)


def make_envs(num_envs: int, **rules: Any) -> gym.vector.VectorEnv[Any, Any, Any]:
    return gym.make_vec("snake_env:snake_env/Snake-v1", num_envs, vectorization_mode="vector_entry_point", **rules)


def play(name: str, games: int, **rules: Any) -> Evaluation:
    return evaluate(scripted.make(name, rules), make_envs(games, **rules), games=games)


# Right leads to food in a space that the body closes, left to the tail.
CLOSED = """
    edc..
    ..b..
    ..a..
    ..v*."""
