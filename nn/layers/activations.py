"""Activation functions.

Each works element by element on any shape (Softmax: vector by vector), and saves its output y for the backward pass:
every derivative here can be written in terms of y, and the next layer saves that array anyway.
"""

from typing import Any

import numpy as np

from nn.kernels.relu import relu
from nn.layer import Layer, ShapeError
from nn.types import Array, Shape


class ReLU(Layer):
    """y = max(x, 0)."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = max(x, 0)."""
        y = relu(x)
        if training:
            self.saved = y
        return y

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = dL/dy · [x > 0]: the derivative is 1 or 0, however large x is, and 0 at 0."""
        return gradient * (self.saved > 0)


class LeakyReLU(Layer):
    """y = x where x > 0, slope · x elsewhere.

    Args:
        slope: from 0 to 1.

    Raises:
        ValueError: a slope outside of 0 to 1.

    Source: Maas et al. 2013, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", equation 2.
    """

    def __init__(self, slope: float = 0.01) -> None:
        if not 0 <= slope <= 1:
            raise ValueError(f"LeakyReLU({slope}) needs a slope from 0 to 1")
        self.slope = float(slope)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = max(x, slope · x), which is equal for slopes up to 1."""
        y: Array = np.maximum(x, self.slope * x)
        if training:
            self.saved = y
        return y

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = dL/dy where x > 0, slope · dL/dy elsewhere."""
        return np.where(self.saved > 0, gradient, self.slope * gradient)

    def config(self) -> dict[str, Any]:
        """Return the constructor's argument."""
        return {"slope": self.slope}


class Tanh(Layer):
    """y = tanh(x), between -1 and 1."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = tanh(x)."""
        y: Array = np.tanh(x)
        if training:
            self.saved = y
        return y

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = dL/dy · (1 - y²)."""
        return gradient * (1 - self.saved**2)


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), between 0 and 1."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = p where x ≥ 0, e · p elsewhere, with e = exp(-|x|), which cannot overflow, and p = 1 / (1 + e)."""
        e = np.exp(-np.abs(x))
        p = 1 / (1 + e)
        y = np.where(x >= 0, p, e * p)
        if training:
            self.saved = y
        return y

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = dL/dy · y · (1 - y)."""
        return gradient * self.saved * (1 - self.saved)


class Softmax(Layer):
    """y_i = exp(x_i) / Σ_j exp(x_j) over the last axis: scores (N, K) to probabilities (N, K)."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y_i = exp(x_i - m) / Σ_j exp(x_j - m); m = max x changes nothing and prevents overflow."""
        y: Array = np.exp(x - x.max(axis=-1, keepdims=True))
        y /= y.sum(axis=-1, keepdims=True)
        if training:
            self.saved = y
        return y

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx_i = y_i · (dL/dy_i - Σ_j dL/dy_j y_j)."""
        y = self.saved
        mean: Array = (gradient * y).sum(axis=-1, keepdims=True)  # (N, 1)
        return y * (gradient - mean)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (K,) for (K,)."""
        if len(input_shape) != 1:
            raise ShapeError("needs a vector of scores")
        return input_shape
