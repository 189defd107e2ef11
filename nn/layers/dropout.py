"""Dropout."""

from typing import Any

import numpy as np

from nn.layer import Layer
from nn.types import Array


class Dropout(Layer):
    """y = x · m / (1 - rate) in training, m = 0 with probability rate, else 1; y = x in inference.

    Units are dropped at random, so that no unit can rely on another. The division keeps the expectation of y equal to
    x, so inference needs no scaling. The random generator is seeded by `Sequential.reseed`, which a network made with
    a seed has called.

    Args:
        rate: probability that a number is set to 0, from 0 to below 1.

    Raises:
        ValueError: a rate outside of [0, 1).

    Source: Srivastava et al. 2014, "Dropout", section 4 and, for the division in training, section 10.
    """

    def __init__(self, rate: float = 0.5) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"Dropout({rate}) needs a rate from 0 to below 1")
        self.rate = float(rate)
        self.rng = np.random.default_rng(0)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Return y = x · mask, with mask 0 or 1 / (1 - rate), in training; x itself in inference."""
        if not training:
            return x
        mask = self.rng.random(x.shape, np.float32) >= self.rate
        self.saved = mask * x.dtype.type(1 / (1 - self.rate))
        return x * self.saved

    def backward(self, gradient: Array) -> Array:
        """Return dL/dx = dL/dy · mask."""
        return gradient * self.saved

    def reseed(self, rng: np.random.Generator) -> None:
        """Seed the layer's own generator, so that no layer depends on how much another one draws."""
        self.rng = np.random.default_rng(rng.integers(1 << 63))

    def config(self) -> dict[str, Any]:
        """Return the constructor's argument."""
        return {"rate": self.rate}
