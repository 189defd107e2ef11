"""The fully connected layer: every output is a weighted sum of every input."""

from functools import lru_cache
from operator import index
from typing import Any

import numpy as np

from nn.initialisers import Shape
from nn.kernels.matmul import multiply
from nn.kernels.pieces import SMALL
from nn.kernels.reductions import column_sums
from nn.layer import Array, Layer, Parameter, ShapeError

FEW = 4096  # numbers up to which a bias is worth having once for each vector, see `_copies`


class Dense(Layer):
    """y = x W + b, with x (N, inputs), W (inputs, outputs), b (outputs,), y (N, outputs).

    In a population x is (M, B, inputs), W (M, inputs, outputs) and b (M, outputs), and the same line is M products.

    Args:
        inputs: length of one input vector, at least 1.
        outputs: length of one output vector, at least 1.
        initialiser: of W, a name in `nn.initialisers.INITIALISERS`; "he" suits a ReLU that follows. b starts at 0.

    Raises:
        ValueError: a length below 1, or an unknown initialiser.
    """

    def __init__(self, inputs: int, outputs: int, initialiser: str = "glorot") -> None:
        self.inputs, self.outputs = index(inputs), index(outputs)
        if min(self.inputs, self.outputs) < 1:
            raise ValueError(f"{self} needs at least 1 input and 1 output")
        self.weight = Parameter((self.inputs, self.outputs), initialiser, fan_in=self.inputs, fan_out=self.outputs)
        self.bias = Parameter((self.outputs,), "zeros")

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = x W + b."""
        weight = self.weight.value
        if training:
            self.saved = x
        elif len(x) <= self.small:  # the same line, by the way that is fastest for a few short vectors
            y: Array = x.dot(weight)  # for two matrices the same as @, with less ado
            y += _copies(self.row.tobytes(), self.row.dtype, len(x)) if 1 < len(x) <= self.few else self.row
            return y
        if x.ndim == 3:  # a population
            return x @ weight + self.row
        shape = (len(x), self.outputs)
        y = self.buffer("y", shape, x.dtype) if training else np.empty(shape, x.dtype)
        multiply(x, weight, y, layer=self if training else None)
        y += self.row
        return y

    def accumulate_gradients(self, gradient: Array) -> None:
        """Add dL/dW = xᵀ dL/dy and dL/db = Σ_N dL/dy."""
        x = self.saved
        if x.ndim == 3:
            self.bias.gradient += gradient.sum(axis=1)
            self.weight.gradient += x.swapaxes(1, 2) @ gradient
            return
        self.bias.gradient += column_sums(gradient)
        product = self.buffer("dL/dW", self.weight.shape, x.dtype)
        multiply(x.T, gradient, product, total=self.weight.gradient)  # (inputs, N) @ (N, outputs)

    def backward(self, gradient: Array) -> Array:
        """Call `accumulate_gradients`; return dL/dx = dL/dy Wᵀ."""
        self.accumulate_gradients(gradient)
        x, weight = self.saved, self.weight.value
        if x.ndim == 3:
            return gradient @ weight.swapaxes(1, 2)
        dx = self.buffer("dL/dx", x.shape, x.dtype)
        if not x.flags.c_contiguous:  # features lie side by side, as `Flatten` leaves them: so does their gradient
            dx = dx.reshape(x.shape[::-1]).T
        multiply(gradient, weight.T, dx)  # (N, outputs) @ (outputs, inputs)
        return dx

    def parameters(self) -> dict[str, Parameter]:
        """Return "weight" (inputs, outputs) and "bias" (outputs,)."""
        return {"weight": self.weight, "bias": self.bias}

    def bind(self, input_shape: Shape, flat: Array, gradient: Array) -> None:
        """See `Layer.bind`; keep b as a row too, (1, outputs) or (M, 1, outputs), to be added to a batch.

        And up to how many vectors x W is a small product, and b worth copying; in a population neither is asked.
        """
        super().bind(input_shape, flat, gradient)
        self.row = self.bias.value[..., None, :]
        self.small = SMALL // self.weight.size if flat.ndim == 1 else -1
        self.few = FEW // self.outputs

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (outputs,) for (inputs,)."""
        if len(input_shape) != 1:
            raise ShapeError("needs a vector: put Flatten() before it")
        if input_shape != (self.inputs,):
            raise ShapeError(f"needs {input_shape[0]} inputs")
        return (self.outputs,)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"inputs": self.inputs, "outputs": self.outputs, "initialiser": self.weight.initialiser}

    def __repr__(self) -> str:
        """Return it as error messages name it."""
        return f"Dense({self.inputs}, {self.outputs})"


@lru_cache(maxsize=16)
def _copies(bits: bytes, dtype: np.dtype[Any], N: int) -> Array:
    """Return (N, outputs), a vector N times: NumPy adds the numbers of a row quickly, and takes long between rows."""
    return np.frombuffer(bits, dtype)[None].repeat(N, axis=0)
