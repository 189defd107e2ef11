"""Drawing what there is more to learn from more often: priorities in a tree of sums.

Each leaf holds the priority of one step, each node above the sum of its two children, so a number between 0 and the sum
of all, drawn evenly, leads to a leaf in proportion to its priority by going down from the root:

    10                      7: not below 6, so right with 7 - 6 = 1; 1: not below 0, so right
    6       4
    1   5   0   4           leaves; one with priority 0 is never drawn

The nodes lie in one array, the children of node i at 2i and 2i + 1, so many draws go down side by side.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.learning.rollout import FloatArray, IntArray

SMALLEST = 1e-6  # is added to errors, so that what was predicted exactly comes again some time


class SumTree:
    """Draws leaf i with probability P(i) = p_i / Σ_k p_k, p_i = (|δ_i| + 10⁻⁶)^e.

    Args:
        leaves: how many; they begin with priority 0.
        exponent: e, how much errors count: 0 not at all, 1 in proportion.

    Raises:
        ValueError: no leaves, or an exponent that is not 0 or more.

    Source: Schaul, Quan, Antonoglou, Silver 2016, "Prioritized Experience Replay", arXiv 1511.05952, equation 1 and
    section 3.3; the drawing is in appendix B.2.1.
    """

    def __init__(self, leaves: int, exponent: float = 0.6) -> None:
        if leaves < 1 or not 0 <= exponent < np.inf:
            raise ValueError(
                f"SumTree({leaves}, exponent={exponent}) needs 1 leaf or more and an exponent from 0 on, such as 0.6"
            )
        self.leaves, self._exponent = leaves, float(exponent)
        self._depth = (leaves - 1).bit_length()
        self._first = 1 << self._depth  # index of leaf 0
        self._sums = np.zeros(2 * self._first)
        self._greatest = 1.0  # priority given so far

    @property
    def total(self) -> float:
        """Σ_k p_k."""
        return float(self._sums[1])

    def of(self, leaves: IntArray) -> NDArray[np.float64]:
        """Priority of each leaf: (B,) -> (B,)."""
        return self._sums[self._first + leaves]

    def enter(self, leaves: IntArray) -> None:
        """Give new leaves (B,) the greatest priority so far, so that each is likely to be drawn once (algorithm 1)."""
        self._set(leaves, np.full(len(leaves), self._greatest))

    def remove(self, leaves: IntArray) -> None:
        """Give leaves (B,) priority 0: they are drawn no more."""
        self._set(leaves, np.zeros(len(leaves)))

    def update(self, leaves: IntArray, errors: FloatArray) -> None:
        """Set p = (|δ| + 10⁻⁶)^e from errors δ (B,) of leaves (B,); the last one counts where a leaf comes twice.

        Raises:
            FloatingPointError: errors that are NaN or infinite.
        """
        if not np.isfinite(errors).all():
            raise FloatingPointError(
                f"{np.count_nonzero(~np.isfinite(errors))} of {len(errors)} errors are NaN or infinite: "
                "learning has diverged; lower the learning rate"
            )
        priorities = (np.abs(errors.astype(np.float64)) + SMALLEST) ** self._exponent
        self._greatest = max(self._greatest, float(priorities.max(initial=0.0)))
        self._set(leaves, priorities)

    def draw(self, count: int, rng: np.random.Generator) -> IntArray:
        """(count,) leaves, one from each of `count` equal parts of the sum.

        Raises:
            ValueError: all priorities are 0.
        """
        if not self.total > 0:
            raise ValueError("all priorities are 0, there is nothing to draw; enter some leaves first")
        return self.find((np.arange(count) + rng.random(count)) * (self.total / count))

    def find(self, where: NDArray[np.float64]) -> IntArray:
        """The leaf i with p_0 + ... + p_{i-1} <= where < p_0 + ... + p_i, for each number of `where`: (B,) -> (B,)."""
        node, rest = np.ones(len(where), np.int64), where.astype(np.float64)
        for _ in range(self._depth):
            node *= 2
            left = self._sums[node]
            # Discretizer can leave a rest that is as large as all below; there is no priority beyond the last one.
            right = (rest >= left) & (self._sums[node + 1] > 0)
            rest -= np.where(right, left, 0)
            node += right
        return node - self._first

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything from which `restore` goes on."""
        leaves = self._sums[self._first : self._first + self.leaves]
        return {"priorities": leaves.copy(), "greatest": np.array(self._greatest)}

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave."""
        # Each sum is always that of its two children, so sums made anew are the same to the last bit.
        self._set(np.arange(self.leaves), arrays["priorities"])
        self._greatest = float(arrays["greatest"])

    def _set(self, leaves: IntArray, priorities: NDArray[np.float64]) -> None:
        node = self._first + leaves
        self._sums[node] = priorities
        for _ in range(self._depth):
            node = node >> 1
            self._sums[node] = self._sums[2 * node] + self._sums[2 * node + 1]
