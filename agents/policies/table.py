"""Table of action values, with a row for each discretized observation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Space
from numpy.typing import NDArray

from agents.types import Arrays, IntArray
from nn.saved_state import check_finite

UNVISITED_ROW = 0  # row of all observations that are not in the table


@dataclass(frozen=True)
class Discretizer:
    """Maps each of K components x of a vector to its bin: round((B - 1) (x - low) / (high - low)), from 0 to B - 1.

    Attributes:
        components: (K,) indices of the components that are used, out of F.
        low: (K,) values in the first bin; smaller ones are in it too.
        high: (K,) values in the last bin; larger ones are in it too.
        n_bins: (K,) B, from 2 to 256.

    Raises:
        ValueError: another count of numbers than of components, a negative index, or bounds that are infinite or in the
            wrong order.
    """

    components: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    n_bins: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check the numbers."""
        K = len(self.components)
        if not K or min(self.components) < 0:
            raise ValueError(f"components are {self.components}; give at least one, from 0 on")
        if any(len(numbers) != K for numbers in (self.low, self.high, self.n_bins)):
            raise ValueError(
                f"there are {len(self.n_bins)} n_bins, {len(self.low)} low and {len(self.high)} high for {K} "
                "components; give one for each"
            )
        if not all(2 <= B <= 256 for B in self.n_bins):
            raise ValueError(f"n_bins is {self.n_bins}; choose from 2 to 256")
        # Some spaces give the largest float for "no bound".
        if not all(-1e30 < below < above < 1e30 for below, above in zip(self.low, self.high, strict=True)):
            raise ValueError(
                f"components {self.components} lie between {self.low} and {self.high}, which cannot be divided into "
                "bins; give low and high within which they usually lie"
            )

    @classmethod
    def for_space(
        cls,
        space: Space[Any],
        *,
        components: Sequence[int] = (),
        n_bins: int | Sequence[int] = 2,
        low: Sequence[float] = (),
        high: Sequence[float] = (),
    ) -> "Discretizer":
        """Return a discretizer for the observations of a space.

        Args:
            space: Box of vectors (F,).
            components: indices; empty for all.
            n_bins: B, from 2 to 256, for all components or for each.
            low: for each component; empty for the bounds of the space.
            high: for each component; empty for the bounds of the space.

        Raises:
            ValueError: another space, indices outside of it, or see `Discretizer`.
        """
        if not isinstance(space, Box) or len(space.shape) != 1:
            raise ValueError(f"a table takes vectors, this environment shows {space}; choose another observation")
        F = space.shape[0]
        chosen = tuple(components) or tuple(range(F))
        if not set(chosen) <= set(range(F)):
            raise ValueError(f"components are {chosen}; choose from 0 to {F - 1}")
        each = (n_bins,) * len(chosen) if isinstance(n_bins, int) else tuple(n_bins)
        bounds = [
            tuple(given) or tuple(float(bound[i]) for i in chosen)
            for given, bound in ((low, space.low), (high, space.high))
        ]
        return cls(chosen, bounds[0], bounds[1], each)

    def __call__(self, observations: NDArray[Any]) -> NDArray[np.uint8]:
        """Return the bins of observations: (N, F) -> (N, K).

        Raises:
            ValueError: observations that do not have all components.
        """
        if observations.ndim != 2 or observations.shape[1] <= max(self.components):
            raise ValueError(f"observations have shape {observations.shape}, the table needs {self.components} of each")
        low, high, n_bins = np.array(self.low), np.array(self.high), np.array(self.n_bins)
        scaled = (observations[:, self.components] - low) * ((n_bins - 1) / (high - low))
        bins: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, n_bins - 1).astype(np.uint8)
        return bins


class Table:
    """Action values Q(s, a): row 0 for unvisited observations, then a row for each of S visited ones, in their order.

    Args:
        discretizer: of observations; those with equal bins share a row.
        actions: A.
        initial: value of actions that were never tried.
    """

    def __init__(self, discretizer: Discretizer, actions: int, initial: float = 0.0) -> None:
        self.discretizer, self._initial = discretizer, initial
        self._rows: dict[bytes, int] = {}
        self._values = np.full((1024, actions), initial)

    @classmethod
    def from_state(cls, discretizer: Discretizer, arrays: Mapping[str, NDArray[Any]]) -> "Table":
        """Return a table with a state that `state` returned, see `restore`."""
        values = arrays.get("values")
        table = cls(discretizer, values.shape[1] if values is not None and values.ndim == 2 else 1)
        table.restore(arrays)
        return table

    def __len__(self) -> int:
        """Return the number of rows, 1 + S."""
        return 1 + len(self._rows)

    @property
    def values(self) -> NDArray[np.float64]:
        """Action values (1 + S, A), as a view that can be written to."""
        return self._values[: len(self)]

    def find_rows(self, observations: NDArray[Any]) -> IntArray:
        """Return the row of each observation, UNVISITED_ROW for those not in the table: (N, F) -> (N,)."""
        keys = self.discretizer(observations)
        return np.array([self._rows.get(key.tobytes(), UNVISITED_ROW) for key in keys], np.int64)

    def find_or_add_rows(self, observations: NDArray[Any]) -> IntArray:
        """Return the row of each observation, and add a row for those not in the table: (N, F) -> (N,)."""
        rows, known = np.empty(len(observations), np.int64), self._rows
        for i, key in enumerate(self.discretizer(observations)):
            rows[i] = known.setdefault(key.tobytes(), len(known) + 1)
        if len(self) > len(self._values):
            more = np.full((len(self), self._values.shape[1]), self._initial)  # at least doubles the capacity
            self._values = np.concatenate((self._values, more))
        return rows

    def state(self) -> Arrays:
        """Return the complete state for `restore`: keys (S, K), the bins of each visited observation, and values."""
        K = len(self.discretizer.components)
        return {
            "keys": np.frombuffer(b"".join(self._rows), np.uint8).reshape(-1, K).copy(),
            "values": self.values.copy(),
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore a state that `state` returned.

        Raises:
            ValueError: keys and values of shapes that do not fit each other or this table, or values that are NaN or
                infinite.
        """
        if set(arrays) != {"keys", "values"}:
            raise ValueError(f"the table has {', '.join(sorted(arrays))}; it needs keys and values")
        keys, values = arrays["keys"], arrays["values"]
        K, A = len(self.discretizer.components), self._values.shape[1]
        if keys.ndim != 2 or values.dtype.kind != "f":
            raise ValueError(
                f"the table has keys {keys.shape} and values {values.dtype}; it needs keys (S, {K}), floats"
            )
        check_finite(arrays)
        rows = {key.tobytes(): number for number, key in enumerate(keys, start=1)}
        if keys.dtype != np.uint8 or keys.shape != (len(rows), K) or values.shape != (1 + len(rows), A):
            raise ValueError(
                f"the table has keys {keys.dtype} {keys.shape} and values {values.shape}; it needs S different keys "
                f"uint8 (S, {K}) and values (1 + S, {A})"
            )
        self._rows, self._values = rows, values.astype(np.float64)
