"""What the columns of a convolution's kernel see of an image: for each column a copy, shifted so that places line up.

    x       a b c d e        column 0   0 a b c d
                             column 1   a b c d e        a kernel of three columns, a zero on each side
                             column 2   b c d e 0

    place of y 0 1 2 3 4

A place of y is then a sum over numbers one below the other, that is, a product of matrices. The copies are called taps.
Images lie with the batch innermost, so these are blocks of memory that move.
"""

from functools import lru_cache
from typing import TypeAlias

from nn.layer import Array

Columns: TypeAlias = tuple[tuple[int, slice, slice], ...]


@lru_cache
def columns(kernel: int, stride: int, before: int, W: int, V: int) -> Columns:
    """Return for each column of the kernel that sees the image: which, at which places of y, which columns of x.

    Args:
        kernel: columns of the kernel.
        stride: step from one place to the next.
        before: zeros on the left of the image.
        W: columns of x.
        V: places in a row of y.

    One that sees all of x, if any, is the first.
    """
    seen = []
    for tap in range(kernel):
        first = max(0, -((tap - before) // stride))
        stop = min(V, (W - 1 + before - tap) // stride + 1)
        if first < stop:
            left = first * stride + tap - before
            seen.append((tap, slice(first, stop), slice(left, left + (stop - first - 1) * stride + 1, stride)))
    return tuple(sorted(seen, key=lambda column: column[2] != slice(0, W, 1)))


def shift(x: Array, seen: Columns, taps: Array) -> None:
    """Write the copies of x (..., C, W, N) to taps (..., kernel, C, V, N), which are 0 where nothing is seen."""
    for tap, places, of_x in seen:
        taps[..., tap, :, places, :] = x[..., of_x, :]


def add_up(taps: Array, seen: Columns, x: Array) -> None:
    """Write the sum of the copies, each shifted back, to x: the transpose of `shift`."""
    if not seen or seen[0][2] != slice(0, x.shape[-2], 1):
        x[...] = 0
    for i, (tap, places, of_x) in enumerate(seen):
        if i or of_x != slice(0, x.shape[-2], 1):
            x[..., of_x, :] += taps[..., tap, :, places, :]
        else:
            x[...] = taps[..., tap, :, places, :]
