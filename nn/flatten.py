"""The step from images to vectors."""

import math

from nn.initialisers import Shape
from nn.layer import Array, Layer, ShapeError


class Flatten(Layer):
    """(N, C, H, W) -> (N, C·H·W), the last axis fastest; in a population (M, B, C, H, W) -> (M, B, C·H·W)."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y, y[n, (c·H + h)·W + w] = x[n, c, h, w]."""
        if training:
            self.kept = x
        return x.reshape(*x.shape[:-3], math.prod(x.shape[-3:]))

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx, dL/dx[n, c, h, w] = dL/dy[n, (c·H + h)·W + w]."""
        return gradient.reshape(self.kept.shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (C·H·W,) for (C, H, W)."""
        if len(input_shape) != 3:
            raise ShapeError("needs (channels, rows, columns)")
        return (math.prod(input_shape),)
