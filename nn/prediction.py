"""What a network says of many examples."""

from collections.abc import Callable

import numpy as np

from nn.types import Array
from nn.types import Examples
from nn.sequential import Sequential


def predict(
    network: Sequential,
    x: Examples,
    batch: int = 1024,
    prepare: Callable[[Examples], Examples] | None = None,
) -> Array:
    """Return the outputs (N, ...) for examples x (N, ...), computed batch by batch, so that memory stays small.

    Args:
        network: that computes them; not in training mode.
        x: as `prepare`, or without it the network, takes them.
        batch: examples at a time, at least 1.
        prepare: applied to each batch of x first.

    Raises:
        ValueError: a batch below 1.
    """
    if batch < 1:
        raise ValueError(f"batch is {batch}; give 1 example or more at a time")
    parts = (x[start : start + batch] for start in range(0, max(len(x), 1), batch))
    return np.concatenate([network.forward(part if prepare is None else prepare(part)) for part in parts])
