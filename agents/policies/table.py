"""A table of what actions are worth: one row for each kind of situation, found by rounding what is observed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Space
from numpy.typing import NDArray

from agents.types import IntArray

UNKNOWN = 0  # row of all situations that were never met


@dataclass(frozen=True)
class Discretizer:
    """Rounds vectors (N, F) to whole numbers (N, K): x to round((L - 1) (x - low) / (high - low)), between 0 and L - 1.

    Attributes:
        components: (K,) which of the F components count.
        low: (K,) what becomes 0.
        high: (K,) what becomes L - 1.
        levels: (K,) L.
    """

    components: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    levels: tuple[int, ...]

    @classmethod
    def of(
        cls,
        space: Space[Any],
        *,
        components: Sequence[int] = (),
        levels: int | Sequence[int] = 2,
        low: Sequence[float] = (),
        high: Sequence[float] = (),
    ) -> "Discretizer":
        """The grid on a space.

        Args:
            space: Box of vectors.
            components: by index; none for all.
            levels: L, from 2 to 256, for all components or for each.
            low: for each component; none for the bounds of the space.
            high: the same.

        Raises:
            ValueError: another space, a component that it has not, numbers that are not one for each component, bounds
                that are infinite or in the wrong order.
        """
        if not isinstance(space, Box) or len(space.shape) != 1:
            raise ValueError(f"a table takes vectors, this environment shows {space}; choose another observation")
        F = space.shape[0]
        chosen = tuple(components) or tuple(range(F))
        if not set(chosen) <= set(range(F)):
            raise ValueError(f"components are {chosen}; choose from 0 to {F - 1}")
        each = (levels,) * len(chosen) if isinstance(levels, int) else tuple(levels)
        bounds = [
            tuple(given) or tuple(float(bound[i]) for i in chosen)
            for given, bound in ((low, space.low), (high, space.high))
        ]
        if any(len(numbers) != len(chosen) for numbers in (each, *bounds)):
            raise ValueError(
                f"there are {len(each)} levels, {len(bounds[0])} low and {len(bounds[1])} high for {len(chosen)} "
                "components; give one for each"
            )
        if not all(2 <= L <= 256 for L in each):
            raise ValueError(f"levels are {each}; choose from 2 to 256")
        # Some spaces say "no bound" by the greatest float.
        if not all(-1e30 < below < above < 1e30 for below, above in zip(*bounds, strict=True)):
            raise ValueError(
                f"components {chosen} lie between {bounds[0]} and {bounds[1]}, which cannot be divided; "
                "give low and high within which they usually lie"
            )
        return cls(chosen, bounds[0], bounds[1], each)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Discretizer":
        """The grid that `config` described, also after JSON."""
        return cls(**{name: tuple(numbers) for name, numbers in config.items()})

    def config(self) -> dict[str, Any]:
        """What JSON can hold of it: everything."""
        return asdict(self)

    def __call__(self, observations: NDArray[Any]) -> NDArray[np.uint8]:
        """(N, F) -> (N, K)."""
        low, high, levels = np.array(self.low), np.array(self.high), np.array(self.levels)
        scaled = (observations[:, self.components] - low) * ((levels - 1) / (high - low))
        rounded: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, levels - 1).astype(np.uint8)
        return rounded


class Table:
    """Q(s, a): a row of A values for each rounded observation that was met, in the order in which they were.

    Args:
        grid: rounds observations.
        actions: A.
        initial: Q of what was never tried.
    """

    def __init__(self, grid: Discretizer, actions: int, initial: float = 0.0) -> None:
        self.grid, self._initial = grid, initial
        self._rows: dict[bytes, int] = {}
        self._values = np.full((1024, actions), initial)

    def __len__(self) -> int:
        """Rows, with the one of what was never met."""
        return 1 + len(self._rows)

    @property
    def values(self) -> NDArray[np.float64]:
        """(len, A) Q; to be written to as well."""
        return self._values[: len(self)]

    def find(self, observations: NDArray[Any]) -> IntArray:
        """The row of each observation, UNKNOWN for what was never met: (N, F) -> (N,)."""
        return np.array([self._rows.get(key.tobytes(), UNKNOWN) for key in self.grid(observations)], np.int64)

    def meet(self, observations: NDArray[Any]) -> IntArray:
        """The row of each observation, a new one for what was never met before: (N, F) -> (N,)."""
        rows, known = np.empty(len(observations), np.int64), self._rows
        for i, key in enumerate(self.grid(observations)):
            rows[i] = known.setdefault(key.tobytes(), len(known) + 1)
        if len(self) > len(self._values):
            more = np.full((len(self), self._values.shape[1]), self._initial)  # twice as many at least
            self._values = np.concatenate((self._values, more))
        return rows

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything from which `restore` goes on: (S, K) rounded observations and (1 + S, A) values."""
        K = len(self.grid.components)
        return {
            "keys": np.frombuffer(b"".join(self._rows), np.uint8).reshape(-1, K).copy(),
            "values": self.values.copy(),
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave.

        Raises:
            ValueError: keys and values that do not belong to each other and to this table.
        """
        keys, values = arrays["keys"], arrays["values"]
        K, A = len(self.grid.components), self._values.shape[1]
        rows = {key.tobytes(): number for number, key in enumerate(keys, start=1)}
        if keys.dtype != np.uint8 or keys.shape != (len(rows), K) or values.shape != (1 + len(rows), A):
            raise ValueError(
                f"the table has keys {keys.dtype} {keys.shape} and values {values.shape}; it needs S different keys "
                f"uint8 (S, {K}) and values (1 + S, {A})"
            )
        self._rows, self._values = rows, values.astype(np.float64)
