"""How a network moves: each optimiser turns `network.gradient` into a change of `network.flat`.

All parameters lie in one vector, so a step is a few operations on whole vectors. They are made in blocks that stay in
the processor's cache, which is several times as fast as one long vector after the other. Formulas and defaults are
those of `torch.optim`; g is the gradient, θ the parameters, η the learning rate.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from nn import threads
from nn.layer import Array
from nn.sequential import Sequential

BLOCK = 1 << 14  # numbers; some five vectors of them fit into 512 KB of cache


class Optimiser(ABC):
    """Moves the parameters of one network.

    Args:
        network: whose `flat` is changed, in place.
        learning_rate: η, above 0; assign to it to change it.

    Raises:
        ValueError: a number out of its range.
    """

    def __init__(self, network: Sequential, learning_rate: float) -> None:
        _check("learning_rate", learning_rate, 0, np.inf)
        self.network = network
        self.learning_rate = float(learning_rate)
        self.steps = 0
        self.memory: dict[str, Array] = {}

    def step(self) -> None:
        """Change the parameters by one step along the gradient in `network.gradient`."""
        self.steps += 1
        flat, gradient = self.network.flat, self.network.gradient
        scratch = np.empty_like(flat[: BLOCK * threads.count()])

        def update(blocks: slice) -> None:
            own = scratch[(blocks.start * threads.count() // count) * BLOCK :][:BLOCK]
            for block in range(blocks.start, blocks.stop):
                part = slice(block * BLOCK, (block + 1) * BLOCK)
                memory = [vector[part] for vector in self.memory.values()]
                self._update(flat[part], gradient[part], own[: len(flat[part])], *memory)

        count = -(-len(flat) // BLOCK)
        threads.split(update, count, 64 * len(flat))

    @abstractmethod
    def _update(self, flat: Array, g: Array, scratch: Array, /, *memory: Array) -> None:
        """Change a block of the parameters and of each vector in `memory`; scratch is free to use."""

    def state(self) -> dict[str, Array]:
        """Return copies of all that `restore` needs to go on."""
        return {name: vector.copy() for name, vector in self.memory.items()} | {"steps": np.array(float(self.steps))}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from what `state` returned.

        Raises:
            ValueError: the state of another optimiser or network.
        """
        expected = {name: vector.shape for name, vector in self.memory.items()} | {"steps": ()}
        found = {name: vector.shape for name, vector in state.items()}
        if found != expected:
            raise ValueError(f"the state has {found}, {type(self).__name__} of this network needs {expected}")
        for name, vector in self.memory.items():
            vector[...] = state[name]
        self.steps = int(state["steps"])

    def _remember(self, *names: str) -> None:
        self.memory = {name: np.zeros_like(self.network.flat) for name in names}


