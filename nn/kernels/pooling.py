"""Pooling over the windows of images with the batch innermost, (H, C, W, N), see `layout.py`.

Windows are reduced first over their rows, then over their columns: 2 · size steps instead of size².
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from nn.kernels import threads
from nn.kernels.workspace import Workspace
from nn.types import Array

BoolArray: TypeAlias = npt.NDArray[np.bool_]
Winners: TypeAlias = tuple[BoolArray, BoolArray]  # where each later row, and column, of a window was larger


class Windows(NamedTuple):
    """`size` rows and columns, `stride` apart; rows and columns left over at the end belong to no window."""

    size: int
    stride: int

    def count(self, length: int) -> int:
        """Return how many windows fit along an axis."""
        return (length - self.size) // self.stride + 1

    def rows(self, u: int) -> range:
        """Return the image rows of the windows that make output row u."""
        return range(u * self.stride, u * self.stride + self.size)

    def columns(self, V: int) -> list[slice]:
        """Return where in the image the first columns of all V windows of a row lie, the second ones, ..."""
        stop = (V - 1) * self.stride + 1
        return [slice(i, stop + i, self.stride) for i in range(self.size)]

    def work(self, x: Array) -> int:
        """Return the work of pooling x, or 0 where windows overlap: two threads would write to the same row."""
        return 8 * x.size if self.stride >= self.size else 0


class RowScratch(NamedTuple):
    """Scratch arrays for one row of windows.

    NumPy takes longer for many short runs of N numbers than for one long run. So columns are copied side by side before
    they are compared, with the N numbers of one column and channel as one item.
    """

    row: Array  # (C, W, N), reduced over the rows of the windows
    columns: list[Array]  # size times (C, V, N): the first columns of all windows, the second ones, ...
    items: list[tuple[npt.NDArray[np.void], npt.NDArray[np.void]]]  # each of these, and where it is in row


def row_scratch(windows: Windows, x: Array, part: slice, workspace: Workspace) -> RowScratch:
    """Return scratch arrays for images like x (H, C, W, N), of the thread that computes this part."""
    _, C, W, N = x.shape
    V = windows.count(W)
    row = workspace.array("row", (C, W, N), x.dtype, start=part.start)
    columns = list(workspace.array("columns", (windows.size, C, V, N), x.dtype, start=part.start))
    item = np.dtype((np.void, max(1, N) * x.itemsize))
    in_row = [row.view(item)[:, of_row] for of_row in windows.columns(V)]
    return RowScratch(row, columns, [(c.view(item), place) for c, place in zip(columns, in_row, strict=True)])


def winners(windows: Windows, y: Array, W: int, workspace: Workspace) -> list[Winners]:
    """Return for each row of y (U, C, V, N) the arrays that `max_pool_row` fills and `max_unpool_row` reads.

    They hold where each later row of a window is larger than all before, (size - 1, C, W, N), and the same for its
    columns, (size - 1, C, V, N).
    """
    U, C, V, N = y.shape
    rows = workspace.array("winning rows", (U, windows.size - 1, C, W, N), np.bool_)
    columns = workspace.array("winning columns", (U, windows.size - 1, C, V, N), np.bool_)
    return list(zip(rows, columns, strict=True))


def max_pool(windows: Windows, x: Array, y: Array, workspace: Workspace, *, training: bool) -> None:
    """Write the largest number of each window of x (H, C, W, N) to y (U, C, V, N); training stores the winners."""
    won = winners(windows, y, x.shape[2], workspace) if training else None

    def pool(part: slice) -> None:
        scratch = row_scratch(windows, x, part, workspace)
        for u in range(part.start, part.stop):
            max_pool_row([x[h] for h in windows.rows(u)], y[u], won[u] if won else None, scratch)

    threads.parallel_for(pool, len(y), windows.work(x))


def max_pool_row(rows: list[Array], y: Array, won: Winners | None, scratch: RowScratch) -> None:
    """Write one row of y (C, V, N), for the image rows (C, W, N) of its windows, and where each number won."""
    won_rows, won_columns = won or (None, None)
    _largest(rows, scratch.row, won_rows)
    for column, place in scratch.items:
        column[...] = place
    _largest(scratch.columns, y, won_columns)


def max_unpool(windows: Windows, g: Array, dx: Array, workspace: Workspace) -> None:
    """Write dL/dx (H, C, W, N) of `max_pool`, for g = dL/dy (U, C, V, N)."""
    won = winners(windows, g, dx.shape[2], workspace)
    if windows.stride != windows.size or len(g) * windows.size < len(dx):
        dx[...] = 0  # rows in no window, or in several

    def unpool(part: slice) -> None:
        scratch = row_scratch(windows, dx, part, workspace)
        for u in range(part.start, part.stop):
            max_unpool_row(windows, g[u], [dx[h] for h in windows.rows(u)], won[u], scratch)

    threads.parallel_for(unpool, len(g), windows.work(dx))


def max_unpool_row(windows: Windows, g: Array, rows: list[Array], won: Winners, scratch: RowScratch) -> None:
    """Write one row of windows' gradients, g (C, V, N), to the rows of dL/dx; add to them if windows overlap."""
    row, (won_rows, won_columns) = scratch.row, won
    V, overlap = g.shape[1], windows.stride < windows.size
    if windows.stride != windows.size or V * windows.size < row.shape[1]:
        row[...] = 0
    if overlap:
        _distribute(g, won_columns, [row[:, part] for part in windows.columns(V)], overlap)
    else:
        _distribute(g, won_columns, scratch.columns, overlap)
        for column, place in scratch.items:
            place[...] = column
    _distribute(row, won_rows, rows, overlap)


