"""Returns: the discounted rewards that follow a step, as targets for values and for advantages."""

import numpy as np
from numpy.typing import NDArray

from agents.types import BoolArray, FloatArray


def lambda_returns(
    rewards: FloatArray,
    values: FloatArray,
    terminated: BoolArray,
    ended: BoolArray,
    *,
    gamma: float,
    lambda_: float,
) -> NDArray[np.float32]:
    """R[t] = r[t] + γ ((1 - λ) V[t+1] + λ R[t+1]), with R = r after a termination and r + γ V[t+1] after a truncation.

    R[t] - V[t] is the generalised advantage estimate of the step; λ = 1 gives the discounted return, λ = 0 the one-step
    target.

    Args:
        rewards: (T, N) r.
        values: (T + 1, N) V, of the observation before each step and after the last one. With next-step autoreset, the
            row after a step that ends a game holds the value of that game's last observation.
        terminated: (T, N) the game has ended, and nothing follows.
        ended: (T, N) terminated or truncated: the next row belongs to another game.
        gamma: γ.
        lambda_: λ.

    Source: Schulman et al. 2016, "High-Dimensional Continuous Control Using Generalized Advantage Estimation", equation
    16, arXiv 1506.02438; Sutton and Barto 2018, "Reinforcement Learning", equation 12.18.
    """
    returns = np.empty(rewards.shape, np.float32)
    following = values[-1]
    for t in reversed(range(len(rewards))):
        next_return = values[t + 1] + np.where(ended[t], 0, lambda_) * (following - values[t + 1])
        following = returns[t] = rewards[t] + gamma * np.where(terminated[t], 0, next_return)
    return returns
