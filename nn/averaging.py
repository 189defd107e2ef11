"""Averaging the weights along the way of the training: their mean lies deeper in the valley than they do.

It costs a few percent of a step, and does what a much longer fall of the learning rate would do.
"""

import copy

import numpy as np

from nn.kernels import threads
from nn.types import Array
from nn.sequential import Sequential


class WeightAverage:
    """a ← d a + (1 - d) θ after each step, with d = min(decay, (1 + t) / (10 + t)) in update t = 0, 1, ...

    d grows because the first weights, which are chance, would otherwise stay in the average for 1 / (1 - decay) steps.

    Args:
        network: whose θ = network.flat is followed; running statistics lie in it too and are averaged with it.
        decay: from 0 to below 1; the average reaches back some 1 / (1 - decay) steps.

    Attributes:
        flat: a, of the shape and dtype of network.flat.
        updates: t.

    Raises:
        ValueError: a decay outside of 0 to 1.

    Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging"; exponential: Tarvainen
    and Valpola 2017, "Mean teachers are better role models", arXiv 1703.01780; the d that grows: TensorFlow's
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
        """Take in the weights as they are now: a += (1 - d) (θ - a)."""
        d = min(self.decay, (1 + self.updates) / (10 + self.updates))

        def part(cut: slice) -> None:
            step = np.subtract(self.source.flat[cut], self.flat[cut], out=self._step[cut])
            step *= 1 - d
            self.flat[cut] += step

        threads.parallel_for(part, len(self.flat), work=8 * self.flat.size)
        self.updates += 1

    def network(self) -> Sequential:
        """Return a copy of the network that has the averaged weights."""
        averaged = copy.deepcopy(self.source)
        averaged.flat = self.flat
        return averaged
