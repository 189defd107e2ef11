"""The step from images to vectors."""

import math

from nn.initialisers import Shape
from nn.layer import Array
from nn.layers.images import ImageLayer


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
        # Images with the batch innermost stay so: y is a transposed view too, which BLAS multiplies as it is.
        y = self.buffer("y, training" if training else "y, inference", (*x.shape[1:], len(x)), x.dtype)
        y[...] = x.transpose(1, 2, 3, 0)
        return y.reshape(size, len(x)).T

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx, dL/dx[n, c, h, w] = dL/dy[n, (c·H + h)·W + w]."""
        if self.saved.ndim == 5 or gradient.flags.c_contiguous:
            return gradient.reshape(self.saved.shape)
        N, C, H, W = self.saved.shape
        rows = self.buffer("dL/dx", (H, C, W, N), gradient.dtype)
        rows[...] = gradient.T.reshape(C, H, W, N).transpose(1, 0, 2, 3)
        return self.images(rows)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (C·H·W,) for (C, H, W)."""
        self.check_images(input_shape)
        return (math.prod(input_shape),)
