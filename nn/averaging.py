"""An average of the weights along the way is a better network than the last one: steps scatter around a minimum."""

import copy

import numpy as np

from nn.sequential import Sequential


class WeightAverage:
    """average += (1 - d) (θ - average) after each step, d = min(decay, (1 + t) / (10 + t)), t steps so far.

    The second bound forgets the untrained weights quickly at the beginning. Running statistics are averaged too.

    Args:
        network: whose weights are averaged.
        decay: from 0 to below 1; about 1 / (1 - decay) steps count.

    Attributes:
        flat: (P,) the average.
        steps: how many updates it has seen.

    Raises:
        ValueError: a decay out of its range.

    Source: Polyak and Juditsky 1992; exponential, and with this bound, as in TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, network: Sequential, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay is {decay}; give a number from 0 to below 1")
        self._network = network
        self.decay = decay
        self.steps = 0
        self.flat = network.flat.copy()
        self._difference = np.empty_like(self.flat)

    def update(self) -> None:
        """Take in the network's weights as they are now."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        np.subtract(self._network.flat, self.flat, out=self._difference)
        self._difference *= 1 - decay
        self.flat += self._difference

    def network(self) -> Sequential:
        """Return a copy of the network, with the averaged weights."""
        average = copy.deepcopy(self._network)
        average.flat = self.flat
        return average
