"""What networks are made of: `Parameter`, an array that is learned, and `Layer`, a function with a derivative.

A layer only says which parameters it needs. Memory comes from the network that holds it, in one piece for all layers:

    network.flat   | 0.weight ............ | 0.bias | 2.weight ...... | 2.bias |     (P,)
    parameter.value  ^ a view, (inputs, outputs)

So an optimiser, a genome and a checkpoint see one vector, a layer sees its own arrays, and both are the same numbers.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nn.initialisers import INITIALISERS, Shape

Array: TypeAlias = npt.NDArray[np.floating[Any]]

LAYERS: dict[str, type["Layer"]] = {}  # every layer class by its name; `Layer.__init_subclass__` fills it


class ShapeError(ValueError):
    """Says what a layer needs, starting with the verb; the network that catches it adds which layer, and where."""


class Memory:
    """An attribute of a `Bound` object, an array, whose memory is given once, by `bind`."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the attribute's name."""
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> Array:
        """Say how to get memory. Python asks here only where there is none yet: an object's own attributes go first."""
        raise AttributeError(
            f"this {type(instance).__name__} has no {self.name} yet: a layer gets its memory "
            "from the Sequential that holds it, and the outermost one needs an input_shape"
        )

    if TYPE_CHECKING:  # with a real __set__ Python would ask __get__ each time, which is slow

        def __set__(self, instance: object, values: npt.ArrayLike) -> None:
            """Write values into the array."""


class Bound:
    """What has arrays in memory that others share: assigning to one of them writes into its memory.

    So `network.flat = genome` and `parameter.value *= 0.1` change the numbers that all views share, and cut no tie.
    """

    memories: frozenset[str] = frozenset()  # their names

    def __init_subclass__(cls) -> None:
        """Find the names."""
        super().__init_subclass__()
        cls.memories |= {name for name, value in vars(cls).items() if isinstance(value, Memory)}

    def __setattr__(self, name: str, values: Any) -> None:  # noqa: ANN401  as Python has it
        """Write into the memory of this name, if it is one."""
        if name not in self.memories:
            super().__setattr__(name, values)
            return
        array = getattr(self, name)
        if values is not array:  # it is the same one after `network.flat -= step`, which has already written
            array[...] = values


class Parameter(Bound):
    """One array that is learned: its shape, how its first values are drawn, and, once bound, value and gradient.

    Args:
        shape: of the array, in one network.
        initialiser: a name in `nn.initialisers.INITIALISERS`.
        fan_in: how many inputs each output sums over.
        fan_out: how many outputs each input goes to.
        trainable: False for numbers that a layer measures itself, such as running means. They lie with the others, so
            that saving, copying and averaging a network covers them, and their gradient stays 0.

    `value` and `gradient` have `shape` in one network and (M, *shape) in a population of M.

    Raises:
        ValueError: there is no initialiser of this name.
    """

    value = Memory()
    gradient = Memory()

    def __init__(
        self, shape: Shape, initialiser: str, fan_in: int = 1, fan_out: int = 1, *, trainable: bool = True
    ) -> None:
        if initialiser not in INITIALISERS:
            raise ValueError(f"there is no initialiser {initialiser!r}: choose one of {', '.join(INITIALISERS)}")
        self.shape = shape
        self.size = math.prod(shape)
        self.initialiser = initialiser
        self.fan_in = fan_in
        self.fan_out = fan_out
        self.trainable = trainable

    def bind(self, flat: Array, gradient: Array) -> None:
        """Make value and gradient views of flat and gradient, both (size,) or (M, size)."""
        shape = flat.shape[:-1] + self.shape
        # Splitting the last axis never copies, whatever the strides of the others.
        self.bind_views(flat.reshape(shape), gradient.reshape(shape))

    def bind_views(self, value: Array, gradient: Array) -> None:
        """Take these arrays as memory, without a copy."""
        vars(self).update(value=value, gradient=gradient)

    def draw(self, rng: np.random.Generator) -> None:
        """Draw the first values, in float64 whatever the network's dtype, so that both start alike."""
        self.value = INITIALISERS[self.initialiser](self.shape, self.fan_in, self.fan_out, rng)


