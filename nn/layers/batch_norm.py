"""Batch normalisation.

A common mistake: mean and variance are those of the batch itself, so each y depends on every x of the batch, and the
gradient goes through both. It is not the gradient of a fixed scaling: two means are subtracted, that of dL/dy and that
of its component along x̂.
"""

from collections.abc import Callable
from operator import index
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nn.kernels.channels import channel_moments, combine, scale_and_shift
from nn.kernels.layout import to_hcwn, to_nchw
from nn.layer import Parameter, ShapeError
from nn.layers.images import ImageLayer
from nn.types import Array, Shape

# (k,) numbers of one process -> their sums over all processes that share a batch; see `nn.parallel.all_reduce`
Reduce: TypeAlias = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

# From this mean²/variance on, E[x²] - mean² is a small difference of large numbers, so x is centred first.
MAX_MEAN_TO_VARIANCE = 100.0


def single_process(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the sums over one process: its values."""
    return values


class BatchNorm(ImageLayer):
    """y = gain · x̂ + shift, x̂ = (x - mean) / sqrt(variance + epsilon), for each feature of (N, F), channel of images.

    In training mean and variance are those of the batch, over N, or N, H and W. In inference they are running means,
    running += momentum · (batch's - running), where the batch's variance is the unbiased one (m / (m - 1) times), as in
    PyTorch. They lie in the network's flat vector, with a gradient of 0.

    Args:
        features: F, or the channels C.
        momentum: weight of the last batch in the running statistics, above 0 and up to 1.
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
        self.variance = Parameter((self.features,), "ones", trainable=False, minimum=0.0)
        self.all_reduce: Reduce = single_process  # `DataParallel` sets it where several processes share a batch
        self._batch: tuple[Array, Array, float] | None = None

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y; training updates the running statistics."""
        rows = self._rows(x, "x", training=training)
        if training:
            rows, scale, shift = self._measure(rows)
        else:
            scale, shift = self._running()
        y = self.workspace.array("y", rows.shape, x.dtype, training=training)
        scale_and_shift(rows, scale, shift, y, self.workspace)
        return self._result(y, x.shape)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = gain / std · (g - mean(g) - x̂ mean(g x̂)), g = dL/dy; add dL/dgain = Σ g x̂, dL/dshift = Σ g."""
        rows, g = self.saved, self._rows(gradient, "dL/dy")
        scale, slope, offset = self._add_gradients(channel_moments(g, rows, self.workspace))
        dx = self.workspace.array("dL/dx", g.shape, g.dtype)
        combine(g, rows, scale, slope, offset, dx, self.workspace)
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

    def _rows(self, x: Array, name: str, **key: bool) -> Array:
        """Return (N, F) as (1, F, N), images as (H, C, W·N): numbers of one feature lie side by side."""
        if x.ndim == 2:
            features: Array = self.workspace.array(name, (1, *x.shape[::-1]), x.dtype, **key)
            features[0] = x.T
            return features
        rows = to_hcwn(x, self.workspace, name, **key)
        H, C, W, N = rows.shape
        return rows.reshape(H, C, W * N)

    def _running(self) -> tuple[Array, Array]:
        """Return scale and shift (F,) of y = scale · x + shift in inference."""
        scale = self.gain.value / np.sqrt(self.variance.value + self.epsilon)
        return scale, self.shift.value - self.mean.value * scale

    def _measure(self, rows: Array) -> tuple[Array, Array, Array]:
        """Measure the batch, save it for `backward` and update the running statistics.

        Return the rows, centred where their mean is far from 0, and scale and shift (F,) of y = scale · rows + shift.
        """
        m, mean, square = self._moments(rows)
        if m < 2:
            raise ValueError(f"{self} needs more than one number of each feature in training, the batch has {m:.0f}")
        centre, variance = mean, square - mean**2
        if (mean**2 > MAX_MEAN_TO_VARIANCE * variance).any():
            centred = self.workspace.array("centred", rows.shape, rows.dtype)
            rows = np.subtract(rows, mean.astype(rows.dtype)[:, None], out=centred)
            _, centre, square = self._moments(rows)
            mean, variance = mean + centre, square - centre**2
        inverse = 1 / np.sqrt(np.maximum(variance, 0) + self.epsilon)
        self.mean.value += self.momentum * (mean - self.mean.value)
        self.variance.value += self.momentum * (variance * (m / (m - 1)) - self.variance.value)
        self.saved, self._batch = rows, (centre, inverse, m)
        scale = self.gain.value * inverse
        return rows, scale, self.shift.value - centre * scale

    def _add_gradients(self, sums: npt.NDArray[np.float64]) -> tuple[Array, Array, Array]:
        """Add dL/dgain and dL/dshift, for Σ g and Σ g x of this process; return what dL/dx is made of.

        That is scale, slope and offset (F,) of dL/dx = scale · (g + slope · x + offset).
        """
        assert self._batch is not None
        centre, inverse, m = self._batch

        def gradients(sums: Array) -> tuple[Array, Array]:
            dshift, with_x = sums.reshape(2, -1)
            return dshift, (with_x - centre * dshift) * inverse

        dshift, dgain = gradients(sums)
        self.gain.gradient += dgain
        self.shift.gradient += dshift
        dshift, dgain = gradients(self.all_reduce(sums))  # those of the whole batch
        slope = dgain * inverse / m  # slope · (x - centre) = x̂ mean(g x̂)
        return self.gain.value * inverse, -slope, slope * centre - dshift / m

    def _moments(self, rows: Array) -> tuple[float, Array, Array]:
        """Return how many numbers of each feature the whole batch has, and the means of x and x² (F,)."""
        count = rows.size // self.features
        *sums, m = self.all_reduce(np.append(channel_moments(rows, rows, self.workspace), count))
        mean, square = np.reshape(sums, (2, -1)) / m
        return m, mean, square

    def _result(self, rows: Array, shape: Shape) -> Array:
        """Return rows in this shape: the inverse of `_rows`."""
        if len(shape) == 2:
            matrix: Array = rows[0].T
            return matrix
        N, C, H, W = shape
        return to_nchw(rows.reshape(H, C, W, N))
