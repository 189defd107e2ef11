"""Two networks on one input: the heads of policy and value, or of value and advantage, on a shared trunk."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nn.layer import Layer, Parameter, ShapeError, describe, layer_from
from nn.types import Array, Shape


class Split(Layer):
    """y = (f(x), g(x)) side by side: (N, F + G) from branches that return (N, F) and (N, G).

    Args:
        first: the layer f, often a Sequential, or its description.
        second: the layer g.
    """

    def __init__(self, first: Layer | Mapping[str, Any], second: Layer | Mapping[str, Any]) -> None:
        self.children = tuple(
            layer_from(branch) if isinstance(branch, Mapping) else branch for branch in (first, second)
        )

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = (f(x), g(x))."""
        return np.concatenate([branch.forward(x, training=training) for branch in self.children], axis=-1)

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = df/dxᵀ dL/df + dg/dxᵀ dL/dg."""
        f, g = self.children
        middle = f.output_shape(self.input_shape)[0]
        df, dg = (np.ascontiguousarray(part) for part in np.split(gradient, [middle], axis=-1))
        return f.backward(df) + g.backward(dg)

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
            raise ShapeError(f"needs branches that return vectors, these return {shapes[0]} and {shapes[1]}")
        return (shapes[0][0] + shapes[1][0],)

    def bind(self, input_shape: Shape, flat: Array, gradient: Array) -> None:
        """Give each branch its part of the memory."""
        self.input_shape = input_shape
        middle = self.children[0].size
        for branch, part in zip(self.children, (slice(None, middle), slice(middle, None)), strict=True):
            if branch.input_shape:
                raise ValueError(f"{branch} already belongs to a network: make a new layer for each place")
            branch.bind(input_shape, flat[..., part], gradient[..., part])

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        first, second = map(describe, self.children)
        return {"first": first, "second": second}

    def __repr__(self) -> str:
        """Return it as error messages name it."""
        return f"Split({self.children[0]}, {self.children[1]})"
