"""Scratch arrays that are reused from call to call."""

import math
from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.types import Shape

CACHE_LINE = 64  # bytes


class Workspace:
    """Arrays that one layer owns, by name.

    Allocating a large array costs more than the arithmetic that fills it. So a layer asks its workspace, which returns
    the same memory as long as shape and dtype stay the same. An array that a layer returns is therefore valid until the
    next call of the same method; the outermost `Sequential` copies what it returns to its caller.
    """

    def __init__(self) -> None:
        self.arrays: dict[Hashable, npt.NDArray[Any]] = {}

    def array(self, name: str, shape: Shape, dtype: npt.DTypeLike, **key: Hashable) -> npt.NDArray[Any]:
        """Return the array of this name and key: as it was left, or zeros if it is new or has a new shape or dtype.

        Args:
            name: what the array holds.
            shape: of the array.
            dtype: of the array.
            key: tells apart arrays of the same name: `training=True` what must survive an inference pass, `start=0`
                the memory of the thread that computes the part from 0 on.
        """
        full_name = (name, *key.values()) if key else name
        found = self.arrays.get(full_name)
        if found is None or found.shape != shape or found.dtype != dtype:
            dtype = np.dtype(dtype)
            size = math.prod(shape) * dtype.itemsize
            memory = np.zeros(size + CACHE_LINE, np.uint8)
            start = -memory.ctypes.data % CACHE_LINE  # aligned, no vector instruction touches two cache lines
            found = self.arrays[full_name] = memory[start : start + size].view(dtype).reshape(shape)
        return found
