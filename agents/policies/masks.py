"""Action masks: argmax and max over the allowed actions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.types import BoolArray, IntArray, MaskArray


def allowed_actions(action_mask: MaskArray) -> BoolArray:
    """Return which actions may be chosen, (..., A): those with a 1 in the mask, or all if the mask allows none.

    A mask that allows none belongs to a trapped snake: any move ends the game.
    """
    allowed: BoolArray = action_mask == 1
    allowed |= ~allowed.any(axis=-1, keepdims=True)
    return allowed


def masked_argmax(values: NDArray[Any], allowed: BoolArray) -> IntArray:
    """Return argmax_a Q(a) over the allowed actions, the first of equals: (..., A), (..., A) -> (...)."""
    best: IntArray = np.where(allowed, values, -np.inf).argmax(axis=-1)
    return best


def masked_max(values: NDArray[Any], allowed: BoolArray) -> NDArray[Any]:
    """Return max_a Q(a) over the allowed actions: (..., A), (..., A) -> (...)."""
    best: NDArray[Any] = np.where(allowed, values, -np.inf).max(axis=-1)
    return best


def best_actions(scores: NDArray[Any], action_mask: MaskArray | None) -> IntArray:
    """Return the action with the highest score among the allowed ones, or among all if none is: (N, A) -> (N,)."""
    if action_mask is not None:
        return masked_argmax(scores, allowed_actions(action_mask))
    best: IntArray = scores.argmax(axis=-1)
    return best
