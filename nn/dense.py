"""The fully connected layer: every output is a weighted sum of every input."""

from operator import index
from typing import Any

from nn.initialisers import Shape
from nn.layer import Array, Layer, Parameter, ShapeError


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
        if training:
            self.kept = x
        # bias: (outputs,) -> (1, outputs), or (M, outputs) -> (M, 1, outputs): the same for each row of a batch
        y = x @ self.weight.value
        y += self.bias.value[..., None, :]
        return y

    def backward(self, gradient: Array) -> Array:
        """Add dL/dW = xᵀ dL/dy and dL/db = Σ_N dL/dy; return dL/dx = dL/dy Wᵀ."""
        self.weight.gradient += self.kept.swapaxes(-1, -2) @ gradient  # (inputs, N) @ (N, outputs)
        self.bias.gradient += gradient.sum(axis=-2)  # (N, outputs) -> (outputs,)
        return gradient @ self.weight.value.swapaxes(-1, -2)  # (N, outputs) @ (outputs, inputs)

    def parameters(self) -> dict[str, Parameter]:
        """Return "weight" (inputs, outputs) and "bias" (outputs,)."""
        return {"weight": self.weight, "bias": self.bias}

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
