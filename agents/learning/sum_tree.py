"""Sum tree: sampling with probabilities in proportion to priorities.

Each leaf holds the priority of one step, each inner node the sum of its two children. A uniform random number between 0
and the sum of all leads to a leaf in proportion to its priority, by descending from the root:

    10                      7: not below 6, so right with 7 - 6 = 1; 1: not below 0, so right
    6       4
    1   5   0   4           leaves; one with priority 0 is never sampled

The nodes lie in one array, the children of node i at 2i and 2i + 1, so many samples descend in parallel.
"""

import numpy as np
from numpy.typing import NDArray

from agents.types import Arrays, FloatArray, IntArray
from nn.saved_state import check_same_arrays

EPSILON = 1e-6  # added to errors, so that steps that were predicted exactly are sampled again


class SumTree:
    """Samples leaf i with probability P(i) = p_i / Σ_k p_k, p_i = (|δ_i| + 10⁻⁶)^α.

    Args:
        leaves: number of leaves; they start with priority 0.
        alpha: α, 0 for uniform sampling among the entered leaves, 1 for proportional.

    Raises:
        ValueError: no leaves, or a negative α.

    Source: Schaul, Quan, Antonoglou, Silver 2016, "Prioritized Experience Replay", arXiv 1511.05952, equation 1 and
    section 3.3; the sampling is in appendix B.2.1.
    """

    def __init__(self, leaves: int, alpha: float = 0.6) -> None:
        if leaves < 1 or not 0 <= alpha < np.inf:
            raise ValueError(
                f"SumTree({leaves}, alpha={alpha}) needs at least 1 leaf and an alpha from 0 on, such as 0.6"
            )
        self.leaves, self._alpha = leaves, float(alpha)
        self._depth = (leaves - 1).bit_length()
        self._first = 1 << self._depth  # index of leaf 0
        self._sums = np.zeros(2 * self._first)
        self._largest = 1.0  # priority so far

    @property
    def total(self) -> float:
        """Σ_k p_k."""
        return float(self._sums[1])

    def of(self, leaves: IntArray) -> NDArray[np.float64]:
        """Return the priority of each leaf: (B,) -> (B,)."""
        return self._sums[self._first + leaves]

    def enter(self, leaves: IntArray) -> None:
        """Give new leaves (B,) the largest priority so far, so that each is likely to be sampled once (algorithm 1)."""
        self._set(leaves, np.full(len(leaves), self._largest))

    def remove(self, leaves: IntArray) -> None:
        """Give leaves (B,) priority 0: they are not sampled any more."""
        self._set(leaves, np.zeros(len(leaves)))

    def update(self, leaves: IntArray, errors: FloatArray) -> None:
        """Set p = (|δ| + 10⁻⁶)^α from errors δ (B,) of leaves (B,); the last one counts if a leaf occurs twice.

        Raises:
            FloatingPointError: errors that are NaN or infinite.
        """
        if not np.isfinite(errors).all():
            raise FloatingPointError(
                f"training has diverged: {np.count_nonzero(~np.isfinite(errors))} of {len(errors)} errors are NaN or "
                "infinite; lower the learning rate"
            )
        priorities = (np.abs(errors.astype(np.float64)) + EPSILON) ** self._alpha
        self._largest = max(self._largest, float(priorities.max(initial=0.0)))
        self._set(leaves, priorities)

    def sample(self, count: int, rng: np.random.Generator) -> IntArray:
        """Return (count,) leaves, one from each of `count` equal parts of the sum.

        Raises:
            ValueError: all priorities are 0.
        """
        if not self.total > 0:
            raise ValueError("all priorities are 0, there is nothing to sample; enter some leaves first")
        return self.find((np.arange(count) + rng.random(count)) * (self.total / count))

    def find(self, positions: NDArray[np.float64]) -> IntArray:
        """Return the leaf i with p_0 + ... + p_{i-1} <= position < p_0 + ... + p_i for each position: (B,) -> (B,)."""
        node, rest = np.ones(len(positions), np.int64), positions.astype(np.float64)
        for _ in range(self._depth):
            node *= 2
            left = self._sums[node]
            # Rounding can leave a rest as large as the whole subtree; there is no priority beyond the last leaf.
            right = (rest >= left) & (self._sums[node + 1] > 0)
            rest -= np.where(right, left, 0)
            node += right
        return node - self._first

    def state(self) -> Arrays:
        """Return all arrays that `restore` needs."""
        leaves = self._sums[self._first : self._first + self.leaves]
        return {"priorities": leaves.copy(), "largest": np.array(self._largest)}

    def restore(self, arrays: Arrays) -> None:
        """Continue from the arrays that `state` returned."""
        check_same_arrays(arrays, self.state())
        if arrays["priorities"].min() < 0 or arrays["largest"] <= 0:
            raise ValueError("priorities holds negative numbers, or largest is not above 0")
        # Each sum is exactly that of its two children, so sums that are computed anew have the same bits.
        self._set(np.arange(self.leaves), arrays["priorities"])
        self._largest = float(arrays["largest"])

    def _set(self, leaves: IntArray, priorities: NDArray[np.float64]) -> None:
        node = self._first + leaves
        self._sums[node] = priorities
        for _ in range(self._depth):
            node = node >> 1
            self._sums[node] = self._sums[2 * node] + self._sums[2 * node + 1]
