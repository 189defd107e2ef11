"""What N games went through, kept for a while and learned from in any order (Lin 1992; Mnih et al. 2015).

Rows of N games lie in a ring in the order in which they were played, each observation once. In each game, with
Gymnasium's next-step autoreset, the row after the one that ended a game holds its last observation:

    row             t              t + 1                    t + 2
    observation     before the     of the ended game,       of the new game
                    last move      its last
    action          the last       ignored                  the first

So a step's window of up to n rewards ends where its game ends, and what it ended in stands in the row after the window,
ended or not. The row in which nothing was decided is never where a window begins.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.learning.rollout import BoolArray, FloatArray, IntArray
from agents.learning.sum_tree import SumTree


class Batch(NamedTuple):
    """B steps, and what followed each in m steps: n of them, or fewer where the game ended."""

    places: IntArray  # (B,) where they lie, for `Replay.update`
    observations: NDArray[Any]  # (B, ...) before the step
    actions: IntArray  # (B,)
    returns: NDArray[np.float32]  # (B,) r_0 + γ r_1 + ... + γ^(m-1) r_(m-1)
    discounts: NDArray[np.float32]  # (B,) γ^m for what follows; 0 where the game has terminated
    next_observations: NDArray[Any]  # (B, ...) after m steps
    next_masks: BoolArray  # (B, A) what is allowed there
    weights: NDArray[np.float32]  # (B,) importance, at most 1


class Replay:
    """A ring of the last steps of N games; observations keep their dtype.

    Args:
        capacity: steps of all games together; rounded down to whole rows of N.
        games: N.
        shape: of an observation.
        dtype: of observations.
        actions: A.
        window: n, rewards before the value of what follows.
        discount: γ.
        exponent: of priorities, see `SumTree`; None draws all steps alike.

    Raises:
        ValueError: a window below 1, or no room for one.
    """

    def __init__(
        self,
        capacity: int,
        games: int,
        shape: tuple[int, ...],
        dtype: np.typing.DTypeLike,
        actions: int,
        *,
        window: int = 1,
        discount: float = 0.99,
        exponent: float | None = None,
    ) -> None:
        self._rows = S = capacity // games
        if window < 1 or window >= S:
            raise ValueError(
                f"a window of {window} steps of {games} games in a memory of {capacity}; "
                f"give a window from 1 on and a capacity of at least {(max(window, 1) + 1) * games}"
            )
        self._games, self._window, self._discount = games, window, discount
        self._observations = np.zeros((S, games, *shape), dtype)
        self._masks = np.zeros((S, games, actions), bool)
        self._actions = np.zeros((S, games), np.int64)
        self._rewards = np.zeros((S, games), np.float32)
        self._terminated = np.zeros((S, games), bool)
        self._ended = np.zeros((S, games), bool)
        self._valid = np.zeros((S, games), bool)
        self._priorities = None if exponent is None else SumTree(S * games, exponent)
        self._added = 0  # rows so far; row k lies at k modulo S
        self._usable = 0

    def __len__(self) -> int:
        """Steps that can be drawn: those whose window is complete."""
        return self._usable

    def add(
        self,
        observations: NDArray[Any],
        masks: BoolArray,
        actions: IntArray,
        rewards: FloatArray,
        terminated: BoolArray,
        ended: BoolArray,
        valid: BoolArray,
    ) -> None:
        """Put in one row of N games, in place of the oldest; `agents.learning.rollout.Rollout` describes each array."""
        at = self._added % self._rows
        if self._added >= self._rows:
            self._leave(at)
        self._observations[at], self._masks[at], self._actions[at] = observations, masks, actions
        self._rewards[at], self._terminated[at], self._ended[at], self._valid[at] = rewards, terminated, ended, valid
        self._added += 1
        if self._added > self._window:
            self._enter((at - self._window) % self._rows)

    def sample(self, count: int, rng: np.random.Generator, *, importance: float = 1.0) -> Batch:
        """Draw `count` steps, with repetition.

        Args:
            count: B.
            rng: draws them.
            importance: b, how far weights w = (len · P)^-b / max w make up for drawing some more often than others; 1
                does fully. The maximum is that of the batch.

        Raises:
            ValueError: there are none yet.

        Source of the weights: Schaul et al. 2016, arXiv 1511.05952, section 3.4.
        """
        if not self._usable:
            raise ValueError(f"no step has {self._window} more after it yet; add more before drawing")
        weights = np.ones(count, np.float32)
        if self._priorities is None:
            places = self._draw_evenly(count, rng)
        else:
            places = self._priorities.draw(count, rng)
            priorities = self._priorities.of(places)
            weights = ((priorities / priorities.min()) ** -importance).astype(np.float32)  # len and Σ p cancel
        return self._batch(places, weights)

    def update(self, places: IntArray, errors: FloatArray) -> None:
        """Tell by how much the value of each step of a batch was wrong: (B,), (B,). Drawing evenly does not care."""
        if self._priorities is not None:
            self._priorities.update(places, errors)

    def break_off(self) -> None:
        """The games go on as others: steps that still waited for the end of their window are never drawn."""
        for row in range(max(0, self._added - self._window), self._added):
            self._valid[row % self._rows] = False

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything from which `restore` goes on; copies."""
        filled = min(self._added, self._rows)
        arrays = {name: array[:filled].copy() for name, array in self._arrays().items()}
        tree = self._priorities.state() if self._priorities is not None else {}
        return arrays | tree | {"counts": np.array([self._added, self._usable])}

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave, in a memory made with the same arguments."""
        for name, array in self._arrays().items():
            array[: len(arrays[name])] = arrays[name]
        if self._priorities is not None:
            self._priorities.restore(arrays)
        self._added, self._usable = arrays["counts"].tolist()

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "observations": self._observations,
            "masks": self._masks,
            "actions": self._actions,
            "rewards": self._rewards,
            "terminated": self._terminated,
            "ended": self._ended,
            "valid": self._valid,
        }

    def _enter(self, at: int) -> None:
        """The windows that begin in this row are complete."""
        games = np.flatnonzero(self._valid[at])
        self._usable += len(games)
        if self._priorities is not None:
            self._priorities.enter(at * self._games + games)

    def _leave(self, at: int) -> None:
        games = np.flatnonzero(self._valid[at])
        self._usable -= len(games)
        if self._priorities is not None:
            self._priorities.remove(at * self._games + games)

    def _draw_evenly(self, count: int, rng: np.random.Generator) -> IntArray:
        """Draw among all steps with a complete window, and again where nothing was decided."""
        oldest, rows = max(0, self._added - self._rows), min(self._added, self._rows) - self._window
        places = np.empty(count, np.int64)
        missing = np.arange(count)
        while len(missing):
            number = rng.integers(rows * self._games, size=len(missing))
            places[missing] = (oldest * self._games + number) % (self._rows * self._games)
            missing = missing[~self._valid.reshape(-1)[places[missing]]]
        return places

    def _batch(self, places: IntArray, weights: NDArray[np.float32]) -> Batch:
        row, game = np.divmod(places, self._games)
        returns = np.zeros(len(places), np.float32)
        steps = np.zeros(len(places), np.int64)  # m
        going, terminated = np.ones(len(places), bool), np.zeros(len(places), bool)
        for k in range(self._window):
            at = (row + k) % self._rows
            returns += going * self._rewards[at, game] * np.float32(self._discount**k)
            steps += going
            terminated |= going & self._terminated[at, game]
            going &= ~self._ended[at, game]
        after = (row + steps) % self._rows
        return Batch(
            places,
            self._observations[row, game],
            self._actions[row, game],
            returns,
            np.where(terminated, 0, self._discount**steps).astype(np.float32),
            self._observations[after, game],
            self._masks[after, game],
            weights,
        )
