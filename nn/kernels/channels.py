"""Operations with one number for each channel, on arrays (R, C, M): channel c of row r is the block [r, c].

Images with the batch innermost (H, C, W, N) are (H, C, W·N), vectors (N, F) are (1, F, N).
"""

import numpy as np
import numpy.typing as npt

from nn.kernels import threads
from nn.kernels.workspace import Workspace
from nn.types import Array


def widen(values: Array, like: Array, workspace: Workspace, name: str) -> Array:
    """Return one number for each channel (C,) repeated to the width of a row, (C, M), for `like` (R, C, M).

    NumPy is fastest on arrays of the same shape. The rows are then processed one by one, so that several operations
    find them in the processor's cache.
    """
    wide: Array = workspace.array("wide " + name, like.shape[1:], like.dtype)
    wide[...] = values[:, None]
    return wide


def scale_and_shift(x: Array, scale: Array, shift: Array, y: Array, workspace: Workspace) -> None:
    """Write y = scale · x + shift, for x and y (R, C, M), scale and shift (C,)."""
    wide_scale, wide_shift = widen(scale, x, workspace, "scale"), widen(shift, x, workspace, "shift")

    def transform(part: slice) -> None:
        for row, to in zip(x[part], y[part], strict=True):
            np.multiply(row, wide_scale, out=to)
            to += wide_shift

    threads.parallel_for(transform, len(x), 16 * x.size)


def combine(g: Array, x: Array, scale: Array, slope: Array, offset: Array, out: Array, workspace: Workspace) -> None:
    """Write scale · (g + slope · x + offset) to out, for g, x and out (R, C, M), the others (C,)."""
    wide_scale = widen(scale, g, workspace, "scale")
    wide_slope, wide_offset = widen(slope, g, workspace, "slope"), widen(offset, g, workspace, "offset")

    def transform(part: slice) -> None:
        for row, gradient, to in zip(x[part], g[part], out[part], strict=True):
            np.multiply(row, wide_slope, out=to)
            to += gradient
            to += wide_offset
            to *= wide_scale

    threads.parallel_for(transform, len(g), 32 * g.size)


def channel_sums(x: Array) -> Array:
    """Return Σ x for each channel: (R, C, M) -> (C,)."""
    sums: Array = (x @ np.ones(x.shape[2], x.dtype)).sum(axis=0)
    return sums


def channel_moments(a: Array, b: Array, workspace: Workspace) -> npt.NDArray[np.float64]:
    """Return Σ a and Σ a b for each channel, one after the other: (R, C, M) -> (2 C,)."""
    ones = np.ones(a.shape[2], a.dtype)
    sums = workspace.array("sums", (2, *a.shape[:2]), a.dtype)

    def add_up(part: slice) -> None:
        np.matmul(a[part], ones, out=sums[0, part])
        np.vecdot(a[part], b[part], out=sums[1, part])

    threads.parallel_for(add_up, len(a), 16 * a.size)
    totals: npt.NDArray[np.float64] = sums.sum(axis=1, dtype=np.float64).ravel()
    return totals
