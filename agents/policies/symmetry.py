"""The ways to turn and to mirror a board that change nothing but how it looks, and what they do to actions.

With absolute actions (0 up, 1 right, 2 down, 3 left) a square board has eight, any other four; with relative ones
(left, straight, right) the snake looks up already, and there is the mirror alone. An agent that sees the games in all
of these views learns all from each; one that averages over them plays alike whichever way a board lies.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIRRORED = {3: np.array([2, 1, 0]), 4: np.array([0, 3, 2, 1])}  # A: what each action is called in a mirror


class Symmetry:
    """The views of an observation (C, H, W) with A actions; one view only where `on` is false.

    Attributes:
        count: K, how many there are; number 0 is the board as it is.
        seen: (K, A) what action a on the board is called in view k.
        meant: (K, A) what action a in view k means on the board.

    Raises:
        ValueError: an observation that is no picture of a board, or actions that have no such views.
    """

    def __init__(self, shape: Sequence[int], actions: int, *, on: bool = True) -> None:
        if on and (len(shape) != 3 or actions not in MIRRORED):
            raise ValueError(
                f"observations {tuple(shape)} with {actions} actions have no symmetry that is known here; "
                "it needs planes (C, H, W), and 4 absolute or 3 relative actions; else turn symmetry off"
            )
        turns = (0,) if not on or actions == 3 else (0, 1, 2, 3) if shape[1] == shape[2] else (0, 2)
        self._views = [(turn, mirror) for turn in turns for mirror in ((False, True) if on else (False,))]
        self.count = len(self._views)
        self.seen = np.array([self._name(turn, mirror, actions) for turn, mirror in self._views])
        self.meant = self.seen.argsort(axis=1)

    def view(self, number: int, observations: NDArray[Any]) -> NDArray[Any]:
        """Observations (N, C, H, W) of the board as view k shows them: turned clockwise, then mirrored."""
        turn, mirror = self._views[number]
        if turn:
            observations = np.rot90(observations, -turn, axes=(-2, -1))
        return observations[..., ::-1] if mirror else observations

    @staticmethod
    def _name(turn: int, mirror: bool, actions: int) -> NDArray[np.int64]:
        names = (np.arange(actions) + turn) % actions
        return MIRRORED[actions][names] if mirror else names
