"""Choosing among the actions that are allowed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


def allowed_actions(action_mask: NDArray[np.int8]) -> BoolArray:
    """Which actions may be chosen, (..., A): those with a 1, or all where there is none.

    Nothing is allowed to a trapped snake: any move is its last.
    """
    allowed: BoolArray = action_mask == 1
    allowed |= ~allowed.any(axis=-1, keepdims=True)
    return allowed


def best_allowed(values: NDArray[Any], allowed: BoolArray) -> IntArray:
    """argmax_a Q(a) over what is allowed, the first of equals: (..., A), (..., A) -> (...)."""
    best: IntArray = np.where(allowed, values, -np.inf).argmax(axis=-1)
    return best


def best_value(values: NDArray[Any], allowed: BoolArray) -> NDArray[Any]:
    """max_a Q(a) over what is allowed: (..., A), (..., A) -> (...)."""
    best: NDArray[Any] = np.where(allowed, values, -np.inf).max(axis=-1)
    return best
