"""Batch normalisation and max pooling in one layer, which normalises only the numbers that pooling selects.

    x  (H, C, W, N)   | 3  1 | 0 -2 |          mean and variance of all of x
                      | 2 -1 | 4  1 |
                         max    max
    pooled               3      4              scale · pooled + shift, a quarter of the work:
    y                  1.07   1.60             the largest number stays the largest (or, with a gain below 0, the least)

In the backward pass, too, sums over dL/dy have a quarter of the numbers, and dL/dx is computed row by row.
"""

from operator import index
from typing import Any

import numpy as np

from nn.kernels import threads
from nn.kernels.channels import channel_moments, scale_and_shift, widen
from nn.kernels.layout import to_hcwn, to_nchw
from nn.kernels.pooling import Windows, max_pool_row, max_unpool_row, row_scratch, winners
from nn.layer import ShapeError
from nn.layers.batch_norm import BatchNorm
from nn.types import Array, Shape


class BatchNormMaxPool2D(BatchNorm):
    """`BatchNorm`, then `MaxPool2D` of windows that do not overlap: the same function, with less work.

    With a gain of 0 all numbers of a window are equal, and dL/dgain depends on which of them counts as the largest:
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
        self.windows = Windows(index(size), index(size))  # before super(), whose error messages include the size
        super().__init__(features, momentum, epsilon)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y; training updates the running statistics."""
        N, C, H, W = x.shape
        _, U, V = self.output_shape(x.shape[1:])
        flat = self._rows(x, "x", training=training)
        if training:
            flat, scale, shift = self._measure(flat)
        else:
            scale, shift = self._running()
        rows = flat.reshape(H, C, W, N)
        in_windows = self._in_windows(rows, U)
        pooled = self.workspace.array("pooled", (U, C, V, N), x.dtype, training=training)
        won = winners(self.windows, pooled, W, self.workspace) if training else None
        negative = self.gain.value < 0  # where the least number becomes the largest
        sign = None
        if negative.any():
            sign = widen(np.where(negative, -1.0, 1.0), flat, self.workspace, "sign").reshape(C, W, N)

        def pool(part: slice) -> None:
            scratch = row_scratch(self.windows, rows, part, self.workspace)
            for u in range(part.start, part.stop):
                window_rows = list(in_windows[u]) if sign is None else list(in_windows[u] * sign)
                max_pool_row(window_rows, pooled[u], won[u] if won else None, scratch)
                if sign is not None:
                    pooled[u] *= sign[:, :V]

        threads.parallel_for(pool, U, 8 * rows.size)
        if training:
            self._pooled = pooled.reshape(U, C, V * N)
        y = self.workspace.array("y", (U, C, V * N), x.dtype, training=training)
        scale_and_shift(pooled.reshape(y.shape), scale, shift, y, self.workspace)
        return to_nchw(y.reshape(pooled.shape))

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx, as `BatchNorm` does for a dL/dy that is 0 where x is not the largest (or least) of a window."""
        flat, g = self.saved, to_hcwn(gradient, self.workspace, "dL/dy")
        U, C, V, N = g.shape
        _, H, W = self.input_shape
        sums = channel_moments(g.reshape(self._pooled.shape), self._pooled, self.workspace)
        scale, slope, offset = self._add_gradients(sums)
        wide_scale = widen(scale, self._pooled, self.workspace, "scale").reshape(C, V, N)
        wide_slope = widen(scale * slope, flat, self.workspace, "slope").reshape(C, W, N)
        wide_offset = widen(scale * offset, flat, self.workspace, "offset").reshape(C, W, N)
        rows, size = flat.reshape(H, C, W, N), self.windows.size
        dx = self.workspace.array("dL/dx", rows.shape, g.dtype)
        in_windows, dx_in_windows = self._in_windows(rows, U), self._in_windows(dx, U)
        won = winners(self.windows, g, W, self.workspace)

        def combine(part: slice) -> None:
            scaled = self.workspace.array("scaled", (C, V, N), g.dtype, start=part.start)
            everywhere = self.workspace.array("everywhere", (size, C, W, N), g.dtype, start=part.start)
            scratch = row_scratch(self.windows, rows, part, self.workspace)
            for u in range(part.start, part.stop):
                np.multiply(g[u], wide_scale, out=scaled)
                to = dx_in_windows[u]
                max_unpool_row(self.windows, scaled, list(to), won[u], scratch)
                np.multiply(in_windows[u], wide_slope, out=everywhere)
                everywhere += wide_offset
                to += everywhere

        threads.parallel_for(combine, U, 32 * rows.size)
        for h in range(U * size, H):  # in no window
            np.multiply(rows[h], wide_slope, out=dx[h])
            dx[h] += wide_offset
        return to_nchw(dx)

    def _in_windows(self, rows: Array, U: int) -> Array:
        """Return (H, C, W, N) as (U, size, C, W, N), a view of the rows that are in windows."""
        size = self.windows.size
        return rows[: U * size].reshape(U, size, *rows.shape[1:])

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (C, H // size, W // size) for (C, H, W)."""
        self.check_images(input_shape)
        C, H, W = super().output_shape(input_shape)
        if min(H, W) < self.windows.size:
            raise ShapeError("needs a window no larger than the image")
        return C, self.windows.count(H), self.windows.count(W)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "features": self.features,
            "size": self.windows.size,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }

    def __repr__(self) -> str:
        """Return it as error messages name it."""
        return f"BatchNormMaxPool2D({self.features}, {self.windows.size})"
