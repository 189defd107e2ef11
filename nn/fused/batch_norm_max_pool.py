"""Batch normalisation and max pooling in one: what is normalised is only what is left over.

    x  (H, C, W, N)   | 3  1 | 0 -2 |          mean and variance of all of x
                      | 2 -1 | 4  1 |
                         max    max
    pooled               3      4              scale · pooled + shift, a quarter of the work:
    y                  1.07   1.60             the largest number stays the largest (or, with a gain below 0, the least)

On the way back, too, sums over dL/dy have a quarter of the numbers, and dL/dx is put together row by row.
"""

from operator import index
from typing import Any

import numpy as np

from nn.initialisers import Shape
from nn.kernels import threads
from nn.layer import Array
from nn.layers.batch_norm import BatchNorm
from nn.layers.pooling import MaxPool2D


class BatchNormMaxPool2D(BatchNorm):
    """`BatchNorm`, then `MaxPool2D` of windows side by side: the same function, with less to do.

    With a gain of 0 all numbers of a window are equal, and dL/dgain depends on which of them is taken for the largest:
    here the largest x.

    Args:
        features: the channels C.
        size: rows and columns of a window, at least 1.
        momentum: see `BatchNorm`.
        epsilon: see `BatchNorm`.

    Shapes: x (N, C, H, W), y (N, C, H // size, W // size).

    Raises:
        ValueError: an argument out of its range.
    """

    def __init__(self, features: int, size: int = 2, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        if index(size) < 1:
            raise ValueError(f"BatchNormMaxPool2D(size={size}) needs windows of at least 1 row and column")
        self.pool = MaxPool2D(size)  # before the features, of whose errors it is a part
        super().__init__(features, momentum, epsilon)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y; training moves the running statistics towards the batch's."""
        N, C, H, W = x.shape
        _, U, V = self.output_shape(x.shape[1:])
        when = "training" if training else "inference"
        flat = self._layout(x, f"x, {when}")
        if training:
            flat, scale, shift = self._measure(flat)
        else:
            scale, shift = self._running()
        rows = flat.reshape(H, C, W, N)
        windows = self._windows(rows, U)
        pooled = self.buffer(f"pooled, {when}", (U, C, V, N), x.dtype)
        won = self.pool.won(pooled, W) if training else None
        turned = self.gain.value < 0  # where the least number becomes the largest
        sign = self._wide("sign", np.where(turned, -1.0, 1.0), flat).reshape(C, W, N) if turned.any() else None

        def pool(some: slice) -> None:
            memory = self.pool.memory(some, rows)
            for u in range(some.start, some.stop):
                seen = list(windows[u]) if sign is None else list(windows[u] * sign)
                self.pool.pool_row(seen, pooled[u], won[u] if won else None, memory)
                if sign is not None:
                    pooled[u] *= sign[:, :V]

        threads.parallel_for(pool, U, 8 * rows.size)
        if training:
            self._pooled = pooled.reshape(U, C, V * N)
        y = self.buffer(f"y, {when}", (U, C, V * N), x.dtype)
        self._transform(pooled.reshape(y.shape), scale, shift, y)
        return self.images(y.reshape(pooled.shape))

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx, as `BatchNorm` does for a dL/dy that is 0 where x is not the largest (or least) of a window."""
        flat, g = self.saved, self.rows(gradient, "dL/dy")
        U, C, V, N = g.shape
        _, H, W = self.input_shape
        scale, along, rest = self._add_gradients(self._sums(g.reshape(self._pooled.shape), self._pooled))
        wide_scale = self._wide("scale", scale, self._pooled).reshape(C, V, N)
        wide_along = self._wide("along", scale * along, flat).reshape(C, W, N)
        wide_rest = self._wide("rest", scale * rest, flat).reshape(C, W, N)
        rows, size = flat.reshape(H, C, W, N), self.pool.window
        dx = self.buffer("dL/dx", rows.shape, g.dtype)
        windows, dx_windows, won = self._windows(rows, U), self._windows(dx, U), self.pool.won(g, W)

        def combine(some: slice) -> None:
            scaled = self.buffer(f"scaled, {some.start}", (C, V, N), g.dtype)
            memory = self.pool.memory(some, rows)
            common = self.buffer(f"common, {some.start}", (size, C, W, N), g.dtype)
            for u in range(some.start, some.stop):
                np.multiply(g[u], wide_scale, out=scaled)
                to = dx_windows[u]
                self.pool.unpool_row(scaled, list(to), won[u], memory)
                np.multiply(windows[u], wide_along, out=common)
                common += wide_rest
                to += common

        threads.parallel_for(combine, U, 32 * rows.size)
        for h in range(U * size, H):  # in no window
            np.multiply(rows[h], wide_along, out=dx[h])
            dx[h] += wide_rest
        return self.images(dx)

    def _windows(self, rows: Array, U: int) -> Array:
        """Return (H, C, W, N) as (U, size, C, W, N), a view of the rows that are in windows."""
        size = self.pool.window
        return rows[: U * size].reshape(U, size, *rows.shape[1:])

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (C, H // size, W // size) for (C, H, W)."""
        self.check_images(input_shape)
        return self.pool.output_shape(super().output_shape(input_shape))

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "features": self.features,
            "size": self.pool.window,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }

    def __repr__(self) -> str:
        """Return it as error messages name it."""
        return f"BatchNormMaxPool2D({self.features}, {self.pool.window})"
