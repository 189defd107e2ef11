"""Copies of one network for several threads: each computes its part of a large batch.

    examples   | part 0 | part 1 | part 2 | part 3 | part 4 | part 5 | part 6 | part 7 |
    replica    |     0           |     1           |     2           |     3           |
                          a thread                          another thread

The replicas share the weights. Each has its own gradient, and its own arrays that a forward pass saves for the backward
pass. Their gradients are added up in a fixed order, so the result does not depend on the number of threads. The parts
are small, so that what one layer hands to the next stays in the processor's cache.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from nn.kernels import threads, tuning
from nn.layer import Layer
from nn.sequential import Sequential
from nn.types import Array

ALWAYS = 1 << 62  # work that is always shared among threads

Result = TypeVar("Result")


class Replicas:
    """Copies of a network that share its weights and compute a batch together.

    Args:
        network: whose weights they share, and to whose gradient they add. It may have no layer that needs the whole
            batch (`BatchNorm`) or random numbers (`Dropout`).

    Raises:
        ValueError: such a layer.
    """

    def __init__(self, network: Sequential) -> None:
        if not all(parameter.trainable for parameter in network.parameters().values()):
            raise ValueError(
                "a layer of this network measures the whole batch, and a replica sees a part; leave it out"
            )
        if any(type(layer).reseed is not Layer.reseed for _, layer in network.walk()):
            raise ValueError("a layer of this network draws random numbers, the same in each replica; leave it out")
        self.network = network
        self._part = tuning.REPLICA_IMAGES if len(network.input_shape) == 3 else tuning.REPLICA_VECTORS
        self._replicas = [
            Sequential(**network.config(), input_shape=network.input_shape, flat=network.flat)
            for _ in range(tuning.REPLICAS)
        ]

    def forward(self, x: Array, prepare: Callable[[Array], Array] = np.asarray) -> Array:
        """Return y for x, equal to `network.forward(prepare(x))`: (N, ...) -> (N, *output_shape)."""
        y = np.empty((len(x), *self.network.output_shape(self.network.input_shape)), self.network.flat.dtype)

        def forward_part(network: Sequential, part: slice) -> None:
            y[part] = network.forward(prepare(x[part]))

        # A batch that is a single part for the gradient is divided here too, as long as the pieces are worth the calls.
        piece = max(-(-len(x) // tuning.REPLICAS), self._part // tuning.REPLICAS, 1)
        self._run(forward_part, len(x), min(piece, self._part))
        return y

    def accumulate_gradients(self, function: Callable[[Sequential, slice], Result], length: int) -> list[Result]:
        """Add the gradients of examples 0, ..., length - 1 to the network's gradient.

        Args:
            function: does a forward and a backward pass with a replica, for a slice of the examples; what it returns is
                collected in the order of the slices.
            length: number of examples.
        """
        for replica in self._replicas:
            replica.gradient = 0.0
        results = self._run(function, length, self._part)
        for replica in self._replicas:
            self.network.gradient += replica.gradient
        return results

    def _run(self, function: Callable[[Sequential, slice], Result], length: int, size: int) -> list[Result]:
        parts = [slice(start, min(start + size, length)) for start in range(0, length, size)]
        results: list[list[Result]] = [[] for _ in self._replicas]

        def run(numbers: slice) -> None:
            for number in range(numbers.start, numbers.stop):
                first, last = (len(parts) * i // len(self._replicas) for i in (number, number + 1))
                results[number] = [function(self._replicas[number], part) for part in parts[first:last]]

        threads.parallel_for(run, len(self._replicas), ALWAYS)
        return [result for of_replica in results for result in of_replica]
