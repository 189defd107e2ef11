"""Exponential moving average of a network's weights.

The average usually generalises better than the last weights. It costs a few percent of a training step, and replaces a
longer decay of the learning rate.
"""

import copy

import numpy as np

from nn.kernels import threads
from nn.sequential import Sequential
from nn.types import Array


class WeightAverage:
    """a ← d a + (1 - d) θ after each step, with d = min(decay, (1 + t) / (10 + t)) in update t = 0, 1, ...

    d starts low and grows, since the random initial weights would otherwise stay in the average for 1 / (1 - decay)
    steps.

    Args:
        network: whose θ = network.flat is averaged, running statistics included.
        decay: from 0 to below 1; the average reaches back about 1 / (1 - decay) steps.

    Attributes:
        flat: a, of the shape and dtype of network.flat.
        updates: t.

    Raises:
        ValueError: a decay outside of 0 to 1.

    Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging"; exponential: Tarvainen
    and Valpola 2017, "Mean teachers are better role models", arXiv 1703.01780; the growing d: TensorFlow's
    ExponentialMovingAverage.
    """

    def __init__(self, network: Sequential, decay: float) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"WeightAverage(decay={decay}) needs a decay from 0 to below 1, such as 0.999")
        self.source = network
        self.decay = float(decay)
        self.flat: Array = network.flat.copy()
        self.updates = 0
        self._step = np.empty_like(self.flat)

    def update(self) -> None:
        """Include the current weights: a += (1 - d) (θ - a)."""
        d = min(self.decay, (1 + self.updates) / (10 + self.updates))

        def update_part(part: slice) -> None:
            step = np.subtract(self.source.flat[part], self.flat[part], out=self._step[part])
            step *= 1 - d
            self.flat[part] += step

        threads.parallel_for(update_part, len(self.flat), work=8 * self.flat.size)
        self.updates += 1

    def network(self) -> Sequential:
        """Return a copy of the network with the averaged weights."""
        averaged = copy.deepcopy(self.source)
        averaged.flat = self.flat
        return averaged
