"""The layer between images and vectors."""

import math

from nn.kernels.layout import to_nchw
from nn.layers.images import ImageLayer
from nn.types import Array, Shape


class Flatten(ImageLayer):
    """(N, C, H, W) -> (N, C·H·W), the last axis fastest; in a population (M, B, C, H, W) -> (M, B, C·H·W)."""

    supports_population = True

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y, y[n, (c·H + h)·W + w] = x[n, c, h, w]."""
        if training:
            self.saved = x
        size = math.prod(x.shape[-3:])
        if x.ndim == 5 or x.flags.c_contiguous:
            return x.reshape(*x.shape[:-3], size)
        # Where the batch lies innermost it stays so: y is a transposed view, which BLAS multiplies as it lies.
        y: Array = self.workspace.array("y", (*x.shape[1:], len(x)), x.dtype, training=training)
        y[...] = x.transpose(1, 2, 3, 0)
        return y.reshape(size, len(x)).T

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx, dL/dx[n, c, h, w] = dL/dy[n, (c·H + h)·W + w]."""
        if self.saved.ndim == 5 or gradient.flags.c_contiguous:
            return gradient.reshape(self.saved.shape)
        N, C, H, W = self.saved.shape
        rows: Array = self.workspace.array("dL/dx", (H, C, W, N), gradient.dtype)
        rows[...] = gradient.T.reshape(C, H, W, N).transpose(1, 0, 2, 3)
        return to_nchw(rows)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (C·H·W,) for (C, H, W)."""
        self.check_images(input_shape)
        return (math.prod(input_shape),)