class SGD(Optimiser):
    """θ -= η v, v = momentum · v + g; Nesterov: θ -= η (g + momentum · v).

    Args:
        network: see `Optimiser`.
        learning_rate: see `Optimiser`.
        momentum: from 0 to below 1.
        nesterov: look ahead along the momentum.

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", in the form of
    `torch.optim.SGD`, where η is outside of v.
    """

    def __init__(
        self, network: Sequential, learning_rate: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(network, learning_rate)
        _check("momentum", momentum, 0, 1)
        if nesterov and not momentum:
            raise ValueError("nesterov looks ahead along the momentum, which is 0; give a momentum, such as 0.9")
        self.momentum, self.nesterov = float(momentum), nesterov
        if momentum:
            self._remember("velocity")

    def _update(self, flat: Array, g: Array, scratch: Array, /, *memory: Array) -> None:
        if not memory:
            np.multiply(g, self.learning_rate, out=scratch)
        else:
            (v,) = memory
            v *= self.momentum
            v += g
            if self.nesterov:
                np.multiply(v, self.momentum, out=scratch)
                scratch += g
                scratch *= self.learning_rate
            else:
                np.multiply(v, self.learning_rate, out=scratch)
        flat -= scratch


class RMSProp(Optimiser):
    """θ -= η g / (sqrt(s) + epsilon), s = decay · s + (1 - decay) g².

    Args:
        network: see `Optimiser`.
        learning_rate: see `Optimiser`.
        decay: from 0 to below 1.
        epsilon: above 0.

    Source: Tieleman and Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning".
    """

    def __init__(
        self, network: Sequential, learning_rate: float = 1e-2, decay: float = 0.99, epsilon: float = 1e-8
    ) -> None:
        super().__init__(network, learning_rate)
        _check("decay", decay, 0, 1)
        _check("epsilon", epsilon, 0, np.inf)
        self.decay, self.epsilon = float(decay), float(epsilon)
        self._remember("square")

    def _update(self, flat: Array, g: Array, scratch: Array, /, *memory: Array) -> None:
        (s,) = memory
        np.multiply(g, g, out=scratch)
        scratch *= 1 - self.decay
        s *= self.decay
        s += scratch
        np.sqrt(s, out=scratch)
        scratch += self.epsilon
        np.divide(g, scratch, out=scratch)
        scratch *= self.learning_rate
        flat -= scratch


class Adam(Optimiser):
    """θ -= η m̂ / (sqrt(v̂) + epsilon), m̂ = m / (1 - b₁ᵗ), v̂ = v / (1 - b₂ᵗ).

    m = b₁ m + (1 - b₁) g and v = b₂ v + (1 - b₂) g² are running means, and step t divides out that they began at 0.
    What is kept is m / (1 - b₁) and v / (1 - b₂), which saves two multiplications of vectors a step.

    Args:
        network: see `Optimiser`.
        learning_rate: see `Optimiser`.
        betas: b₁ and b₂, each from 0 to below 1.
        epsilon: above 0.

    Source: Kingma and Ba 2014, algorithm 1, arXiv 1412.6980.
    """

    def __init__(
        self,
        network: Sequential,
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(network, learning_rate)
        for beta in betas:
            _check("beta", beta, 0, 1)
        _check("epsilon", epsilon, 0, np.inf)
        self.betas, self.epsilon = betas, float(epsilon)
        self._remember("mean", "square")

    def _update(self, flat: Array, g: Array, scratch: Array, /, *memory: Array) -> None:
        m, v = memory
        b1, b2 = self.betas
        m *= b1
        m += g
        np.multiply(g, g, out=scratch)
        v *= b2
        v += scratch
        # m̂ / (sqrt(v̂) + epsilon) = m · a / (sqrt(v) · b + epsilon) = m · (a / b) / (sqrt(v) + epsilon / b)
        a = (1 - b1) / (1 - b1**self.steps)
        b = np.sqrt((1 - b2) / (1 - b2**self.steps))
        np.sqrt(v, out=scratch)
        scratch += float(self.epsilon / b)
        np.divide(m, scratch, out=scratch)
        scratch *= float(self.learning_rate * a / b)
        flat -= scratch


class AdamW(Adam):
    """Adam, after θ *= 1 - η · weight_decay: the decay is not mixed with the gradient's statistics.

    Only weights decay, arrays of two axes or more: pulling biases and gains to 0 would only hinder.

    Args:
        network: see `Optimiser`.
        learning_rate: see `Optimiser`.
        betas: see `Adam`.
        epsilon: see `Adam`.
        weight_decay: from 0.

    Source: Loshchilov and Hutter 2017, algorithm 2, arXiv 1711.05101.
    """

    def __init__(
        self,
        network: Sequential,
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(network, learning_rate, betas, epsilon)
        if not 0 <= weight_decay < np.inf:
            raise ValueError(f"weight_decay is {weight_decay}; give a number from 0")
        self.weight_decay = float(weight_decay)

    def step(self) -> None:
        """Shrink the weights, then step as Adam does."""
        for parameter in self.network.parameters().values():
            if len(parameter.shape) > 1:
                parameter.value *= 1 - self.learning_rate * self.weight_decay
        super().step()


def clip_by_global_norm(gradient: Array, limit: float) -> float:
    """Shorten the gradient, in place, to the length `limit` if it is longer; return the length that it had.

    Raises:
        ValueError: a limit that is not above 0.

    Source: Pascanu et al. 2012, algorithm 1, arXiv 1211.5063.
    """
    _check("limit", limit, 0, np.inf)
    norm = float(np.sqrt(np.dot(gradient, gradient)))
    if norm > limit:
        gradient *= limit / norm
    return norm


def _check(name: str, value: float, low: float, high: float) -> None:
    """Numbers that may be 0 have a finite range here; the others are above 0."""
    if not (low <= value < high and (value > 0 or high == 1)):
        raise ValueError(f"{name} is {value}; give a number {'from' if high == 1 else 'above'} {low} and below {high}")
