"""Reward scaling: rewards divided by the standard deviation of the discounted return."""

import numpy as np
from numpy.typing import NDArray

from agents.types import BoolArray, FloatArray
from nn.saved_state import check_same_arrays


class ReturnScale:
    """Divides rewards by the running standard deviation of the discounted return, over all games and steps.

    So values are of the order of 1 whatever rewards an environment pays. The discounted return is the one that runs
    forward in time, G ← γ G + r, which restarts with each game. Mean and variance are merged rollout by rollout (Chan,
    Golub, LeVeque 1979, "Updating Formulae and a Pairwise Algorithm"). A row in which a game starts anew counts as a
    return of 0, so the scale of very short games comes out too small.

    Args:
        n_envs: N.
        gamma: γ.
    """

    def __init__(self, n_envs: int, gamma: float) -> None:
        self._gamma = gamma
        self._running = np.zeros(n_envs)
        self._count, self._mean, self._squares = 0.0, 0.0, 0.0

    def __call__(self, rewards: FloatArray, ended: BoolArray) -> NDArray[np.float32]:
        """Update the statistics with rewards (T, N), and return these rewards scaled."""
        returns = np.empty(rewards.shape)
        for t in range(len(rewards)):
            self._running = returns[t] = self._gamma * self._running + rewards[t]
            self._running = np.where(ended[t], 0, self._running)
        total = self._count + returns.size
        shift = returns.mean() - self._mean
        self._squares += ((returns - returns.mean()) ** 2).sum() + shift**2 * self._count * returns.size / total
        self._mean += shift * returns.size / total
        self._count = total
        scaled: NDArray[np.float32] = (rewards / max(np.sqrt(self._squares / total), 1e-4)).astype(np.float32)
        return scaled

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return all arrays that `restore` needs."""
        return {"running": self._running, "moments": np.array([self._count, self._mean, self._squares])}

    def restore(self, arrays: dict[str, NDArray[np.float64]]) -> None:
        """Continue from the arrays that `state` returned."""
        check_same_arrays(arrays, self.state())
        if arrays["moments"][0] < 0 or arrays["moments"][2] < 0:
            raise ValueError(f"moments is {arrays['moments']}; its first and last number must be 0 or more")
        self._running = arrays["running"].copy()
        self._count, self._mean, self._squares = arrays["moments"].tolist()
