"""Batch normalisation: every feature with mean 0 and variance 1 over the batch, then a learned gain and shift.

What is easily got wrong: mean and variance are those of the batch itself, so each y depends on every x of the batch,
and the gradient goes through both. It is not the gradient of a fixed scaling: two means are subtracted, that of dL/dy
and the part of it that goes along with x̂.
"""

from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.initialisers import Shape
from nn.kernels import threads
from nn.layer import Array, Parameter, ShapeError
from nn.layers.images import ImageLayer
from nn.parallel.all_reduce import Reduce, one_lane

# From this mean²/variance on, E[x²] - mean² is a small difference of large numbers, so x is centred first.
FAR = 100.0


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
        self.all_reduce: Reduce = one_lane  # `DataParallel` sets it where several processes share a batch
        self._batch: tuple[Array, Array, float] | None = None

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y; training moves the running statistics towards the batch's."""
        rows = self._layout(x, "x, training" if training else "x, inference")
        if training:
            rows, scale, shift = self._measure(rows)
        else:
            scale, shift = self._running()
        y = self.buffer("y, training" if training else "y, inference", rows.shape, x.dtype)
        self._transform(rows, scale, shift, y)
        return self._result(y, x.shape)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = gain / std · (g - mean(g) - x̂ mean(g x̂)), g = dL/dy; add dL/dgain = Σ g x̂, dL/dshift = Σ g."""
        rows, g = self.saved, self._layout(gradient, "dL/dy")
        scale, along, rest = self._add_gradients(self._sums(g, rows))
        wide_scale = self._wide("scale", scale, g)
        wide_along, wide_rest = self._wide("along", along, g), self._wide("rest", rest, g)
        dx = self.buffer("dL/dx", g.shape, g.dtype)

        def combine(some: slice) -> None:
            for row, gradient_row, to in zip(rows[some], g[some], dx[some], strict=True):
                np.multiply(row, wide_along, out=to)
                to += gradient_row
                to += wide_rest
                to *= wide_scale

        threads.parallel_for(combine, len(g), 32 * g.size)
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
        H, C, W, N = rows.shape
        return rows.reshape(H, C, W * N)

    def _running(self) -> tuple[Array, Array]:
        """Return scale and shift (F,) of y = scale x + shift outside of training."""
        scale = self.gain.value / np.sqrt(self.variance.value + self.epsilon)
        return scale, self.shift.value - self.mean.value * scale

    def _measure(self, rows: Array) -> tuple[Array, Array, Array]:
        """Measure the batch, keep it for `backward` and move the running statistics.

        Return the rows, less their mean where that is far from 0, and scale and shift (F,) of y = scale rows + shift.
        """
        m, mean, square = self._moments(rows)
        if m < 2:
            raise ValueError(f"{self} needs more than one number of each feature in training, the batch has {m:.0f}")
        centre, variance = mean, square - mean**2
        if (mean**2 > FAR * variance).any():
            centred = self.buffer("centred", rows.shape, rows.dtype)
            rows = np.subtract(rows, mean.astype(rows.dtype)[:, None], out=centred)
            _, centre, square = self._moments(rows)
            mean, variance = mean + centre, square - centre**2
        inverse = 1 / np.sqrt(np.maximum(variance, 0) + self.epsilon)
        self.mean.value += self.momentum * (mean - self.mean.value)
        self.variance.value += self.momentum * (variance * (m / (m - 1)) - self.variance.value)
        self.saved, self._batch = rows, (centre, inverse, m)
        scale = self.gain.value * inverse
        return rows, scale, self.shift.value - centre * scale

    def _add_gradients(self, own: npt.NDArray[np.float64]) -> tuple[Array, Array, Array]:
        """Add dL/dgain and dL/dshift, of Σ g and Σ g x as `_sums` returns them.

        Return scale, along and rest (F,) of dL/dx = scale (g + along x + rest).
        """
        assert self._batch is not None
        centre, inverse, m = self._batch

        def for_parameters(sums: Array) -> tuple[Array, Array]:
            for_shift, with_x = sums.reshape(2, -1)
            return for_shift, (with_x - centre * for_shift) * inverse

        for_shift, for_gain = for_parameters(own)
        self.gain.gradient += for_gain
        self.shift.gradient += for_shift
        for_shift, for_gain = for_parameters(self.all_reduce(own))  # those of the whole batch
        along = for_gain * inverse / m  # along · (x - centre) = x̂ mean(g x̂)
        return self.gain.value * inverse, -along, along * centre - for_shift / m

    def _moments(self, rows: Array) -> tuple[float, Array, Array]:
        """Return how many numbers of each feature the whole batch has, and the means of x and x² (F,)."""
        count = rows.size // self.features
        *sums, m = self.all_reduce(np.append(self._sums(rows, rows), count))
        mean, square = np.reshape(sums, (2, -1)) / m
        return m, mean, square

    def _sums(self, a: Array, b: Array) -> npt.NDArray[np.float64]:
        """Return Σ a and Σ a b for each feature, one after the other, (2 F,)."""
        ones = np.ones(a.shape[2], a.dtype)
        sums = self.buffer("sums", (2, *a.shape[:2]), a.dtype)

        def add_up(some: slice) -> None:
            np.matmul(a[some], ones, out=sums[0, some])
            np.vecdot(a[some], b[some], out=sums[1, some])

        threads.parallel_for(add_up, len(a), 16 * a.size)
        totals: npt.NDArray[np.float64] = sums.sum(axis=1, dtype=np.float64).ravel()
        return totals

    def _transform(self, rows: Array, scale: Array, shift: Array, y: Array) -> None:
        """Write y = scale x + shift."""
        wide_scale, wide_shift = self._wide("scale", scale, rows), self._wide("shift", shift, rows)

        def transform(some: slice) -> None:
            for row, to in zip(rows[some], y[some], strict=True):
                np.multiply(row, wide_scale, out=to)
                to += wide_shift

        threads.parallel_for(transform, len(rows), 16 * rows.size)

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
