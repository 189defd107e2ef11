"""Pooling: from each window of an image one number, its largest or its mean.

Both are taken first over the rows of a window, then over its columns: 2 size steps instead of size². Images lie with
the batch innermost, (H, C, W, N), see `images.py`.
"""

from collections.abc import Callable
from operator import index
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from nn.initialisers import Shape
from nn.kernels import threads
from nn.layer import Array, ShapeError
from nn.layers.images import ImageLayer

BoolArray: TypeAlias = npt.NDArray[np.bool_]
Won: TypeAlias = tuple[BoolArray, BoolArray]


class RowMemory(NamedTuple):
    """Memory for a row of windows.

    NumPy takes longer for many short runs of N numbers than for one long run. So what is done with columns is done with
    copies of them, and these are made of places, with the N numbers of a place as one item.
    """

    tall: Array  # (C, W, N) of the rows that the windows see
    columns: list[Array]  # size times (C, V, N): the first columns of all windows, the second ones, ...
    places: list[tuple[npt.NDArray[np.void], npt.NDArray[np.void]]]  # each of these, and where it is in tall


class Pool(ImageLayer):
    """What windows are: `size` rows and columns, `stride` apart; rows and columns left over at the end are not seen.

    Args:
        size: rows and columns of a window, at least 1.
        stride: step from one window to the next; by default size.

    Raises:
        ValueError: a size or stride below 1.
    """

    def __init__(self, size: int = 2, stride: int | None = None) -> None:
        self.window = index(size)
        self.stride = self.window if stride is None else index(stride)
        if min(self.window, self.stride) < 1:
            raise ValueError(f"{self} needs a size and a stride of at least 1")

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (C, U, V) for (C, H, W), U = (H - size) // stride + 1."""
        self.check_images(input_shape)
        if min(input_shape[1:]) < self.window:
            raise ShapeError("needs a window no larger than the image")
        C, H, W = input_shape
        return C, (H - self.window) // self.stride + 1, (W - self.window) // self.stride + 1

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"size": self.window, "stride": self.stride}

    def seen(self, u: int) -> range:
        """Return which rows of the image the windows of row u of y see."""
        return range(u * self.stride, u * self.stride + self.window)

    def _parts(self, V: int) -> list[slice]:
        """Return where in the image the first columns of all V windows of a row lie, the second ones, ..."""
        stop = (V - 1) * self.stride + 1
        return [slice(i, stop + i, self.stride) for i in range(self.window)]

    def _split(self, function: Callable[[slice], None], x: Array, U: int) -> None:
        # Windows that overlap would have two threads write to the same row on the way back.
        threads.parallel_for(function, U, 8 * x.size if self.stride >= self.window else 0)


