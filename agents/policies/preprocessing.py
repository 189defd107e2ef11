"""Conversion of observations to the input of a network."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def network_input(observations: NDArray[Any]) -> NDArray[Any]:
    """Return observations (N, ...) as floats.

    Unsigned integers are divided by the largest value of their dtype, to float32 from 0 to 1. Other integers and
    booleans keep their values, as float32. Floats are returned unchanged.

    Images are returned with the batch axis innermost in memory, the layout of the layers of `nn`, see
    `nn/layers/images.py`.
    """
    if observations.dtype.kind == "f":
        return observations
    if observations.dtype.kind != "u":
        return observations.astype(np.float32)
    scale = np.float32(1 / np.iinfo(observations.dtype).max)
    if observations.ndim != 4:
        scaled: NDArray[np.float32] = observations * scale
        return scaled
    rows: NDArray[np.float32] = np.multiply(observations.transpose(2, 1, 3, 0), scale, order="C")
    return rows.transpose(3, 1, 0, 2)
