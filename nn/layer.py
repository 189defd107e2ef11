"""The base of all layers, `Layer`, and their learned arrays, `Parameter`.

A layer only declares which parameters it needs. Memory comes from the network that holds it, one vector for all layers:

    network.flat   | 0.weight ............ | 0.bias | 2.weight ...... | 2.bias |     (P,)
    parameter.value  ^ a view, (inputs, outputs)

So an optimiser, a genome and a checkpoint see one vector, a layer sees its own arrays, and both are the same numbers.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from inspect import isabstract
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nn.from_json import call
from nn.initialisers import INITIALISERS
from nn.kernels.workspace import Workspace
from nn.types import Array, Shape

LAYERS: dict[str, type["Layer"]] = {}  # every layer class by its name; `Layer.__init_subclass__` fills it


class ShapeError(ValueError):
    """What a layer needs, as a phrase that starts with the verb; the network adds which layer, and where."""


class View:
    """An attribute of a `Bound` object: an array in memory that the object shares, given once, by `bind`."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Store the attribute's name."""
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> Array:
        """Raise: Python calls this only where there is no array yet, since an object's own attributes go first."""
        raise AttributeError(
            f"this {type(instance).__name__} has no {self.name} yet: a layer gets its memory "
            "from the Sequential that holds it, and the outermost one needs an input_shape"
        )

    if TYPE_CHECKING:  # with a real __set__ Python would call __get__ each time, which is slow

        def __set__(self, instance: object, values: npt.ArrayLike) -> None:
            """Write values into the array."""


class Bound:
    """An object with arrays in shared memory: assigning to such an attribute writes into its memory.

    So `network.flat = genome` and `parameter.value *= 0.1` change the numbers that all views share.
    """

    views: frozenset[str] = frozenset()  # their names

    def __init_subclass__(cls) -> None:
        """Find the names."""
        super().__init_subclass__()
        cls.views |= {name for name, value in vars(cls).items() if isinstance(value, View)}

    def __setattr__(self, name: str, values: Any) -> None:  # noqa: ANN401  as Python has it
        """Write into the memory of this name, if it is a view."""
        if name not in self.views:
            super().__setattr__(name, values)
            return
        array = getattr(self, name)
        if values is not array:  # it is the same one after `network.flat -= step`, which has already written
            array[...] = values


class Parameter(Bound):
    """A learned array: its shape, its initialiser, and, once bound, value and gradient.

    Args:
        shape: of the array, in one network.
        initialiser: a name in `nn.initialisers.INITIALISERS`.
        fan_in: how many inputs each output sums over.
        fan_out: how many outputs each input contributes to.
        trainable: False for numbers that a layer measures itself, such as running means. They lie with the others, so
            that saving, copying and averaging a network includes them, and their gradient stays 0.
        minimum: the least value that a file may hold.

    `value` and `gradient` have `shape` in one network and (M, *shape) in a population of M.

    Raises:
        ValueError: there is no initialiser of this name.
    """

    value = View()
    gradient = View()

    def __init__(
        self,
        shape: Shape,
        initialiser: str,
        fan_in: int = 1,
        fan_out: int = 1,
        *,
        trainable: bool = True,
        minimum: float = -math.inf,
    ) -> None:
        if initialiser not in INITIALISERS:
            raise ValueError(f"there is no initialiser {initialiser!r}: choose one of {', '.join(INITIALISERS)}")
        self.shape = shape
        self.size = math.prod(shape)
        self.initialiser = initialiser
        self.fan_in = fan_in
        self.fan_out = fan_out
        self.trainable = trainable
        self.minimum = minimum

    def bind(self, flat: Array, gradient: Array) -> None:
        """Make value and gradient views of flat and gradient, both (size,) or (M, size)."""
        shape = flat.shape[:-1] + self.shape
        # Splitting the last axis never copies, whatever the strides of the others.
        self.bind_views(flat.reshape(shape), gradient.reshape(shape))

    def bind_views(self, value: Array, gradient: Array) -> None:
        """Take these arrays as memory, without a copy."""
        vars(self).update(value=value, gradient=gradient)

    def draw(self, rng: np.random.Generator) -> None:
        """Draw the initial values: in float64 whatever the network's dtype, so that both dtypes start alike."""
        self.value = INITIALISERS[self.initialiser](self.shape, self.fan_in, self.fan_out, rng)


