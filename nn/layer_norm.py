"""Layer normalisation: every example with mean 0 and variance 1 over its own features, whatever the batch."""

import math
from collections.abc import Iterable
from operator import index
from typing import Any

import numpy as np

from nn.initialisers import Shape
from nn.layer import Array, Layer, Parameter, ShapeError


class LayerNorm(Layer):
    """y = gain · x̂ + shift, x̂ = (x - mean) / sqrt(variance + epsilon), mean and variance over one example's features.

    Args:
        features: shape of an example: a number F for (N, F), (C, H, W) for images.
        epsilon: above 0.

    Shapes: x and y (N, *features); gain, shift (*features).

    Raises:
        ValueError: an argument out of its range.

    Source: Ba, Kiros and Hinton 2016, "Layer Normalization", equation 4, arXiv 1607.06450.
    """

    def __init__(self, features: int | Iterable[int], epsilon: float = 1e-5) -> None:
        self.features = (features,) if isinstance(features, int) else tuple(index(length) for length in features)
        self.epsilon = float(epsilon)
        if not self.features or min(self.features) < 1 or self.epsilon <= 0:
            raise ValueError(f"{self} needs at least 1 feature and an epsilon above 0")
        self.axes = tuple(range(-len(self.features), 0))
        self.gain = Parameter(self.features, "ones")
        self.shift = Parameter(self.features, "zeros")
        self._inverse: Array | None = None  # (N, 1, ...) 1 / sqrt(variance + epsilon) of the last training batch

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = gain · x̂ + shift."""
        normal = x - x.mean(axis=self.axes, keepdims=True)
        inverse = 1 / np.sqrt(np.mean(normal * normal, axis=self.axes, keepdims=True) + self.epsilon)
        normal *= inverse
        if training:
            self.kept, self._inverse = normal, inverse
        y: Array = normal * self._each(self.gain.value)
        y += self._each(self.shift.value)
        return y

    def backward(self, gradient: Array) -> Array:
        """Add dL/dgain = Σ_N g x̂, dL/dshift = Σ_N g; return dL/dx = (h - mean(h) - x̂ mean(h x̂)) / std, h = gain · g."""
        normal, inverse = self.kept, self._inverse
        assert inverse is not None
        batch = len(self.features) + 1
        self.gain.gradient += (gradient * normal).sum(axis=-batch)
        self.shift.gradient += gradient.sum(axis=-batch)
        h = gradient * self._each(self.gain.value)
        along = np.mean(h * normal, axis=self.axes, keepdims=True)
        h -= h.mean(axis=self.axes, keepdims=True)
        h -= normal * along
        h *= inverse
        return h

    def parameters(self) -> dict[str, Parameter]:
        """Return "gain" and "shift", both (*features)."""
        return {"gain": self.gain, "shift": self.shift}

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the input."""
        if input_shape != self.features:
            fits = input_shape[0] if len(input_shape) == 1 else input_shape
            raise ShapeError(f"needs {fits} as features ({math.prod(input_shape)} numbers)")
        return input_shape

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        features = self.features[0] if len(self.features) == 1 else self.features
        return {"features": features, "epsilon": self.epsilon}

    def _each(self, parameter: Array) -> Array:
        """Return a parameter with an axis for the batch: (F,) -> (1, F), (M, F) -> (M, 1, F)."""
        return np.expand_dims(parameter, -len(self.features) - 1)
