"""From what an environment shows to what a network takes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def network_input(observations: NDArray[Any]) -> NDArray[Any]:
    """(N, ...) unsigned numbers as float32 shares of their type's greatest, 0 to 1; others by their value, as floats.

    Images come with the batch innermost in memory, as the layers of `nn` have them, see `nn/layers/images.py`.
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
