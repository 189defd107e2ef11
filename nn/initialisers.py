"""Initialisers: functions that draw the initial values of a parameter, by name.

Weights that are too large or too small make signals, or their gradients, grow or vanish from layer to layer. Each
function takes (shape, fan_in, fan_out, rng) and returns float64; fan_in is how many inputs each output sums over,
fan_out how many outputs each input contributes to.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nn.types import Shape

Values: TypeAlias = npt.NDArray[np.float64]


def he(shape: Shape, fan_in: int, _fan_out: int, rng: np.random.Generator) -> Values:
    """Normal, standard deviation sqrt(2 / fan_in): for ReLU, which halves the mean square of its input.

    Source: He et al. 2015, "Delving Deep into Rectifiers", equation 10, arXiv 1502.01852.
    """
    return rng.normal(0.0, math.sqrt(2 / fan_in), shape)


def glorot(shape: Shape, fan_in: int, fan_out: int, rng: np.random.Generator) -> Values:
    """Uniform in ±sqrt(6 / (fan_in + fan_out)): for tanh and sigmoid, balances signals and gradients.

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks",
    equation 16.
    """
    limit = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape)


def lecun(shape: Shape, fan_in: int, _fan_out: int, rng: np.random.Generator) -> Values:
    """Normal, standard deviation sqrt(1 / fan_in): outputs have the variance of inputs, if nothing follows.

    Source: LeCun et al. 1998, "Efficient BackProp", equation 16.
    """
    return rng.normal(0.0, math.sqrt(1 / fan_in), shape)


def orthogonal(shape: Shape, _fan_in: int, _fan_out: int, rng: np.random.Generator) -> Values:
    """Orthonormal rows or columns, whichever are fewer, of the matrix (shape[0], rest): lengths are preserved.

    Source: Saxe et al. 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
    arXiv 1312.6120; the signs, without which the distribution is not uniform: Mezzadri 2007, arXiv math-ph/0609050.
    """
    rows, columns = shape[0], math.prod(shape[1:])
    normal = rng.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(normal)  # (long, short), (short, short)
    q *= np.sign(np.diag(r))
    return (q if rows >= columns else q.T).reshape(shape)


def zeros(shape: Shape, _fan_in: int, _fan_out: int, _rng: np.random.Generator) -> Values:
    """All 0: for biases."""
    return np.zeros(shape)


def ones(shape: Shape, _fan_in: int, _fan_out: int, _rng: np.random.Generator) -> Values:
    """All 1: for gains."""
    return np.ones(shape)


INITIALISERS: dict[str, Callable[[Shape, int, int, np.random.Generator], Values]] = {
    "he": he,
    "glorot": glorot,
    "lecun": lecun,
    "orthogonal": orthogonal,
    "zeros": zeros,
    "ones": ones,
}
