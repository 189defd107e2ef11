"""Choosing by the values of actions: the best allowed one, now and then any allowed one."""

import numpy as np

from agents.learning.rollout import BoolArray, FloatArray, IntArray
from agents.learning.schedules import anneal
from agents.policies.masks import best_allowed


def epsilon_greedy(values: FloatArray, masks: BoolArray, epsilon: float, rng: np.random.Generator) -> IntArray:
    """In a share ε of the games any allowed action, all of them alike; in the others the best allowed one.

    Args:
        values: (N, A) Q.
        masks: (N, A) allowed actions, at least one a game.
        epsilon: ε, from 0 to 1.
        rng: draws as many numbers whatever ε is, so that two runs differ only in what they choose.

    Returns:
        (N,) actions.

    Source: Watkins 1989, "Learning from Delayed Rewards"; Sutton and Barto 2018, "Reinforcement Learning", section 2.2.
    """
    explore = rng.random(len(values)) < epsilon
    any_allowed = best_allowed(rng.random(values.shape), masks)
    return np.where(explore, any_allowed, best_allowed(values, masks))


def exploration_at(first: float, last: float, share: float, progress: float) -> float:
    """The share of chance at a progress from 0 to 1: on a line from first to last while progress < share, then last."""
    return anneal("linear", first, last, progress / share if share else 1.0)
