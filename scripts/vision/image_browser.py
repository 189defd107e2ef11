"""Stepping through pictures of which networks have named some, rightly or wrongly."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1


class Album:
    """Numbered pictures, the class that each shows, and the class that each network gave it.

    Args:
        labels: the class of each picture, or UNKNOWN.
        networks: how many networks name the pictures.

    Attributes:
        position: number of the picture that is looked at.
        only_wrong: whether `step` passes over the pictures that no network is known to have named wrongly.
        given: (networks, N), the class that each network gave each picture, or UNKNOWN.
        named: how many pictures, from the first on, the networks were asked about.
    """

    def __init__(self, labels: Sequence[int] | NDArray[np.integer[Any]], networks: int) -> None:
        self.labels = np.asarray(labels, np.int64)
        self.given = np.full((networks, len(self.labels)), UNKNOWN)
        self.named = 0
        self.position = 0
        self.only_wrong = False

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.labels)

    def note(self, given: NDArray[np.integer[Any]]) -> None:
        """Keep what the networks named the next pictures, those after the `named` ones: (networks, B)."""
        self.given[:, self.named : self.named + given.shape[1]] = given
        self.named += given.shape[1]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """(networks, N): whether a network named a picture wrongly; not where the class is unknown."""
        wrong: NDArray[np.bool_] = (self.given != self.labels) & (self.given != UNKNOWN) & (self.labels != UNKNOWN)
        return wrong

    def accuracy(self, network: int) -> tuple[int, int]:
        """How many pictures this network named rightly, of how many whose class is known."""
        judged = (self.given[network] != UNKNOWN) & (self.labels != UNKNOWN)
        return int((judged & ~self.wrong[network]).sum()), int(judged.sum())

    def step(self, by: int) -> bool:
        """Go on by so many pictures, back with a negative number, not beyond the ends.

        With `only_wrong` these are wrong ones; gives back whether there was one to go to.
        """
        places = self._places()
        ahead = places[places > self.position] if by > 0 else places[places < self.position][::-1]
        if not len(ahead):
            return False
        self.position = int(ahead[min(abs(by), len(ahead)) - 1])
        return True

    def toggle_wrong(self) -> bool:
        """Look at wrong pictures only, at the nearest one from here on first, or at all again.

        Gives back whether it did: as long as no wrong picture is known it stays at all.
        """
        if self.only_wrong:
            self.only_wrong = False
            return True
        places = np.flatnonzero(self.wrong.any(axis=0))
        if not len(places):
            return False
        self.only_wrong = True
        self.position = int(places[np.searchsorted(places, self.position) % len(places)])
        return True

    def around(self, count: int) -> list[int]:
        """So many pictures, or all, that steps lead to, in order, with the position in the middle where that can be."""
        places = self._places()
        start = int(np.searchsorted(places, self.position)) - count // 2
        start = max(0, min(start, len(places) - count))
        around: list[int] = places[start : start + count].tolist()
        return around

    def _places(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.wrong.any(axis=0)) if self.only_wrong else np.arange(len(self))
