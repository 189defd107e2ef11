"""Fully connected layer."""

from operator import index
from typing import Any

from nn.kernels.matmul import affine, matmul
from nn.kernels.reductions import column_sums
from nn.layer import Layer, Parameter, ShapeError
from nn.types import Array, Shape


class Dense(Layer):
    """y = x W + b, with x (N, inputs), W (inputs, outputs), b (outputs,), y (N, outputs).

    In a population x is (M, B, inputs), W (M, inputs, outputs) and b (M, outputs), and the same line is M products.

    Args:
        inputs: length of an input vector, at least 1.
        outputs: length of an output vector, at least 1.
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
        elif len(x) == 1 and x.ndim == 2:  # no kernel is faster for a single example
            y: Array = x.dot(weight)
            y += self.row
            return y
        if x.ndim == 3:  # a population
            return x @ weight + self.row
        return affine(x, weight, self.row, self.workspace if training else None)

    def accumulate_gradients(self, gradient: Array) -> None:
        """Add dL/dW = xᵀ dL/dy and dL/db = Σ_N dL/dy."""
        x = self.saved
        if x.ndim == 3:
            self.bias.gradient += gradient.sum(axis=1)
            self.weight.gradient += x.swapaxes(1, 2) @ gradient
            return
        self.bias.gradient += column_sums(gradient)
        product = self.workspace.array("dL/dW", self.weight.shape, x.dtype)
        matmul(x.T, gradient, product, total=self.weight.gradient)  # (inputs, N) @ (N, outputs)

    def backward(self, gradient: Array) -> Array:
        """Call `accumulate_gradients`; return dL/dx = dL/dy Wᵀ."""
        self.accumulate_gradients(gradient)
        x, weight = self.saved, self.weight.value
        if x.ndim == 3:
            return gradient @ weight.swapaxes(1, 2)
        dx: Array = self.workspace.array("dL/dx", x.shape, x.dtype)
        if not x.flags.c_contiguous:  # the batch lies innermost, as `Flatten` leaves it: so does the gradient
            dx = dx.reshape(x.shape[::-1]).T
        matmul(gradient, weight.T, dx)  # (N, outputs) @ (outputs, inputs)
        return dx

    def parameters(self) -> dict[str, Parameter]:
        """Return "weight" (inputs, outputs) and "bias" (outputs,)."""
        return {"weight": self.weight, "bias": self.bias}

    def bind(self, input_shape: Shape, flat: Array, gradient: Array) -> None:
        """See `Layer.bind`; keep b also as a row, (1, outputs) or (M, 1, outputs), to be added to a batch."""
        super().bind(input_shape, flat, gradient)
        self.row = self.bias.value[..., None, :]

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
