"""Symmetries of the board: rotations and reflections, and the actions that they exchange.

With absolute actions (0 up, 1 right, 2 down, 3 left), a square board has eight symmetric views and any other board
four. With relative actions (left, straight, right), the snake always looks up, so there are two: the board and its
mirror image. An agent that is trained on all views learns from each game for all of them; an agent that averages its
scores over all views plays the same however the board is rotated or mirrored.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.types import IntArray

MIRRORED = {3: (2, 1, 0), 4: (0, 3, 2, 1)}  # A -> the action that each one becomes in a mirror


class Symmetry:
    """The symmetric views of an observation (C, H, W) with A actions; one view only if `on` is false.

    Attributes:
        count: K, the number of views; view 0 is the board itself.
        to_view: (K, A) to_view[k, a] is the action in view k that does what action a does on the board.
        from_view: (K, A) from_view[k, a] is the action on the board that does what action a does in view k.

    Raises:
        ValueError: observations that are no images of a board, or a number of actions without known symmetry.
    """

    def __init__(self, shape: Sequence[int], actions: int, *, on: bool = True) -> None:
        if on and (len(shape) != 3 or actions not in MIRRORED):
            raise ValueError(
                f"observations {tuple(shape)} with {actions} actions have no known symmetry; "
                "it needs planes (C, H, W), and 4 absolute or 3 relative actions; else turn symmetry off"
            )
        turns = (0,) if not on or actions == 3 else (0, 1, 2, 3) if shape[1] == shape[2] else (0, 2)
        self._views = [(turn, mirror) for turn in turns for mirror in ((False, True) if on else (False,))]
        self.count = len(self._views)
        self.to_view = np.array([_to_view(turn, mirror, actions) for turn, mirror in self._views])
        self.from_view = self.to_view.argsort(axis=1)

    def view(self, number: int, observations: NDArray[Any]) -> NDArray[Any]:
        """Return observations (N, C, H, W) of the board in view k: rotated clockwise, then mirrored."""
        turn, mirror = self._views[number]
        if turn:
            observations = np.rot90(observations, -turn, axes=(-2, -1))
        return observations[..., ::-1] if mirror else observations


def _to_view(turn: int, mirror: bool, actions: int) -> IntArray:
    """Return each action after quarter turns clockwise and a reflection."""
    turned = (np.arange(actions) + turn) % actions
    return np.array(MIRRORED[actions])[turned] if mirror else turned
