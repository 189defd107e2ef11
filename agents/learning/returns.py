"""What followed a step, discounted: the targets that values learn, and how much better a step went than expected."""

import numpy as np
from numpy.typing import NDArray

from agents.learning.rollout import BoolArray, FloatArray


def lambda_returns(
    rewards: FloatArray,
    values: FloatArray,
    terminated: BoolArray,
    ended: BoolArray,
    *,
    discount: float,
    trace: float,
) -> NDArray[np.float32]:
    """R[t] = r[t] + γ ((1 - λ) V[t+1] + λ R[t+1]), with R = r after a termination and r + γ V[t+1] after a truncation.

    R[t] - V[t] is the generalised advantage of the step; λ = 1 gives the discounted return, λ = 0 the one-step target.

    Args:
        rewards: (T, N) r.
        values: (T + 1, N) V, of what was seen before each step and after the last one. After a step that ends a game it
            is of the last observation of that game, as with next-step autoreset.
        terminated: (T, N) the game has ended, and nothing follows.
        ended: (T, N) terminated or truncated: what follows is not of this game.
        discount: γ.
        trace: λ.

    Source: Schulman et al. 2016, "High-Dimensional Continuous Control Using Generalized Advantage Estimation", equation
    16, arXiv 1506.02438; Sutton and Barto 2018, "Reinforcement Learning", equation 12.18.
    """
    returns = np.empty(rewards.shape, np.float32)
    following = values[-1]
    for t in reversed(range(len(rewards))):
        ahead = values[t + 1] + np.where(ended[t], 0, trace) * (following - values[t + 1])
        following = returns[t] = rewards[t] + discount * np.where(terminated[t], 0, ahead)
    return returns
