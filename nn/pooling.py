"""Pooling: from each window of an image one number, its largest or its mean.

Both are taken first over the rows of a window, then over its columns: 2 size steps instead of size². Images lie with
the batch innermost, (H, C, W, N), see `images.py`.
"""

from collections.abc import Callable
from operator import index
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nn import threads
from nn.images import ImageLayer
from nn.initialisers import Shape
from nn.layer import Array, ShapeError

BoolArray: TypeAlias = npt.NDArray[np.bool_]
Won: TypeAlias = tuple[BoolArray, BoolArray]


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
        threads.split(function, U, 8 * x.size if self.stride >= self.window else 0)


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
            self.kept = y

        def pool(some: slice) -> None:
            tall = self.buffer(f"rows' largest, {some.start}", (C, W, N), x.dtype)
            for u in range(some.start, some.stop):
                self.pool_row(u, [rows[h] for h in self.seen(u)], tall, y, won)

        self._split(pool, rows, U)
        return self.images(y)

    def pool_row(self, u: int, seen: list[Array], tall: Array, y: Array, won: Won | None) -> None:
        """Write row u of y (U, C, V, N), for the rows (C, W, N) that its windows see, whose largest go to tall."""
        _largest(seen, tall, None if won is None else won[0][u])
        _largest([tall[:, part] for part in self._parts(y.shape[2])], y[u], None if won is None else won[1][u])

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx: the last number that won takes what the ones before it then no longer get."""
        U, C, _, N = self.kept.shape
        _, H, W = self.input_shape
        g = self.rows(gradient, "dL/dy")
        dx = self.buffer("dL/dx", (H, C, W, N), g.dtype)
        won = self.won(g, W)
        if self.stride != self.window or U * self.window < H:
            dx[...] = 0  # rows in no window, or in several

        def unpool(some: slice) -> None:
            tall = self.buffer(f"dL/drows' largest, {some.start}", (C, W, N), g.dtype)
            for u in range(some.start, some.stop):
                self.unpool_row(u, g[u], tall, dx, won)

        self._split(unpool, dx, U)
        return self.images(dx)

    def unpool_row(self, u: int, g: Array, tall: Array, dx: Array, won: Won) -> None:
        """Write to the rows of dL/dx that the windows of row u see, g = dL/dy[u] (C, V, N); add if they overlap."""
        V, overlap = g.shape[1], self.stride < self.window
        if self.stride != self.window or V * self.window < tall.shape[1]:
            tall[...] = 0
        _give(g, won[1][u], [tall[:, part] for part in self._parts(V)], overlap)
        _give(tall, won[0][u], [dx[h] for h in self.seen(u)], overlap)

    def won(self, y: Array, W: int) -> Won:
        """The memory for where each later row of a window was larger than all before it, and each later column.

        `pool_row` fills it, `unpool_row` reads it. Shapes: (U, size - 1, C, W, N), (U, size - 1, C, V, N).
        """
        U, C, V, N = y.shape
        return (
            self.buffer("row won", (U, self.window - 1, C, W, N), np.dtype(bool)),
            self.buffer("column won", (U, self.window - 1, C, V, N), np.dtype(bool)),
        )


class AvgPool2D(Pool):
    """y[n, c, u, v] = 1/size² Σ_i,j x[n, c, stride·u + i, stride·v + j]."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y."""
        rows = self.rows(x, "x")
        _, C, W, N = rows.shape
        _, U, V = self.output_shape(x.shape[1:])
        y = self.buffer("y, training" if training else "y, inference", (U, C, V, N), x.dtype)
        if training:
            self.kept = y

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
        U, C, V, N = self.kept.shape
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
    for wins, part in zip(won[::-1], reversed(parts[1:]), strict=True):
        if overlap:
            share = rest * wins
            part += share
            rest = rest - share
        else:
            np.multiply(rest, wins, out=part)
            rest = np.subtract(rest, part, out=parts[0])
    if overlap:
        parts[0] += rest
    elif rest is g:
        parts[0][...] = g
