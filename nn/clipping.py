"""Shortening a gradient that is too long, so that one strange batch cannot throw the weights far away."""

import numpy as np

from nn.types import Array


def clip_by_global_norm(gradient: Array, limit: float) -> float:
    """Shorten a gradient that is longer than limit, in place: g ← g · min(1, limit / |g|). Return |g| as it was.

    Args:
        gradient: of all parameters together, such as `network.gradient`; any shape.
        limit: of |g| = sqrt(Σ g²), above 0.

    Raises:
        ValueError: a limit that is not above 0.

    Source: Pascanu et al. 2013, "On the difficulty of training recurrent neural networks", algorithm 1, arXiv
    1211.5063.
    """
    if not limit > 0:
        raise ValueError(f"limit is {limit}: give the length above which gradients are shortened, such as 1.0")
    with np.errstate(over="ignore"):
        norm = float(np.linalg.norm(gradient))
    if norm == np.inf and np.isfinite(gradient).all():  # their squares alone are too large for float32
        norm = float(np.linalg.norm(gradient.astype(np.float64)))
    if norm > limit:
        gradient *= limit / norm
    return norm
