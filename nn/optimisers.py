"""Optimisers: they change the weights, given their gradient.

All parameters are one vector θ = network.flat, and their gradient is one vector g = network.gradient, so a step is a
few operations on whole vectors, without allocating any. (Vectors of this size stay in the processor's cache; processing
them block by block was measured and is not faster.) Several threads share a step, see `threads`.

    network.gradient = 0
    value, gradient = loss(network.forward(x, training=True), targets)
    network.accumulate_gradients(gradient)
    optimiser.step()
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.kernels import threads
from nn.saved_state import check_same_arrays
from nn.sequential import Sequential
from nn.types import Array


class Optimiser(ABC):
    """The base of all optimisers.

    Args:
        network: one network or a population; its flat is changed in place.
        learning_rate: η, 0 or more; may be assigned later.
        moments: names of the vectors, of the shape of flat and 0 at first, that are kept from step to step.

    Attributes:
        steps: number of steps so far.
        moments: these vectors by name.

    Raises:
        ValueError: a learning rate below 0 or infinite.
    """

    def __init__(self, network: Sequential, learning_rate: float, *moments: str) -> None:
        if not 0 <= learning_rate < math.inf:
            raise ValueError(f"the learning rate is {learning_rate}: give a number from 0 on, such as 0.001")
        self.network = network
        self.learning_rate = float(learning_rate)
        self.steps = 0
        self.moments = {name: np.zeros_like(network.flat) for name in moments}
        self._scratch = np.empty_like(network.flat)

    def step(self) -> None:
        """Update network.flat, given network.gradient."""
        self.steps += 1
        flat, gradient, scratch = self.network.flat, self.network.gradient, self._scratch

        def update_part(part: slice) -> None:
            moments = (vector[part] for vector in self.moments.values())
            self.update(flat[part], gradient[part], scratch[part], *moments)

        threads.parallel_for(update_part, len(flat), work=16 * flat.size)

    @abstractmethod
    def update(self, flat: Array, gradient: Array, scratch: Array, *moments: Array) -> None:
        """Make step number `self.steps` on a part of the vectors; scratch is memory for intermediate results."""

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return what a checkpoint needs: copies of the moments, "steps" and "learning_rate"."""
        numbers = {"steps": np.array(self.steps), "learning_rate": np.array(self.learning_rate)}
        return {name: vector.copy() for name, vector in self.moments.items()} | numbers

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from what `state` returned.

        Raises:
            ValueError: other names, shapes or types, or numbers that are not finite.
        """
        check_same_arrays(state, self.state())
        if state["steps"] < 0 or state["learning_rate"] < 0:
            raise ValueError(
                f"steps is {state['steps']}, learning_rate {state['learning_rate']}; both must be 0 or more"
            )
        self.steps, self.learning_rate = int(state["steps"]), float(state["learning_rate"])
        for name, vector in self.moments.items():
            vector[...] = state[name]


class SGD(Optimiser):
    """θ ← θ - η g; with momentum b ← μ b + g and θ ← θ - η b; with Nesterov's θ ← θ - η (g + μ b).

    Args:
        network: see `Optimiser`.
        learning_rate: η, 0 or more.
        momentum: μ, from 0 to below 1.
        nesterov: whether to use Nesterov's momentum; needs momentum above 0.

    Raises:
        ValueError: a number outside of these, nesterov without momentum.

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", section 2, in
    PyTorch's form, where b is not multiplied by η.
    """

    def __init__(
        self, network: Sequential, learning_rate: float = 1e-3, momentum: float = 0.0, *, nesterov: bool = False
    ) -> None:
        if not 0 <= momentum < 1:
            raise ValueError(f"SGD(momentum={momentum}) needs a momentum from 0 to below 1")
        if nesterov and not momentum:
            raise ValueError("SGD(nesterov=True) needs a momentum above 0, such as 0.9")
        super().__init__(network, learning_rate, *(["momentum"] if momentum else []))
        self.momentum = float(momentum)
        self.nesterov = nesterov

    def update(self, flat: Array, gradient: Array, scratch: Array, *moments: Array) -> None:
        """Make one step."""
        direction = gradient
        if self.momentum:
            (b,) = moments
            b *= self.momentum
            b += gradient
            direction = b
        if self.nesterov:
            np.multiply(b, self.momentum, out=scratch)
            scratch += gradient
            direction = scratch
        np.multiply(direction, self.learning_rate, out=scratch)
        flat -= scratch


class RMSProp(Optimiser):
    """v ← d v + (1 - d) g²; θ ← θ - η g / (sqrt(v) + ε): each gradient is divided by its recent root mean square.

    Args:
        network: see `Optimiser`.
        learning_rate: η, 0 or more.
        alpha: d, from 0 to below 1.
        epsilon: ε, above 0.

    Raises:
        ValueError: a number outside of these.

    Source: Tieleman and Hinton 2012, "Neural Networks for Machine Learning", lecture 6.5.
    """

    def __init__(
        self, network: Sequential, learning_rate: float = 1e-2, alpha: float = 0.99, epsilon: float = 1e-8
    ) -> None:
        if not 0 <= alpha < 1:
            raise ValueError(f"RMSProp(alpha={alpha}) needs an alpha from 0 to below 1")
        _require_epsilon(epsilon)
        super().__init__(network, learning_rate, "square")
        self.alpha = float(alpha)
        self.epsilon = float(epsilon)

    def update(self, flat: Array, gradient: Array, scratch: Array, *moments: Array) -> None:
        """Make one step."""
        (v,) = moments
        np.multiply(gradient, gradient, out=scratch)
        scratch *= 1 - self.alpha
        v *= self.alpha
        v += scratch
        np.sqrt(v, out=scratch)
        scratch += self.epsilon
        np.divide(gradient, scratch, out=scratch)
        scratch *= self.learning_rate
        flat -= scratch


class Adam(Optimiser):
    """θ ← θ - η M / (sqrt(V) + ε), with M and V exponentially weighted means of all g and g² so far.

    After t steps the gradient of i steps ago has weight β1^i, its square β2^i. With m and v for the weighted sums,

        m ← β1 m + g        M = m / a,    a = 1 + β1 + ... + β1^(t-1) = (1 - β1^t) / (1 - β1)
        v ← β2 v + g²       V = v / b²,   b² = (1 - β2^t) / (1 - β2)

    This equals the paper's algorithm, whose m and v are (1 - β1) and (1 - β2) times these, and whose "bias correction"
    is the division by the sum of the weights. It saves two of the paper's passes over the vectors.

    Args:
        network: see `Optimiser`.
        learning_rate: η, 0 or more.
        betas: β1 and β2, from 0 to below 1.
        epsilon: ε, above 0.

    Raises:
        ValueError: a number outside of these.

    Source: Kingma and Ba 2015, "Adam", algorithm 1, arXiv 1412.6980.
    """

    def __init__(
        self,
        network: Sequential,
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"{type(self).__name__}(betas={betas}) needs two numbers from 0 to below 1")
        _require_epsilon(epsilon)
        super().__init__(network, learning_rate, "gradients", "squares")
        self.betas = betas
        self.epsilon = float(epsilon)

    def update(self, flat: Array, gradient: Array, scratch: Array, *moments: Array) -> None:
        """Make one step, with M / (sqrt(V) + ε) = (b / a) m / (sqrt(v) + b ε)."""
        m, v = moments
        beta1, beta2 = self.betas
        a = (1 - beta1**self.steps) / (1 - beta1)
        b = math.sqrt((1 - beta2**self.steps) / (1 - beta2))
        m *= beta1
        m += gradient
        v *= beta2
        np.multiply(gradient, gradient, out=scratch)
        v += scratch
        np.sqrt(v, out=scratch)
        scratch += b * self.epsilon
        np.divide(m, scratch, out=scratch)
        scratch *= self.learning_rate * b / a
        flat -= scratch


class AdamW(Adam):
    """Adam with decoupled weight decay: θ ← (1 - η λ) θ before each step, for weights only.

    Weights are the parameters that a layer names "weight": matrices and kernels, not biases, gains, shifts or running
    statistics.

    Args:
        network: see `Optimiser`.
        learning_rate: η, 0 or more.
        betas: β1 and β2, from 0 to below 1.
        epsilon: ε, above 0.
        weight_decay: λ, 0 or more.

    Raises:
        ValueError: a number outside of these.

    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2, arXiv 1711.05101, in
    PyTorch's form, where λ is multiplied by η.
    """

    def __init__(
        self,
        network: Sequential,
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(network, learning_rate, betas, epsilon)
        if not 0 <= weight_decay < math.inf:
            raise ValueError(f"AdamW(weight_decay={weight_decay}) needs a weight decay from 0 on")
        self.weight_decay = float(weight_decay)

    def step(self) -> None:
        """Decay the weights, then make Adam's step."""
        for name, parameter in self.network.parameters().items():
            if name.split(".")[-1] == "weight":
                parameter.value *= 1 - self.learning_rate * self.weight_decay
        super().step()


def _require_epsilon(epsilon: float) -> None:
    if not 0 < epsilon < math.inf:
        raise ValueError(f"epsilon is {epsilon}: give a number above 0, such as 1e-8, so that 0 / 0 cannot happen")
