"""Shuffled batches of examples, one epoch at a time, with a position that can be saved in mid-epoch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.from_json import Count, from_json
from nn.saved_state import restore_generator


@dataclass(frozen=True)
class SamplerState:
    """What is saved of a `BatchSampler`."""

    position: Count
    rng: dict[str, Any]


class BatchSampler:
    """Draws the order in which a training sees its examples.

    Args:
        batch_size: examples in a batch.
        rng: draws one order for each epoch.

    Attributes:
        position: batches of this epoch that were given out; 0 between two epochs.
    """

    def __init__(self, batch_size: int, rng: np.random.Generator) -> None:
        self.batch_size, self.position = batch_size, 0
        self._rng = rng
        self._before = rng.bit_generator.state  # the generator's state before it drew the order of this epoch

    def epoch(self, N: int) -> Iterator[npt.NDArray[np.intp]]:
        """Yield the rows of each batch, (B,): each of N examples once, except those of a last batch that is too short.

        After `restore` with a position, yield what is left of that epoch.
        """
        if self.position:
            self._rng.bit_generator.state = self._before
        self._before = self._rng.bit_generator.state
        order = self._rng.permutation(N)
        while (self.position + 1) * self.batch_size <= N:
            start = self.position * self.batch_size
            self.position += 1
            yield order[start : start + self.batch_size]

    def end_epoch(self) -> None:
        """Let the next call of `epoch` begin a new one, also if batches of this one are left."""
        self.position = 0

    def state(self) -> dict[str, Any]:
        """Return what `restore` needs, as JSON can hold it."""
        return {"position": self.position, "rng": self._before if self.position else self._rng.bit_generator.state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state` returned.

        Raises:
            ValueError: a field of the state is missing, unknown or wrong.
        """
        saved = from_json(state, SamplerState, "sampler")
        restore_generator(self._rng, saved.rng)
        self.position, self._before = saved.position, saved.rng