class Layer(ABC):
    """A function y = f(x) with its derivative; the base of all layers and of `Sequential`.

    A subclass defines `forward` and `backward`, and those of `parameters`, `output_shape` and `config` that differ from
    an element-wise function's. When a network is loaded, a layer is found by the name of its class.

    Batches come first: x is (N, *input_shape), or (M, B, *input_shape) in a population. A layer that indexes its axes
    from the last one therefore handles both with the same formula.
    """

    input_shape: Shape = ()  # of one example; () until the layer belongs to a network
    children: tuple["Layer", ...] = ()  # the layers inside this one
    supports_population = True  # whether the layer works in a population
    _saved: Array | None = None

    def __init_subclass__(cls) -> None:
        """Register the class, so that `load` finds it; two modules cannot have layers of the same name."""
        super().__init_subclass__()
        known = LAYERS.setdefault(cls.__name__, cls)
        if known.__module__ != cls.__module__:
            raise TypeError(f"there is a layer {cls.__name__} already, in {known.__module__}: rename the new one")
        LAYERS[cls.__name__] = cls  # a newer definition in the same module, as in a notebook, replaces the older

    @abstractmethod
    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = f(x). With training=True save what `backward` needs, with training=False save nothing."""

    @abstractmethod
    def backward(self, gradient: Array) -> Array:
        """Return dL/dx for dL/dy, at the x of the last training pass; add dL/dparameter to each parameter's gradient.

        Raises:
            RuntimeError: no `forward(x, training=True)` came before.
        """

    def parameters(self) -> dict[str, Parameter]:
        """Return the parameters by name, in the order in which they lie in the flat vector.

        The name "weight" is for what multiplies x: only that is subject to the weight decay of `AdamW`.
        """
        return {}

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of y without the batch axis, or raise `ShapeError` where x cannot have `input_shape`."""
        return input_shape

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-serialisable: `type(layer)(**layer.config())` is the same layer."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Layer":
        """Return a new layer, without memory, from what `config` returned.

        Raises:
            ValueError: an argument is missing, unknown, of another type than the constructor declares, or refused.
        """
        return call(cls, config, cls.__name__)

    def accumulate_gradients(self, gradient: Array) -> None:
        """Add dL/dparameter to each parameter's gradient, as `backward` does, where dL/dx is not needed."""
        self.backward(gradient)

    def reseed(self, rng: np.random.Generator) -> None:
        """Seed the layer's own random generator, if it has one, from rng."""
        for layer in self.children:
            layer.reseed(rng)

    @cached_property
    def workspace(self) -> Workspace:
        """The layer's scratch arrays."""
        return Workspace()

    @property
    def size(self) -> int:
        """The number of parameters, counted in single numbers."""
        return sum(parameter.size for parameter in self.parameters().values())

    @property
    def saved(self) -> Array:
        """The array that the last `forward(x, training=True)` saved for `backward`."""
        if self._saved is None:
            raise RuntimeError(f"{self}.backward needs a forward(x, training=True) before it")
        return self._saved

    @saved.setter
    def saved(self, array: Array) -> None:
        self._saved = array

    def bind(self, input_shape: Shape, flat: Array, gradient: Array) -> None:
        """Become part of a network: take the shape of one input, and (size,) or (M, size) of the network's memory."""
        self.input_shape = input_shape
        start = 0
        for parameter in self.parameters().values():
            stop = start + parameter.size
            parameter.bind(flat[..., start:stop], gradient[..., start:stop])
            start = stop

    def __repr__(self) -> str:
        """Return the call that makes such a layer."""
        return f"{type(self).__name__}({', '.join(map(repr, self.config().values()))})"


def describe(layer: Layer) -> dict[str, Any]:
    """Return a JSON-serialisable description of a layer: the name of its class as "type", and its config."""
    return {"type": type(layer).__name__, **layer.config()}


def layer_from(description: Mapping[str, Any]) -> Layer:
    """Return a new layer, without memory, from what `describe` returned.

    Raises:
        ValueError: there is no layer class of this name, or see `Layer.from_config`.
    """
    arguments = dict(description)
    name = arguments.pop("type", None)
    if not isinstance(name, str) or name not in LAYERS:
        raise ValueError(f"there is no layer {name!r}, only {', '.join(LAYERS)}: import your own layers before loading")
    if isabstract(LAYERS[name]):
        raise ValueError(f"{name} is no layer by itself, only the base of others")
    return LAYERS[name].from_config(arguments)
