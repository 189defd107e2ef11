"""The best weights of a training so far."""

import math
from collections.abc import Mapping

from nn.types import Array


class BestWeights:
    """The weights of the epoch with the highest validation accuracy, among equals with the lowest validation loss.

    Without validation they are those of the latest epoch.

    Args:
        flat: the weights before the first epoch, copied.

    Attributes:
        flat: the best weights.
        epoch: in which they were reached; 0 before the first epoch.
    """

    def __init__(self, flat: Array) -> None:
        self.flat = flat.copy()
        self.epoch = 0
        self._score = score({})

    def update(self, epoch: int, flat: Array, metrics: Mapping[str, float]) -> None:
        """Take the weights of an epoch if its metrics are better than the best so far, or if there are none."""
        if not metrics or score(metrics) > self._score:
            self.set(epoch, flat, metrics)

    def set(self, epoch: int, flat: Array, metrics: Mapping[str, float]) -> None:
        """Make these the best weights."""
        self.epoch, self.flat[...], self._score = epoch, flat, score(metrics)


def score(metrics: Mapping[str, float]) -> tuple[float, float]:
    """Return a key that is larger for better epochs, and least for one without validation."""
    return metrics.get("validation_accuracy", -math.inf), -metrics.get("validation_loss", math.inf)
