"""Replay buffer of N parallel games, with n-step returns, uniform or prioritized (Lin 1992; Mnih et al. 2015).

Rows of N games are stored in a ring, in the order in which they were played, and each observation is stored once. With
Gymnasium's next-step autoreset, the row after the one that ends a game holds that game's last observation:

    row             t              t + 1                    t + 2
    observation     before the     last one of the          first one of the
                    last move      ended game               new game
    action          the last       ignored                  the first

So the up to n rewards of a return end where the game ends, and the observation to bootstrap from is in the next row,
ended or not. A row in which a game starts anew is never sampled.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.learning.rollout import Rollout
from agents.learning.sum_tree import SumTree
from agents.types import Arrays, BoolArray, FloatArray, IntArray
from nn.saved_state import check_same_arrays


class ReplayBatch(NamedTuple):
    """B steps, each with its return of m steps: n of them, or fewer where the game ended."""

    indices: IntArray  # (B,) for `ReplayBuffer.update_priorities`
    observations: NDArray[Any]  # (B, ...) before the step
    actions: IntArray  # (B,)
    returns: NDArray[np.float32]  # (B,) r_0 + γ r_1 + ... + γ^(m-1) r_(m-1)
    discounts: NDArray[np.float32]  # (B,) γ^m; 0 if the game has terminated
    next_observations: NDArray[Any]  # (B, ...) after m steps
    next_masks: BoolArray  # (B, A) actions allowed there
    weights: NDArray[np.float32]  # (B,) importance weights, at most 1


class ReplayBuffer:
    """A ring buffer of the last steps of N games. Observations keep their dtype.

    Args:
        buffer_size: steps of all games together; rounded down to whole rows of N.
        n_envs: N.
        shape: of an observation.
        dtype: of observations.
        n_actions: A.
        n_step: n, rewards in a return.
        gamma: γ.
        alpha: exponent of the priorities, see `SumTree`; None for uniform sampling.

    Raises:
        ValueError: n_step below 1, or a buffer that is too small for it.
    """

    def __init__(
        self,
        buffer_size: int,
        n_envs: int,
        shape: tuple[int, ...],
        dtype: np.typing.DTypeLike,
        n_actions: int,
        *,
        n_step: int = 1,
        gamma: float = 0.99,
        alpha: float | None = None,
    ) -> None:
        self._rows = S = buffer_size // n_envs
        if n_step < 1 or n_step >= S:
            raise ValueError(
                f"n_step is {n_step} and buffer_size {buffer_size} for {n_envs} games; "
                f"give n_step from 1 on and a buffer_size of at least {(max(n_step, 1) + 1) * n_envs}"
            )
        self._n_envs, self._n_step, self._gamma = n_envs, n_step, gamma
        self._observations = np.zeros((S, n_envs, *shape), dtype)
        self._masks = np.zeros((S, n_envs, n_actions), bool)
        self._actions = np.zeros((S, n_envs), np.int64)
        self._rewards = np.zeros((S, n_envs), np.float32)
        self._terminated = np.zeros((S, n_envs), bool)
        self._ended = np.zeros((S, n_envs), bool)
        self._valid = np.zeros((S, n_envs), bool)
        self._priorities = None if alpha is None else SumTree(S * n_envs, alpha)
        self._added = 0  # rows so far; row k is stored at k modulo S
        self._complete = 0  # steps that can be sampled

    def __len__(self) -> int:
        """Return the number of steps that can be sampled: those with n steps after them."""
        return self._complete

    def add(self, rollout: Rollout) -> None:
        """Store the T rows of a rollout in place of the oldest ones."""
        for t in range(len(rollout.actions)):
            self._add_row(rollout, t)

    def sample(self, batch_size: int, rng: np.random.Generator, *, beta: float = 1.0) -> ReplayBatch:
        """Sample steps with replacement.

        Args:
            batch_size: B.
            rng: generator.
            beta: β of the importance weights w = (len · P)^-β / max w; 1 corrects the bias of prioritized sampling
                fully. The maximum is that of the batch.

        Raises:
            ValueError: there are no steps to sample yet.

        Source of the weights: Schaul et al. 2016, arXiv 1511.05952, section 3.4.
        """
        if not self._complete:
            raise ValueError(f"no step has {self._n_step} more after it yet; add more before sampling")
        weights = np.ones(batch_size, np.float32)
        if self._priorities is None:
            indices = self._sample_uniformly(batch_size, rng)
        else:
            indices = self._priorities.sample(batch_size, rng)
            priorities = self._priorities.of(indices)
            weights = ((priorities / priorities.min()) ** -beta).astype(np.float32)  # len and Σ p cancel
        return self._batch(indices, weights)

    def update_priorities(self, indices: IntArray, errors: FloatArray) -> None:
        """Set the priorities of a batch from its errors: (B,), (B,). Does nothing with uniform sampling."""
        if self._priorities is not None:
            self._priorities.update(indices, errors)

    def forget_incomplete(self) -> None:
        """Never sample the steps that still lack some of the n steps after them."""
        for row in range(max(0, self._added - self._n_step), self._added):
            self._valid[row % self._rows] = False

    def state(self) -> Arrays:
        """Return copies of all arrays that `restore` needs."""
        filled = min(self._added, self._rows)
        arrays = {name: array[:filled].copy() for name, array in self._arrays().items()}
        tree = self._priorities.state() if self._priorities is not None else {}
        return arrays | tree | {"counts": np.array([self._added, self._complete])}

    def restore(self, arrays: Arrays) -> None:
        """Continue from the arrays that `state` returned, in a buffer made with the same arguments.

        Raises:
            ValueError: arrays of a buffer with other arguments, or that do not fit each other.
        """
        tree = self._priorities.state() if self._priorities is not None else {}
        counts = arrays.get("counts", np.empty(0))
        check_same_arrays({"counts": counts}, {"counts": np.array([0, 0])})
        added, complete = counts.tolist()
        rows = max(0, min(added, self._rows))
        check_same_arrays(arrays, {n: a[:rows] for n, a in self._arrays().items()} | tree | {"counts": counts})
        actions, masks = arrays["actions"], arrays["masks"]
        if actions.size and not (actions.min() >= 0 and actions.max() < masks.shape[-1] and masks.any(axis=-1).all()):
            raise ValueError(
                f"actions must lie between 0 and {masks.shape[-1] - 1}, and masks allow one or more of them"
            )
        can_be_sampled = np.zeros((self._rows, self._n_envs), bool)
        for row in range(max(0, added - self._rows), added - self._n_step):
            can_be_sampled[row % self._rows] = arrays["valid"][row % self._rows]
        if added < 0 or complete != np.count_nonzero(can_be_sampled):
            raise ValueError(f"counts is {[added, complete]}; {np.count_nonzero(can_be_sampled)} steps can be sampled")
        if tree and not np.array_equal(arrays["priorities"] > 0, can_be_sampled.reshape(-1)):
            raise ValueError("priorities must be above 0 where a step can be sampled, and 0 elsewhere")
        for name, array in self._arrays().items():
            array[:rows] = arrays[name]
        if self._priorities is not None:
            self._priorities.restore({name: arrays[name] for name in tree})
        self._added, self._complete = added, complete

    def _arrays(self) -> Arrays:
        return {
            "observations": self._observations,
            "masks": self._masks,
            "actions": self._actions,
            "rewards": self._rewards,
            "terminated": self._terminated,
            "ended": self._ended,
            "valid": self._valid,
        }

    def _add_row(self, rollout: Rollout, t: int) -> None:
        row = self._added % self._rows
        if self._added >= self._rows:
            self._remove(row)
        for name, array in self._arrays().items():
            array[row] = getattr(rollout, name)[t]
        self._added += 1
        if self._added > self._n_step:
            self._enter((row - self._n_step) % self._rows)

    def _enter(self, row: int) -> None:
        """Let the steps of this row be sampled."""
        games = np.flatnonzero(self._valid[row])
        self._complete += len(games)
        if self._priorities is not None:
            self._priorities.enter(row * self._n_envs + games)

    def _remove(self, row: int) -> None:
        games = np.flatnonzero(self._valid[row])
        self._complete -= len(games)
        if self._priorities is not None:
            self._priorities.remove(row * self._n_envs + games)

    def _sample_uniformly(self, batch_size: int, rng: np.random.Generator) -> IntArray:
        """Draw among all steps with n steps after them, again where a game starts anew."""
        oldest, rows = max(0, self._added - self._rows), min(self._added, self._rows) - self._n_step
        indices = np.empty(batch_size, np.int64)
        missing = np.arange(batch_size)
        while len(missing):
            drawn = rng.integers(rows * self._n_envs, size=len(missing))
            indices[missing] = (oldest * self._n_envs + drawn) % (self._rows * self._n_envs)
            missing = missing[~self._valid.reshape(-1)[indices[missing]]]
        return indices

    def _batch(self, indices: IntArray, weights: NDArray[np.float32]) -> ReplayBatch:
        row, game = np.divmod(indices, self._n_envs)
        returns = np.zeros(len(indices), np.float32)
        steps = np.zeros(len(indices), np.int64)  # m
        running, terminated = np.ones(len(indices), bool), np.zeros(len(indices), bool)
        for k in range(self._n_step):
            now = (row + k) % self._rows
            returns += running * self._rewards[now, game] * np.float32(self._gamma**k)
            steps += running
            terminated |= running & self._terminated[now, game]
            running &= ~self._ended[now, game]
        after = (row + steps) % self._rows
        return ReplayBatch(
            indices,
            self._observations[row, game],
            self._actions[row, game],
            returns,
            np.where(terminated, 0, self._gamma**steps).astype(np.float32),
            self._observations[after, game],
            self._masks[after, game],
            weights,
        )
