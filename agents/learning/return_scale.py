"""Rewards in units of what games return, so that values are of the order of 1 whatever an environment pays."""

import numpy as np
from numpy.typing import NDArray

from agents.learning.rollout import BoolArray, FloatArray


class ReturnScale:
    """Divides rewards by the standard deviation of the discounted return so far, over all games and steps.

    The return is the one that runs forward, G ← γ G + r, which restarts with each game. Mean and variance are merged
    rollout by rollout (Chan, Golub, LeVeque 1979, "Updating Formulae and a Pairwise Algorithm"). A row in which a game
    starts anew counts as a return of 0, so the scale of very short games comes out too small.

    Args:
        games: N.
        discount: γ.
    """

    def __init__(self, games: int, discount: float) -> None:
        self._discount = discount
        self._running = np.zeros(games)
        self._count, self._mean, self._squares = 0.0, 0.0, 0.0

    def __call__(self, rewards: FloatArray, ended: BoolArray) -> NDArray[np.float32]:
        """(T, N) rewards, scaled, after taking them in."""
        returns = np.empty(rewards.shape)
        for t in range(len(rewards)):
            self._running = returns[t] = self._discount * self._running + rewards[t]
            self._running = np.where(ended[t], 0, self._running)
        total = self._count + returns.size
        shift = returns.mean() - self._mean
        self._squares += ((returns - returns.mean()) ** 2).sum() + shift**2 * self._count * returns.size / total
        self._mean += shift * returns.size / total
        self._count = total
        scaled: NDArray[np.float32] = (rewards / max(np.sqrt(self._squares / total), 1e-4)).astype(np.float32)
        return scaled

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Everything from which `restore` goes on."""
        return {"running": self._running, "moments": np.array([self._count, self._mean, self._squares])}

    def restore(self, arrays: dict[str, NDArray[np.float64]]) -> None:
        """Go on from what `state` gave."""
        self._running = arrays["running"].copy()
        self._count, self._mean, self._squares = arrays["moments"].tolist()