class Layer(ABC):
    """A function y = f(x) with its derivative; the base of all layers and of `Sequential`.

    A subclass writes `forward` and `backward`, and whichever of `parameters`, `output_shape` and `config` differ from
    those of a function that works element by element. It is found by the name of its class when a network is loaded.

    Batches come first: x is (N, *input_shape), or (M, B, *input_shape) in a population. A layer that treats its axes
    from the last one forwards therefore serves both with the same formula.
    """

    input_shape: Shape = ()  # of one example; () until the layer has its place in a network
    children: tuple["Layer", ...] = ()  # the layers that this one is made of
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
        """Return y = f(x). With training=True keep what `backward` needs, with training=False keep nothing."""

    @abstractmethod
    def backward(self, gradient: Array) -> Array:
        """Turn dL/dy into dL/dx, at the x of the last training pass; add dL/dparameter to each parameter's gradient.

        Raises:
            RuntimeError: no `forward(x, training=True)` came before.
        """

    def parameters(self) -> dict[str, Parameter]:
        """Return the parameters by name, in the order in which they lie in the flat vector.

        The name "weight" is for what multiplies x: `AdamW` shrinks that alone.
        """
        return {}

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of y without the batch axis, or raise `ShapeError` where x cannot have `input_shape`."""
        return input_shape

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, as JSON can hold them: `type(layer)(**layer.config())` is a twin."""
        return {}

    def accumulate_gradients(self, gradient: Array) -> None:
        """Add dL/dparameter to each parameter's gradient, as `backward` does, where nobody asks for dL/dx."""
        self.backward(gradient)

    def reseed(self, rng: np.random.Generator) -> None:
        """Draw chance, where a layer has any, from a generator that rng starts."""
        for layer in self.children:
            layer.reseed(rng)

    def buffer(self, name: str, shape: Shape, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Return memory of the layer's own, the same with each call while shape and dtype stay; 0 when it is new.

        Fresh memory costs more than the arithmetic that fills it. So what a layer returns may live in a buffer, until
        the next call of the same method; the outermost `Sequential` copies what it gives to its caller.
        """
        buffers: dict[str, npt.NDArray[Any]] = vars(self).setdefault("_buffers", {})
        found = buffers.get(name)
        if found is None or found.shape != shape or found.dtype != dtype:
            size = math.prod(shape) * dtype.itemsize
            memory = np.zeros(size + 64, np.uint8)
            start = -memory.ctypes.data % 64  # where a cache line begins: vector instructions then never straddle two
            found = buffers[name] = memory[start : start + size].view(dtype).reshape(shape)
        return found

    @property
    def size(self) -> int:
        """How many numbers the layer learns."""
        return sum(parameter.size for parameter in self.parameters().values())

    @property
    def saved(self) -> Array:
        """The array that the last `forward(x, training=True)` kept for `backward`."""
        if self._saved is None:
            raise RuntimeError(f"{self}.backward needs a forward(x, training=True) before it")
        return self._saved

    @saved.setter
    def saved(self, array: Array) -> None:
        self._saved = array

    def bind(self, input_shape: Shape, flat: Array, gradient: Array) -> None:
        """Take a place in a network: the shape of one input, and (size,) or (M, size) of its memory."""
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
    """Return what JSON can hold of a layer: its class's name as "type", and its config."""
    return {"type": type(layer).__name__, **layer.config()}


def layer_from(description: Mapping[str, Any]) -> Layer:
    """Return a new layer, without memory, from what `describe` returned.

    Raises:
        ValueError: there is no layer class of this name.
    """
    arguments = dict(description)
    name = arguments.pop("type")
    if name not in LAYERS:
        raise ValueError(f"there is no layer {name!r}, only {', '.join(LAYERS)}: import your own layers before loading")
    return LAYERS[name](**arguments)
