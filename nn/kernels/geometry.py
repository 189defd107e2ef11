"""Sizes of a convolution: where the kernel meets the image, and where there are zeros."""

from functools import lru_cache
from typing import NamedTuple, TypeAlias

Padding: TypeAlias = int | str  # zeros on each side, or "same", or "valid"


class Geometry(NamedTuple):
    """Sizes of one convolution.

    Attributes:
        kernel: rows I and columns J.
        stride: step from one output to the next.
        above, below, left, right: rows and columns of zeros around the image.
        output: rows U and columns V of y; below 1 where the kernel does not fit into the image.
    """

    kernel: tuple[int, int]
    stride: int
    above: int
    below: int
    left: int
    right: int
    output: tuple[int, int]


@lru_cache(maxsize=256)
def geometry(kernel: tuple[int, int], stride: int, padding: Padding, H: int, W: int) -> Geometry:
    """Return the sizes of a convolution over images of H rows and W columns."""
    (above, below), (left, right) = (
        zeros(length, size, stride, padding) for length, size in zip((H, W), kernel, strict=True)
    )
    U, V = (H + above + below - kernel[0]) // stride + 1, (W + left + right - kernel[1]) // stride + 1
    return Geometry(kernel, stride, above, below, left, right, (U, V))


def zeros(length: int, kernel: int, stride: int, padding: Padding) -> tuple[int, int]:
    """Return how many zeros are added before and after an axis; of an odd number one more after it."""
    if padding == "valid":
        return 0, 0
    if not isinstance(padding, str):
        return padding, padding
    steps = -(-length // stride) - 1
    total = max(0, steps * stride + kernel - length)
    return total // 2, total - total // 2
