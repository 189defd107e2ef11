"""A network: layers one after another. It is itself a layer, so networks can be parts of larger ones.

The outermost network owns two vectors, `flat` with all parameters and `gradient` with their gradients. A layer's
parameters are views of them, and so is the `flat` of a network inside the network. With a matrix of genomes (M, P) in
place of the vector (P,), the same layers are M networks at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.from_json import call
from nn.kernels import tuning
from nn.layer import Bound, Layer, Parameter, ShapeError, View, describe, layer_from
from nn.types import Array, Shape


class Sequential(Bound, Layer):
    """y = f_L(... f_2(f_1(x))).

    Args:
        layers: the layers in order, or their descriptions as in `config()`.
        input_shape: of one example, without the batch axis; leave out for a network that becomes part of another.
        rng: random generator, or seed, for the initial parameters.
        flat: instead of rng, the memory to use: (P,), or (M, P) for a population. It is not copied.
        dtype: of the initial parameters; float64 is for checking gradients. `flat` has its own.

    Attributes:
        flat: (P,) or (M, P), all parameters, in the order of `parameters()`. Assigning to it writes into its memory.
        gradient: like flat; `backward` adds to it, so set it to 0 before each step.

    Raises:
        ValueError: layers that do not fit together, neither or both of rng and flat, a flat of another shape or type, a
            layer that already belongs to a network.
        TypeError: an item of layers that is no layer.

    A copy (`copy.deepcopy`), a loaded network or one sent to another process has its own memory, a gradient of 0, and
    random numbers from seed 0 until it is reseeded.
    """

    flat = View()
    gradient = View()
    outermost = False  # whether it is not a layer of another network

    def __init__(
        self,
        layers: Iterable[Layer | Mapping[str, Any]],
        input_shape: Iterable[int] = (),
        rng: np.random.Generator | int | None = None,
        flat: Array | None = None,
        dtype: type[np.float32] | type[np.float64] = np.float32,
    ) -> None:
        self.layers = self.children = tuple(
            layer_from(layer) if isinstance(layer, Mapping) else layer for layer in layers
        )
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"{layer!r} is no layer: write for example ReLU(), with parentheses")
        shape = tuple(index(length) for length in input_shape)
        if not shape and rng is None and flat is None:
            return  # part of another network, which will bind it
        if not shape or (rng is None) == (flat is None):
            raise ValueError("a network needs an input_shape and either rng, which draws its parameters, or their flat")

        self.output_shape(shape)
        memory = np.empty(self.size, dtype) if flat is None else flat
        if memory.dtype not in (np.float32, np.float64) or memory.ndim not in (1, 2) or memory.shape[-1] != self.size:
            raise ValueError(
                f"flat is {memory.dtype} {memory.shape}, this network takes float32 or float64 "
                f"({self.size},), or (M, {self.size}) for M networks"
            )
        # Not zeros_like: memory from np.zeros costs nothing until a backward pass writes to it.
        self.bind(shape, memory, np.zeros(memory.shape, memory.dtype))
        if rng is not None:
            rng = np.random.default_rng(rng)
            for parameter in self.parameters().values():
                parameter.draw(rng)
        self.reseed(np.random.default_rng(0) if rng is None else rng)
        self.outermost = True

    def forward(self, x: npt.ArrayLike, *, training: bool = False) -> Array:
        """Return y for x: (N, *input_shape) -> (N, *output_shape); in a population with a leading M on both.

        x is converted to the network's dtype. The same batch for every member: `np.broadcast_to(x, (M, *x.shape))`.
        Between a pass with training=True and `backward`, x must not be changed. A network serves one thread at a time,
        since its layers reuse their arrays: another thread needs a copy, or `Replicas`.

        Raises:
            ValueError: x of another shape.
        """
        flat = self.flat
        y = converted = np.asarray(x, flat.dtype)
        axes = flat.ndim  # before the example's: N in one network, M and N in a population
        if y.shape[axes:] != self.input_shape or (axes == 2 and y.shape[:1] != flat.shape[:1]):
            takes = ", ".join(map(str, (*flat.shape[:-1], "N", *self.input_shape)))
            raise ValueError(f"the input is {y.shape}, this network takes ({takes})")
        if (
            len(y) > tuning.INFERENCE_IMAGES
            and not training
            and self.outermost
            and axes == 1
            and len(self.input_shape) == 3
        ):
            few = tuning.INFERENCE_IMAGES
            return np.concatenate([self.forward(y[start : start + few]) for start in range(0, len(y), few)])
        for layer in self.layers:
            y = layer.forward(y, training=training)
        if training:
            self.saved = y
        # A layer may return a view of its scratch memory, which the next call overwrites, or an array that it saved.
        return y.copy() if self.outermost and (training or y.base is not None or y is converted) else y

    def backward(self, gradient: npt.ArrayLike) -> Array:
        """Return dL/dx for dL/dy, last layer first (the chain rule), and add to `self.gradient`.

        Raises:
            ValueError: a gradient of another shape than y.
            RuntimeError: no `forward(x, training=True)` came before.
        """
        g = self._checked(gradient)
        for layer in reversed(self.layers):
            g = layer.backward(g)
        return g.copy() if self.outermost else g

    def accumulate_gradients(self, gradient: npt.ArrayLike) -> None:
        """Add to `self.gradient` as `backward` does, without computing dL/dx, which training does not need.

        Raises:
            ValueError, RuntimeError: as `backward`.
        """
        g = self._checked(gradient)
        first = next((layer for layer in self.layers if layer.size), None)
        for layer in reversed(self.layers):
            if layer is first:
                layer.accumulate_gradients(g)
                return
            g = layer.backward(g)

    def _checked(self, gradient: npt.ArrayLike) -> Array:
        g = np.asarray(gradient, self.flat.dtype)
        if g.shape != self.saved.shape:
            raise ValueError(f"the gradient is {g.shape}, the output it belongs to {self.saved.shape}")
        return g

    def population(self, genomes: Array) -> "Sequential":
        """Return M networks of this architecture as one network, whose forward maps (M, B, ...) to (M, B, ...).

        Args:
            genomes: (M, P), one flat vector a row, of this network's dtype. Not copied: later changes take effect.

        Raises:
            ValueError: genomes of another shape or dtype, a layer that does not support populations.
        """
        for _, layer in self.walk():
            if not layer.supports_population:
                raise ValueError(
                    f"{layer} has no form for a population: use Flatten and Dense, or one network at a time"
                )
        if genomes.ndim != 2 or genomes.shape[1] != self.size or genomes.dtype != self.flat.dtype:
            raise ValueError(
                f"genomes are {genomes.dtype} {genomes.shape}, this network takes {self.flat.dtype} (M, {self.size})"
            )
        return Sequential(**self.config(), input_shape=self.input_shape, flat=genomes)

    def parameters(self) -> dict[str, Parameter]:
        """Return all parameters; "2.weight" is the weight of layer 2, "1.0.bias" the bias of layer 0 of layer 1."""
        return {
            f"{number}.{name}": parameter
            for number, layer in enumerate(self.layers)
            for name, parameter in layer.parameters().items()
        }

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape after the last layer.

        Raises:
            ValueError: a layer that cannot follow the one before it; the message names both, and what would fit.
        """
        shape, where = input_shape, f"on an input of {input_shape}"
        for layer in self.layers:
            try:
                output = layer.output_shape(shape)
            except ShapeError as error:
                raise ValueError(f"{layer} {where} {error}") from None
            shape, where = output, f"after {repr(layer).removesuffix('()')} of {shape}"
        return shape

    def config(self) -> dict[str, Any]:
        """Return the descriptions of the layers, as `Sequential(**config)` takes them."""
        return {"layers": [describe(layer) for layer in self.layers]}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Sequential":
        """Return a network without memory from what `config` returned, see `Layer.from_config`."""
        return cls(call(_layers, config, "Sequential"))

    def bind(self, input_shape: Shape, flat: Array, gradient: Array) -> None:
        """Take the memory of all parameters, (P,) or (M, P), and give each layer its part."""
        self.input_shape = input_shape
        vars(self).update(flat=flat, gradient=gradient)
        start = 0
        for layer in self.layers:
            if layer.input_shape:
                raise ValueError(f"{layer} already belongs to a network: make a new layer for each place")
            stop = start + layer.size
            layer.bind(input_shape, flat[..., start:stop], gradient[..., start:stop])
            start, input_shape = stop, layer.output_shape(input_shape)

    def walk(self) -> Iterator[tuple[str, Layer]]:
        """Yield the layers by number, those inside of others in place of these: "0", "1.0", "1.1", "2"."""
        yield from _walk(self, "")

    def summary(self) -> None:
        """Print each layer's number, output shape and number of parameters."""
        rows = [("", "input", self.input_shape, "")]
        rows += [(number, f"{x}", x.output_shape(x.input_shape), f"{x.size:,}") for number, x in self.walk()]
        rows += [("", "total", self.output_shape(self.input_shape), f"{self.flat.shape[-1]:,}")]
        width = 2 + max(30, *(len(name) for _, name, _, _ in rows))
        for number, name, shape, count in rows:
            print(f"{number:6}{name:{width}}{shape!s:16}{count:>12}")

    def __repr__(self) -> str:
        """Return the call that makes such a network."""
        return f"Sequential({', '.join(map(repr, self.layers))})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle as description and vector: pickled views would become independent arrays."""
        return Sequential, (self.config()["layers"], self.input_shape, None, vars(self).get("flat"))


def _layers(layers: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The part of the constructor's arguments that describes a network; the others are its memory."""
    return layers


def _walk(layer: Layer, prefix: str) -> Iterator[tuple[str, Layer]]:
    for number, child in enumerate(layer.children):
        if child.children:
            yield from _walk(child, f"{prefix}{number}.")
        else:
            yield f"{prefix}{number}", child
