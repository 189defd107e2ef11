"""Epsilon-greedy exploration."""

import numpy as np

from agents.policies.masks import masked_argmax
from agents.types import BoolArray, FloatArray, IntArray
from nn.schedules import anneal


def epsilon_greedy(values: FloatArray, masks: BoolArray, epsilon: float, rng: np.random.Generator) -> IntArray:
    """Return a random allowed action with probability ε, otherwise the allowed action with the highest value.

    Args:
        values: (N, A) Q.
        masks: (N, A) allowed actions, at least one for each game.
        epsilon: ε, from 0 to 1.
        rng: generator; it draws the same amount of numbers for every ε.

    Returns:
        (N,) actions.

    Source: Watkins 1989, "Learning from Delayed Rewards"; Sutton and Barto 2018, "Reinforcement Learning", section 2.2.
    """
    explore = rng.random(len(values)) < epsilon
    random_allowed = masked_argmax(rng.random(values.shape), masks)
    return np.where(explore, random_allowed, masked_argmax(values, masks))


def exploration_rate(initial_eps: float, final_eps: float, fraction: float, progress: float) -> float:
    """Return ε at a progress from 0 to 1: linear from initial_eps to final_eps until `fraction`, then constant."""
    return anneal("linear", initial_eps, final_eps, progress / fraction if fraction else 1.0)