def mean_pool(windows: Windows, x: Array, y: Array, workspace: Workspace) -> None:
    """Write the mean of each window of x (H, C, W, N) to y (U, C, V, N)."""

    def pool(part: slice) -> None:
        row = workspace.array("sums of rows", x.shape[1:], x.dtype, start=part.start)
        for u in range(part.start, part.stop):
            row[...] = 0
            for h in windows.rows(u):
                row += x[h]
            y[u] = 0
            for columns in windows.columns(y.shape[2]):
                y[u] += row[:, columns]
            y[u] *= 1 / windows.size**2

    threads.parallel_for(pool, len(y), windows.work(x))


def mean_unpool(windows: Windows, g: Array, dx: Array, workspace: Workspace) -> None:
    """Write dL/dx (H, C, W, N) of `mean_pool`, for g = dL/dy (U, C, V, N)."""
    dx[...] = 0

    def unpool(part: slice) -> None:
        row = workspace.array("dL/dsums of rows", dx.shape[1:], g.dtype, start=part.start)
        for u in range(part.start, part.stop):
            share = g[u] / windows.size**2
            row[...] = 0
            for columns in windows.columns(g.shape[2]):
                row[:, columns] += share
            for h in windows.rows(u):
                dx[h] += row

    threads.parallel_for(unpool, len(g), windows.work(dx))


def _largest(candidates: list[Array], largest: Array, won: BoolArray | None) -> None:
    """Write the elementwise maximum of the candidates; to won, if given, where each is larger than all before it."""
    best = candidates[0]
    for i, candidate in enumerate(candidates[1:]):
        if won is not None:
            np.greater(candidate, best, out=won[i])
        best = np.maximum(candidate, best, out=largest)
    if len(candidates) == 1:
        largest[...] = best


def _distribute(g: Array, won: BoolArray, candidates: list[Array], overlap: bool) -> None:
    """Write to each candidate the gradient of what it won, the last one first; add it where windows overlap."""
    rest = g
    for i in range(len(candidates) - 1, 0, -1):
        if overlap:
            share = rest * won[i - 1]
            candidates[i] += share
            rest = rest - share
        else:
            np.multiply(rest, won[i - 1], out=candidates[i])
            rest = np.subtract(rest, candidates[i], out=candidates[0])
    if overlap:
        candidates[0] += rest
    elif rest is g:
        candidates[0][...] = g
