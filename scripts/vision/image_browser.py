"""The state of an image browser: position, predictions so far, and stepping through all images or wrong ones only."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1


class ImageBrowser:
    """Numbered images with the true class of each, and the class that each network predicted.

    Args:
        labels: (N,), the true class of each image, or UNKNOWN.
        networks: the number of networks that classify the images.

    Attributes:
        position: number of the current image.
        only_wrong: whether `step` skips the images that no network is known to have classified wrongly.
        predicted: (networks, N), the class that each network predicted for each image, or UNKNOWN.
        n_predicted: how many images, from the first on, the networks have classified.
    """

    def __init__(self, labels: Sequence[int] | NDArray[np.integer[Any]], networks: int) -> None:
        self.labels = np.asarray(labels, np.int64)
        self.predicted = np.full((networks, len(self.labels)), UNKNOWN)
        self.n_predicted = 0
        self.position = 0
        self.only_wrong = False

    def __len__(self) -> int:
        """Return N, the number of images."""
        return len(self.labels)

    def add(self, predicted: NDArray[np.integer[Any]]) -> None:
        """Store the predictions for the next B images, after the first `n_predicted`: (networks, B)."""
        self.predicted[:, self.n_predicted : self.n_predicted + predicted.shape[1]] = predicted
        self.n_predicted += predicted.shape[1]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """(networks, N): whether the prediction is wrong; False where it or the true class is unknown."""
        wrong: NDArray[np.bool_] = (
            (self.predicted != self.labels) & (self.predicted != UNKNOWN) & (self.labels != UNKNOWN)
        )
        return wrong

    def count_correct(self, network: int) -> tuple[int, int]:
        """Return how many images one network classified correctly, and of how many whose true class is known."""
        counted = (self.predicted[network] != UNKNOWN) & (self.labels != UNKNOWN)
        return int((counted & ~self.wrong[network]).sum()), int(counted.sum())

    def step(self, by: int) -> bool:
        """Move forward by so many images, or back if negative, at most to the last or first one.

        With `only_wrong`, wrong images alone count. Returns whether there was an image to move to.
        """
        positions = self._positions()
        ahead = positions[positions > self.position] if by > 0 else positions[positions < self.position][::-1]
        if not len(ahead):
            return False
        self.position = int(ahead[min(abs(by), len(ahead)) - 1])
        return True

    def toggle_wrong(self) -> bool:
        """Switch between all images and wrong ones only; the latter starts at the next wrong image from here.

        Returns whether it switched: while no wrong image is known, all images stay.
        """
        if self.only_wrong:
            self.only_wrong = False
            return True
        positions = np.flatnonzero(self.wrong.any(axis=0))
        if not len(positions):
            return False
        self.only_wrong = True
        self.position = int(positions[np.searchsorted(positions, self.position) % len(positions)])
        return True

    def around(self, count: int) -> list[int]:
        """Return up to `count` numbers of images that `step` can reach, the current one in the middle if possible."""
        positions = self._positions()
        start = int(np.searchsorted(positions, self.position)) - count // 2
        start = max(0, min(start, len(positions) - count))
        around: list[int] = positions[start : start + count].tolist()
        return around

    def _positions(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.wrong.any(axis=0)) if self.only_wrong else np.arange(len(self))
