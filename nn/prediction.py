"""The outputs of a network for many examples."""

from collections.abc import Callable

import numpy as np

from nn.sequential import Sequential
from nn.types import Array, Examples


def predict(
    network: Sequential,
    x: Examples,
    batch_size: int = 1024,
    prepare: Callable[[Examples], Examples] | None = None,
) -> Array:
    """Return the outputs (N, ...) for examples x (N, ...), computed batch by batch to limit the memory used.

    Args:
        network: used in inference mode.
        x: in the form that `prepare` takes, or without it the network.
        batch_size: examples at a time, at least 1.
        prepare: applied to each batch of x first.

    Raises:
        ValueError: a batch size below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; give 1 example or more at a time")
    batches = (x[start : start + batch_size] for start in range(0, max(len(x), 1), batch_size))
    return np.concatenate([network.forward(batch if prepare is None else prepare(batch)) for batch in batches])
