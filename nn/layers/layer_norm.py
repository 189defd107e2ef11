"""Layer normalisation."""

import math
from collections.abc import Iterable, Iterator
from operator import index
from typing import Any

import numpy as np

from nn.kernels import tuning
from nn.kernels.layout import to_hcwn, to_nchw
from nn.layer import Parameter, ShapeError
from nn.layers.images import ImageLayer
from nn.types import Array, Shape


class LayerNorm(ImageLayer):
    """y = gain · x̂ + shift, x̂ = (x - mean) / sqrt(variance + epsilon), mean and variance over an example's features.

    Args:
        features: shape of an example: a number F for (N, F), (C, H, W) for images.
        epsilon: above 0.

    Shapes: x and y (N, *features); gain, shift (*features).

    Raises:
        ValueError: an argument out of its range.

    Source: Ba, Kiros and Hinton 2016, "Layer Normalization", equation 4, arXiv 1607.06450.
    """

    def __init__(self, features: int | Iterable[int], epsilon: float = 1e-5) -> None:
        lengths = features if isinstance(features, Iterable) else (features,)
        self.features = tuple(index(length) for length in lengths)
        self.epsilon = float(epsilon)
        if not self.features or min(self.features) < 1 or self.epsilon <= 0:
            raise ValueError(f"{self} needs at least 1 feature and an epsilon above 0")
        self._image = len(self.features) == 3
        self.supports_population = not self._image
        self.gain = Parameter(self.features, "ones")
        self.shift = Parameter(self.features, "zeros")
        self._inverse: Array | None = None  # (..., 1, N) 1 / sqrt(variance + epsilon) of the last training batch

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = gain · x̂ + shift."""
        X = self._columns(x, "x")
        F = X.shape[-2]
        ones = np.ones((1, F), X.dtype)
        gain, shift = self._column(self.gain.value), self._column(self.shift.value)
        normal, y = self._array("x̂", X, training=training), self._array("y", X, training=training)
        mean = ones @ X / F  # (..., 1, N)
        variance = np.zeros_like(mean)
        for block in self._blocks(X):
            part = np.subtract(X[block], mean, out=normal[block])
            square = np.multiply(part, part, out=y[block])
            variance += ones[:, : square.shape[-2]] @ square
        inverse = 1 / np.sqrt(variance / F + self.epsilon)
        for block in self._blocks(X):
            part = normal[block]
            part *= inverse
            part = np.multiply(part, gain[block], out=y[block])
            part += shift[block]
        if training:
            self.saved, self._inverse = normal, inverse
        return self._result(y, x)

    def backward(self, gradient: Array) -> Array:
        """Add dL/dgain = Σ_N g x̂, dL/dshift = Σ_N g; return dL/dx = (h - mean(h) - x̂ mean(h x̂)) / std, h = gain · g."""
        normal, inverse = self.saved, self._inverse
        assert inverse is not None
        G = self._columns(gradient, "dL/dy")
        F, N = G.shape[-2:]
        ones = np.ones((N, 1), G.dtype)
        gain = self._column(self.gain.value)
        for_gain, for_shift = np.empty_like(gain), np.empty_like(gain)
        mean, along = np.zeros_like(inverse), np.zeros_like(inverse)
        dx = self._array("dL/dx", G)
        for block in self._blocks(G):
            g, weights = G[block], gain[block].swapaxes(-1, -2)
            product = np.multiply(g, normal[block], out=dx[block])
            for_gain[block], for_shift[block] = product @ ones, g @ ones
            mean += weights @ g
            along += weights @ product
        self.gain.gradient += self._parameter(for_gain, self.gain.value)
        self.shift.gradient += self._parameter(for_shift, self.shift.value)
        mean /= F
        along /= F
        for block in self._blocks(G):
            part = np.multiply(normal[block], along, out=dx[block])
            part += mean
            np.subtract(gain[block] * G[block], part, out=part)
            part *= inverse
        return self._result(dx, gradient)

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

    def _columns(self, x: Array, name: str) -> Array:
        """Return x as (..., F, N), an example in each column, its numbers in memory order."""
        F = math.prod(self.features)
        if self._image:
            return to_hcwn(x, self.workspace, name).reshape(F, len(x))
        return x.reshape(*x.shape[: -len(self.features)], F).swapaxes(-1, -2)

    def _result(self, columns: Array, like: Array) -> Array:
        """Return columns in the shape of `like`: the inverse of `_columns`."""
        if self._image:
            C, H, W = self.features
            return to_nchw(columns.reshape(H, C, W, len(like)))
        return columns.swapaxes(-1, -2).reshape(like.shape)

    def _column(self, parameter: Array) -> Array:
        """Return a parameter as (..., F, 1), in the same order."""
        ordered = parameter.transpose(1, 0, 2) if self._image else parameter
        return ordered.reshape(*parameter.shape[: parameter.ndim - len(self.features)], -1, 1)

    def _parameter(self, column: Array, like: Array) -> Array:
        """Return a column in the shape of a parameter: the inverse of `_column`."""
        C, H, W = self.features if self._image else (0, 0, 0)
        return column.reshape(H, C, W).transpose(1, 0, 2) if self._image else column.reshape(like.shape)

    def _array(self, name: str, columns: Array, **key: bool) -> Array:
        """Return a scratch array with the shape and the memory order of the columns."""
        if self._image:
            return self.workspace.array(name, columns.shape, columns.dtype, **key)
        rows = columns.swapaxes(-1, -2)
        return self.workspace.array(name, rows.shape, rows.dtype, **key).swapaxes(-1, -2)

    def _blocks(self, columns: Array) -> Iterator[tuple[Any, ...]]:
        """Yield blocks of features, small enough that they stay in the cache from one pass over them to the next."""
        F, N = columns.shape[-2:]
        size = max(1, tuning.LAYER_NORM_BLOCK // max(1, N)) if self._image else F
        for start in range(0, F, size):
            yield np.s_[..., start : start + size, :]
