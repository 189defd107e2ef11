"""Pooling: from each window of an image one number, its largest or its mean.

Both are taken first over the rows of a window, then over its columns: 2 size steps instead of size². Images lie with
the batch innermost, (H, C, W, N), see `images.py`.
"""

from collections.abc import Callable
from operator import index
from typing import Any

import numpy as np

from nn import threads
from nn.images import ImageLayer
from nn.initialisers import Shape
from nn.layer import Array, ShapeError


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

    def _part(self, some: slice, i: int) -> slice:
        """Return where the i-th row (or column) of the windows `some` lies in the image."""
        return slice(some.start * self.stride + i, (some.stop - 1) * self.stride + i + 1, self.stride)

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
        rows, when = self.rows(x, "x"), "training" if training else "inference"
        _, C, W, N = rows.shape
        _, U, V = self.output_shape(x.shape[1:])
        tall = self.buffer(f"rows' largest, {when}", (U, C, W, N), x.dtype)
        y = self.buffer(f"y, {when}", (U, C, V, N), x.dtype)
        later = self.window - 1
        if training:
            row_won = self.buffer("row won", (later, *tall.shape), np.dtype(bool))
            column_won = self.buffer("column won", (later, *y.shape), np.dtype(bool))
            self.kept = y
        every = slice(0, V)

        def pool(some: slice) -> None:
            best, result = tall[some], y[some]
            best[...] = rows[self._part(some, 0)]
            for i in range(1, self.window):
                if training:
                    np.greater(rows[self._part(some, i)], best, out=row_won[i - 1, some])
                np.maximum(rows[self._part(some, i)], best, out=best)
            result[...] = best[:, :, self._part(every, 0)]
            for i in range(1, self.window):
                if training:
                    np.greater(best[:, :, self._part(every, i)], result, out=column_won[i - 1, some])
                np.maximum(best[:, :, self._part(every, i)], result, out=result)

        self._split(pool, rows, U)
        return self.images(y)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx: the last number that won takes what the ones before it then no longer get."""
        U, C, V, N = self.kept.shape
        _, H, W = self.input_shape
        g = self.rows(gradient, "dL/dy")
        tall = self.buffer("dL/drows' largest", (U, C, W, N), g.dtype)
        dx = self.buffer("dL/dx", (H, C, W, N), g.dtype)
        left, left_tall = self.buffer("left", g.shape, g.dtype), self.buffer("left of rows", tall.shape, g.dtype)
        row_won = self.buffer("row won", (self.window - 1, *tall.shape), np.dtype(bool))
        column_won = self.buffer("column won", (self.window - 1, *g.shape), np.dtype(bool))
        every = slice(0, V)
        if self.stride != self.window or U * self.window < H:
            dx[...] = 0  # rows in no window, or in several

        def give(won: list[Array], left: Array, to: list[Array]) -> None:
            """Move `left` to the numbers that won it, the last one first; where windows overlap, add it."""
            for i in range(self.window - 1, 0, -1):
                if self.stride >= self.window:
                    np.multiply(left, won[i - 1], out=to[i])
                    left -= to[i]
                else:
                    share = left * won[i - 1]
                    left -= share
                    to[i][...] += share
            if self.stride >= self.window:
                to[0][...] = left
            else:
                to[0][...] += left

        def unpool(some: slice) -> None:
            rest, rest_tall, best = left[some], left_tall[some], tall[some]
            rest[...] = g[some]
            if self.stride != self.window or V * self.window < W:
                best[...] = 0
            parts = range(self.window)
            give([won[some] for won in column_won], rest, [best[:, :, self._part(every, i)] for i in parts])
            rest_tall[...] = best
            give([won[some] for won in row_won], rest_tall, [dx[self._part(some, i)] for i in parts])

        self._split(unpool, dx, U)
        return self.images(dx)


class AvgPool2D(Pool):
    """y[n, c, u, v] = 1/size² Σ_i,j x[n, c, stride·u + i, stride·v + j]."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y."""
        rows, when = self.rows(x, "x"), "training" if training else "inference"
        _, C, W, N = rows.shape
        _, U, V = self.output_shape(x.shape[1:])
        tall = self.buffer(f"rows' sums, {when}", (U, C, W, N), x.dtype)
        y = self.buffer(f"y, {when}", (U, C, V, N), x.dtype)
        every = slice(0, V)

        def pool(some: slice) -> None:
            total, result = tall[some], y[some]
            total[...] = rows[self._part(some, 0)]
            for i in range(1, self.window):
                total += rows[self._part(some, i)]
            result[...] = total[:, :, self._part(every, 0)]
            for i in range(1, self.window):
                result += total[:, :, self._part(every, i)]
            result *= 1 / self.window**2

        self._split(pool, rows, U)
        if training:
            self.kept = y
        return self.images(y)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx: each number of a window gets 1/size² of the window's gradient."""
        U, C, V, N = self.kept.shape
        _, H, W = self.input_shape
        g = self.rows(gradient, "dL/dy")
        dx = self.buffer("dL/dx", (H, C, W, N), g.dtype)
        tall = self.buffer("dL/drows' sums", (U, C, W, N), g.dtype)
        dx[...] = 0
        every = slice(0, V)

        def unpool(some: slice) -> None:
            share, columns = g[some] / self.window**2, tall[some]
            columns[...] = 0
            for i in range(self.window):
                columns[:, :, self._part(every, i)] += share
            for i in range(self.window):
                dx[self._part(some, i)] += columns

        self._split(unpool, dx, U)
        return self.images(dx)
