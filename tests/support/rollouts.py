"""Rollouts made by hand, and collectors of rollouts, for the tests of learners."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import snake_env  # noqa: F401  registers the environment
from agents.learning.rollout import ActionChoice, Collector, Policy, Rollout
from agents.policies.symmetry import Symmetry

Array = NDArray[Any]


def make_rollout(T: int, N: int, *, n_actions: int = 2, **arrays: Array) -> Rollout:
    """A rollout of these arrays; the others are 0, with all actions allowed and all steps valid."""
    defaults: dict[str, Any] = {
        "observations": np.zeros((T, N, 1), np.uint8),
        "masks": np.ones((T, N, n_actions), bool),
        "actions": np.zeros((T, N), np.int64),
        "log_probs": np.zeros((T, N), np.float32),
        "values": np.zeros((T + 1, N), np.float32),
        "rewards": np.zeros((T, N), np.float32),
        "terminated": np.zeros((T, N), bool),
        "ended": np.zeros((T, N), bool),
        "valid": np.ones((T, N), bool),
    }
    for name, array in arrays.items():
        defaults[name][...] = array
    return Rollout(**defaults)


def make_collector(
    envs: VectorEnv[Any, Any, Any], n_steps: int, *, symmetric: bool = False, masked: bool = True
) -> Collector:
    """A collector whose first game has the seed 7."""
    observations, actions = envs.single_observation_space, envs.single_action_space
    assert isinstance(observations, Box)
    assert isinstance(actions, Discrete)
    symmetry = Symmetry(observations.shape, int(actions.n), on=symmetric)
    return Collector(envs, symmetry, n_steps=n_steps, seed=7, masked=masked)


def random_policy(seed: int) -> Policy:
    """Random allowed actions, and values that depend on the observations."""
    rng = np.random.default_rng(seed)

    def choose(observations: Array, masks: Array) -> ActionChoice:
        actions = np.where(masks, rng.random(masks.shape), -1).argmax(axis=1)
        values = observations.reshape(len(observations), -1).sum(axis=1, dtype=np.float64) % 97
        return ActionChoice(actions, values)

    return choose


def make_snake(n_envs: int, height: int = 5, width: int = 6, **rules: Any) -> VectorEnv[Any, Any, Any]:
    """N games of Snake on a small board."""
    arguments = {"height": height, "width": width} | rules
    return gym.make_vec("snake_env/Snake-v1", num_envs=n_envs, vectorization_mode="vector_entry_point", **arguments)
