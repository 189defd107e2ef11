"""Batch normalisation: every feature with mean 0 and variance 1 over the batch, then a learned gain and shift.

What is easily got wrong: mean and variance are those of the batch itself, so each y depends on every x of the batch,
and the gradient goes through both. It is not the gradient of a fixed scaling: two means are subtracted, that of dL/dy
and the part of it that goes along with x̂.
"""

from operator import index
from typing import Any

import numpy as np

from nn import threads
from nn.images import ImageLayer
from nn.initialisers import Shape
from nn.layer import Array, Parameter, ShapeError


class BatchNorm(ImageLayer):
    """y = gain · x̂ + shift, x̂ = (x - mean) / sqrt(variance + epsilon), for each feature of (N, F), channel of images.

    In training mean and variance are those of the batch, over N, or N, H and W. Outside of training they are running
    means, running += momentum · (batch's - running), of the variance with the unbiased one (m / (m - 1) times), as in
    PyTorch. They lie in the network's flat vector, with a gradient of 0.

    Args:
        features: F, or the channels C.
        momentum: share of the last batch in the running statistics, above 0 and up to 1.
        epsilon: above 0.

    Shapes: x and y (N, F) or (N, C, H, W); gain, shift, mean, variance (features,).

    Raises:
        ValueError: an argument out of its range.

    Source: Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1 and the equations of section 3, arXiv 1502.03167.
    """

    def __init__(self, features: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        self.features, self.momentum, self.epsilon = index(features), float(momentum), float(epsilon)
        if self.features < 1 or not 0 < self.momentum <= 1 or self.epsilon <= 0:
            raise ValueError(f"{self} needs at least 1 feature, a momentum in (0, 1] and an epsilon above 0")
        self.gain = Parameter((self.features,), "ones")
        self.shift = Parameter((self.features,), "zeros")
        self.mean = Parameter((self.features,), "zeros", trainable=False)
        self.variance = Parameter((self.features,), "ones", trainable=False)
        self._inverse: Array | None = None  # (F,) 1 / sqrt(variance + epsilon) of the last training batch

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y; training moves the running statistics towards the batch's."""
        rows = self._layout(x, "x")
        if not training:
            scale = self.gain.value / np.sqrt(self.variance.value + self.epsilon)
            y = self.buffer("y, inference", rows.shape, x.dtype)
            wide_scale = self._wide("scale", scale, rows)
            wide_shift = self._wide("shift", self.shift.value - self.mean.value * scale, rows)

            def transform(some: slice) -> None:
                for row, to in zip(rows[some], y[some], strict=True):
                    np.multiply(row, wide_scale, out=to)
                    to += wide_shift

            threads.split(transform, len(rows), 16 * rows.size)
            return self._result(y, x.shape)

        m = rows.size // self.features  # numbers of each feature
        if m < 2:
            raise ValueError(f"{self} needs more than one number of each feature in training: the input is {x.shape}")
        ones = np.ones(rows.shape[2], x.dtype)
        centred = self.buffer("centred", rows.shape, x.dtype)
        sums = self.buffer("sums", rows.shape[:2], x.dtype)
        y = self.buffer("y, training", rows.shape, x.dtype)

        def total(some: slice) -> None:
            np.matmul(rows[some], ones, out=sums[some])

        def centre(some: slice) -> None:
            for row, to, square in zip(rows[some], centred[some], sums[some], strict=True):
                np.subtract(row, wide_mean, out=to)
                np.vecdot(to, to, out=square)

        def scale_and_shift(some: slice) -> None:
            for row, to in zip(centred[some], y[some], strict=True):
                np.multiply(row, wide_scale, out=to)
                to += wide_shift

        threads.split(total, len(rows), 8 * rows.size)
        mean = sums.sum(axis=0) / m
        wide_mean = self._wide("mean", mean, rows)
        threads.split(centre, len(rows), 16 * rows.size)
        variance = sums.sum(axis=0) / m
        self._inverse = 1 / np.sqrt(variance + self.epsilon)
        wide_scale = self._wide("scale", self.gain.value * self._inverse, rows)
        wide_shift = self._wide("shift", self.shift.value, rows)
        threads.split(scale_and_shift, len(rows), 16 * rows.size)
        self.mean.value += self.momentum * (mean - self.mean.value)
        self.variance.value += self.momentum * (variance * (m / (m - 1)) - self.variance.value)
        self.kept = centred
        return self._result(y, x.shape)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = gain / std · (g - mean(g) - x̂ mean(g x̂)), g = dL/dy; add dL/dgain = Σ g x̂, dL/dshift = Σ g."""
        centred, inverse = self.kept, self._inverse
        assert inverse is not None
        g = self._layout(gradient, "dL/dy")
        m = g.size // self.features
        ones = np.ones(g.shape[2], g.dtype)
        sums = self.buffer("sums of g", (2, *g.shape[:2]), g.dtype)
        dx = self.buffer("dL/dx", g.shape, g.dtype)

        def total(some: slice) -> None:
            np.matmul(g[some], ones, out=sums[0, some])
            np.vecdot(g[some], centred[some], out=sums[1, some])

        def combine(some: slice) -> None:
            for row, gradient_row, to in zip(centred[some], g[some], dx[some], strict=True):
                np.multiply(row, wide_along, out=to)
                np.subtract(gradient_row, to, out=to)
                to -= wide_mean
                to *= wide_scale

        threads.split(total, len(g), 16 * g.size)
        for_shift, with_centred = sums.sum(axis=1)
        for_gain = with_centred * inverse
        self.gain.gradient += for_gain
        self.shift.gradient += for_shift
        wide_mean = self._wide("mean", for_shift / m, g)
        wide_along = self._wide("along", for_gain * inverse / m, g)  # along · centred = x̂ mean(g x̂)
        wide_scale = self._wide("scale", self.gain.value * inverse, g)
        threads.split(combine, len(g), 32 * g.size)
        return self._result(dx, gradient.shape)

    def parameters(self) -> dict[str, Parameter]:
        """Return "gain", "shift", and the running "mean" and "variance", all (features,)."""
        return {"gain": self.gain, "shift": self.shift, "mean": self.mean, "variance": self.variance}

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the input."""
        if len(input_shape) not in (1, 3) or input_shape[0] != self.features:
            raise ShapeError(f"needs {input_shape[0]} features")
        return input_shape

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"features": self.features, "momentum": self.momentum, "epsilon": self.epsilon}

    def __repr__(self) -> str:
        """Return it as error messages name it."""
        return f"BatchNorm({self.features})"

    def _layout(self, x: Array, name: str) -> Array:
        """Return (N, F) as (1, F, N), images as (H, C, W·N): numbers of one feature lie side by side."""
        if x.ndim == 2:
            features = self.buffer(name, (1, *x.shape[::-1]), x.dtype)
            features[0] = x.T
            return features
        rows = self.rows(x, name)
        return rows.reshape(*rows.shape[:2], -1)

    def _wide(self, name: str, values: Array, rows: Array) -> Array:
        """Return one number for each feature (F,) as wide as a row, (F, W·N): operations on alike arrays are fastest.

        The rows are then taken one by one, so that several operations find them in the processor's cache.
        """
        wide = self.buffer(f"wide {name}", rows.shape[1:], rows.dtype)
        wide[...] = values[:, None]
        return wide

    def _result(self, rows: Array, shape: Shape) -> Array:
        """Return what `_layout` made of an array of this shape, as it was."""
        if len(shape) == 2:
            matrix: Array = rows[0].T
            return matrix
        N, C, H, W = shape
        return self.images(rows.reshape(H, C, W, N))