class MaxPool2D(Pool):
    """y[n, c, u, v] = max_i,j x[n, c, stride·u + i, stride·v + j].

    The gradient goes to the largest number alone; among equals to the first row's in each column, and of those to the
    first. (PyTorch takes the first in the order of reading. Equals are rare but for zeros, after a ReLU.)
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y; training keeps which number of each window was the largest."""
        rows = self.rows(x, "x")
        _, C, W, N = rows.shape
        _, U, V = self.output_shape(x.shape[1:])
        y = self.buffer("y, training" if training else "y, inference", (U, C, V, N), x.dtype)
        won = self.won(y, W) if training else None
        if training:
            self.saved = y

        def pool(some: slice) -> None:
            memory = self.memory(some, rows)
            for u in range(some.start, some.stop):
                self.pool_row([rows[h] for h in self.seen(u)], y[u], won[u] if won else None, memory)

        self._split(pool, rows, U)
        return self.images(y)

    def pool_row(self, seen: list[Array], y: Array, won: Won | None, memory: RowMemory) -> None:
        """Write a row of y (C, V, N), for the rows (C, W, N) that its windows see, and where each won."""
        row_won, column_won = won or (None, None)
        _largest(seen, memory.tall, row_won)
        for column, place in memory.places:
            column[...] = place
        _largest(memory.columns, y, column_won)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx: the last number that won takes what the ones before it then no longer get."""
        U, C, _, N = self.saved.shape
        _, H, W = self.input_shape
        g = self.rows(gradient, "dL/dy")
        dx = self.buffer("dL/dx", (H, C, W, N), g.dtype)
        won = self.won(g, W)
        if self.stride != self.window or U * self.window < H:
            dx[...] = 0  # rows in no window, or in several

        def unpool(some: slice) -> None:
            memory = self.memory(some, dx)
            for u in range(some.start, some.stop):
                self.unpool_row(g[u], [dx[h] for h in self.seen(u)], won[u], memory)

        self._split(unpool, dx, U)
        return self.images(dx)

    def unpool_row(self, g: Array, seen: list[Array], won: Won, memory: RowMemory) -> None:
        """Write to the rows of dL/dx that a row of windows sees, g = dL/dy (C, V, N); add if windows overlap."""
        tall, (row_won, column_won) = memory.tall, won
        V, overlap = g.shape[1], self.stride < self.window
        if self.stride != self.window or V * self.window < tall.shape[1]:
            tall[...] = 0
        if overlap:
            _give(g, column_won, [tall[:, part] for part in self._parts(V)], overlap)
        else:
            _give(g, column_won, memory.columns, overlap)
            for column, place in memory.places:
                place[...] = column
        _give(tall, row_won, seen, overlap)

    def memory(self, some: slice, rows: Array) -> RowMemory:
        """Memory for a row of windows, for images like rows (H, C, W, N); one for each thread."""
        _, C, W, N = rows.shape
        V = (W - self.window) // self.stride + 1
        tall = self.buffer(f"tall, {some.start}", (C, W, N), rows.dtype)
        columns = list(self.buffer(f"columns, {some.start}", (self.window, C, V, N), rows.dtype))
        place = np.dtype((np.void, max(1, N) * rows.itemsize))
        parts = [tall.view(place)[:, part] for part in self._parts(V)]
        return RowMemory(tall, columns, [(c.view(place), part) for c, part in zip(columns, parts, strict=True)])

    def won(self, y: Array, W: int) -> list[Won]:
        """For each row of y (U, C, V, N), the memory for where each later row of a window was larger than all before.

        And the same for its columns: (size - 1, C, W, N) and (size - 1, C, V, N), which `pool_row` fills.
        """
        U, C, V, N = y.shape
        row_won = self.buffer("row won", (U, self.window - 1, C, W, N), np.dtype(bool))
        return list(zip(row_won, self.buffer("column won", (U, self.window - 1, C, V, N), np.dtype(bool)), strict=True))


class AvgPool2D(Pool):
    """y[n, c, u, v] = 1/size² Σ_i,j x[n, c, stride·u + i, stride·v + j]."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y."""
        rows = self.rows(x, "x")
        _, C, W, N = rows.shape
        _, U, V = self.output_shape(x.shape[1:])
        y = self.buffer("y, training" if training else "y, inference", (U, C, V, N), x.dtype)
        if training:
            self.saved = y

        def pool(some: slice) -> None:
            tall = self.buffer(f"rows' sums, {some.start}", (C, W, N), x.dtype)
            for u in range(some.start, some.stop):
                tall[...] = 0
                for h in self.seen(u):
                    tall += rows[h]
                y[u] = 0
                for part in self._parts(V):
                    y[u] += tall[:, part]
                y[u] *= 1 / self.window**2

        self._split(pool, rows, U)
        return self.images(y)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx: each number of a window gets 1/size² of the window's gradient."""
        U, C, V, N = self.saved.shape
        _, H, W = self.input_shape
        g = self.rows(gradient, "dL/dy")
        dx = self.buffer("dL/dx", (H, C, W, N), g.dtype)
        dx[...] = 0

        def unpool(some: slice) -> None:
            tall = self.buffer(f"dL/drows' sums, {some.start}", (C, W, N), g.dtype)
            for u in range(some.start, some.stop):
                share = g[u] / self.window**2
                tall[...] = 0
                for part in self._parts(V):
                    tall[:, part] += share
                for h in self.seen(u):
                    dx[h] += tall

        self._split(unpool, dx, U)
        return self.images(dx)


def _largest(parts: list[Array], largest: Array, won: BoolArray | None) -> None:
    """Write the largest of parts, number by number; won, if given, becomes where each is larger than all before it."""
    best = parts[0]
    for i, part in enumerate(parts[1:]):
        if won is not None:
            np.greater(part, best, out=won[i])
        best = np.maximum(part, best, out=largest)
    if len(parts) == 1:
        largest[...] = best


def _give(g: Array, won: BoolArray, parts: list[Array], overlap: bool) -> None:
    """Give each part the gradient of what it won, the last one first; add it where windows overlap."""
    rest = g
    for i in range(len(parts) - 1, 0, -1):
        if overlap:
            share = rest * won[i - 1]
            parts[i] += share
            rest = rest - share
        else:
            np.multiply(rest, won[i - 1], out=parts[i])
            rest = np.subtract(rest, parts[i], out=parts[0])
    if overlap:
        parts[0] += rest
    elif rest is g:
        parts[0][...] = g
