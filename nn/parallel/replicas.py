"""One network several times over, for several threads: each copy takes its share of the examples of a large batch.

    examples   | part 0 | part 1 | part 2 | part 3 | part 4 | part 5 | part 6 | part 7 |
    copies     |     0           |     1           |     2           |     3           |
                          a thread                          another thread

The copies share the weights and have everything else for themselves: a gradient, and what a forward pass leaves for the
backward pass. Their gradients are added up in one order, so the result does not depend on the number of threads. The
parts are small, so that what the layers of a network hand to each other stays in the processor's cache.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from nn.kernels import threads
from nn.layer import Layer
from nn.types import Array
from nn.sequential import Sequential

COPIES = 4  # more threads than these find no work
IMAGES, VECTORS = 128, 512  # in a part: few enough for the cache, enough to be worth the calls
ALWAYS = 1 << 62  # work that is always worth a thread

Result = TypeVar("Result")


class Replicas:
    """Copies of a network that share its weights, and learn from a batch together.

    Args:
        network: whose weights they share and whose gradient they add to. None of its layers may look at the batch as a
            whole (`BatchNorm`) or draw chance (`Dropout`).
        part: examples that a copy takes at a time; by default 128 images or 512 vectors.

    Raises:
        ValueError: a layer that measures the batch or draws chance; a part below 1.
    """

    def __init__(self, network: Sequential, part: int | None = None) -> None:
        if part is None:
            part = IMAGES if len(network.input_shape) == 3 else VECTORS
        if part < 1:
            raise ValueError(f"a copy takes {part} examples at a time; give 1 or more")
        if not all(parameter.trainable for parameter in network.parameters().values()):
            raise ValueError("a layer of this network measures the whole batch, and a copy sees a part; leave it out")
        if any(type(layer).reseed is not Layer.reseed for _, layer in network.walk()):
            raise ValueError("a layer of this network draws chance, and each copy would draw the same; leave it out")
        self.network, self._part = network, part
        self._copies = [
            Sequential(**network.config(), input_shape=network.input_shape, flat=network.flat) for _ in range(COPIES)
        ]

    def forward(self, x: Array, prepare: Callable[[Array], Array] = np.asarray) -> Array:
        """Return y for x, as `network.forward(prepare(x))` gives it: (N, ...) -> (N, *output_shape)."""
        y = np.empty((len(x), *self.network.output_shape(self.network.input_shape)), self.network.flat.dtype)

        def part_of(network: Sequential, part: slice) -> None:
            y[part] = network.forward(prepare(x[part]))

        # Also a batch that is one part for learning is shared, as long as the pieces are worth the calls.
        share = max(-(-len(x) // COPIES), self._part // COPIES, 1)
        self._run(part_of, len(x), min(share, self._part))
        return y

    def accumulate_gradients(self, part_of: Callable[[Sequential, slice], Result], length: int) -> list[Result]:
        """Add to the network's gradient what the copies learn from examples 0, ..., length - 1.

        Args:
            part_of: with a copy and a slice of the examples, does a forward and a backward pass; what it returns for
                each slice comes back in their order.
            length: number of examples.
        """
        for copy in self._copies:
            copy.gradient = 0.0
        results = self._run(part_of, length, self._part)
        for copy in self._copies:
            self.network.gradient += copy.gradient
        return results

    def _run(self, part_of: Callable[[Sequential, slice], Result], length: int, size: int) -> list[Result]:
        parts = [slice(start, min(start + size, length)) for start in range(0, length, size)]
        results: list[list[Result]] = [[] for _ in self._copies]

        def work(some: slice) -> None:
            for number in range(some.start, some.stop):
                first, last = (len(parts) * i // COPIES for i in (number, number + 1))
                results[number] = [part_of(self._copies[number], part) for part in parts[first:last]]

        threads.parallel_for(work, COPIES, ALWAYS)
        return [result for some in results for result in some]
