"""Two networks on one input: the heads of policy and value, or of value and advantage, on a shared trunk."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nn.initialisers import Shape
from nn.layer import Array, Layer, Parameter, ShapeError, describe, layer_from


class Split(Layer):
    """y = (f(x), g(x)) side by side: (N, F + G) from branches that give (N, F) and (N, G).

    Both gradients meet in x: dL/dx = w_f · df/dxᵀ dL/df + w_g · dg/dxᵀ dL/dg. The weights say how much each branch has
    to say in what the layers before them learn; what the branches themselves learn is not weighed.

    Args:
        first: the layer f, often a Sequential, or its description.
        second: the layer g.
        weights: (w_f, w_g).

    Raises:
        ValueError: weights that are not two.
    """

    def __init__(
        self,
        first: Layer | Mapping[str, Any],
        second: Layer | Mapping[str, Any],
        weights: Iterable[float] = (1.0, 1.0),
    ) -> None:
        self.children = tuple(
            layer_from(branch) if isinstance(branch, Mapping) else branch for branch in (first, second)
        )
        self.weights = tuple(float(weight) for weight in weights)
        if len(self.weights) != 2:
            raise ValueError(f"Split has {len(self.weights)} weights: give two, one for each branch")

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = (f(x), g(x))."""
        return np.concatenate([branch.forward(x, training=training) for branch in self.children], axis=-1)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = Σ_branches weight · dL/dx of the branch."""
        f, g = self.children
        middle = f.output_shape(self.input_shape)[0]
        total: Array = f.backward(np.ascontiguousarray(gradient[..., :middle])) * self.weights[0]
        total += g.backward(np.ascontiguousarray(gradient[..., middle:])) * self.weights[1]
        return total

    def parameters(self) -> dict[str, Parameter]:
        """Return the parameters of both; "0.weight" is the weight of the first branch."""
        return {
            f"{number}.{name}": parameter
            for number, branch in enumerate(self.children)
            for name, parameter in branch.parameters().items()
        }

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (F + G,)."""
        shapes = [branch.output_shape(input_shape) for branch in self.children]
        if any(len(shape) != 1 for shape in shapes):
            raise ShapeError(f"needs branches that give vectors, these give {shapes[0]} and {shapes[1]}")
        return (shapes[0][0] + shapes[1][0],)

    def bind(self, input_shape: Shape, flat: Array, gradient: Array) -> None:
        """Give each branch its part of the memory."""
        self.input_shape = input_shape
        middle = self.children[0].size
        for branch, part in zip(self.children, (slice(None, middle), slice(middle, None)), strict=True):
            if branch.input_shape:
                raise ValueError(f"{branch} already has a place in a network: make a new layer for each place")
            branch.bind(input_shape, flat[..., part], gradient[..., part])

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        first, second = map(describe, self.children)
        return {"first": first, "second": second, "weights": self.weights}

    def __repr__(self) -> str:
        """Return it as error messages name it."""
        return f"Split({self.children[0]}, {self.children[1]})"
