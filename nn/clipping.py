"""Gradient clipping: an outlying batch cannot move the weights far."""

import numpy as np

from nn.types import Array


def clip_by_global_norm(gradient: Array, max_norm: float) -> float:
    """Scale a gradient down to a norm of at most max_norm, in place: g ← g · min(1, max_norm / |g|); return |g| before.

    Args:
        gradient: of all parameters together, such as `network.gradient`; any shape.
        max_norm: limit of |g| = sqrt(Σ g²), above 0.

    Raises:
        ValueError: a max_norm that is not above 0.

    Source: Pascanu et al. 2013, "On the difficulty of training recurrent neural networks", algorithm 1, arXiv
    1211.5063.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}: give the norm above which gradients are scaled down, such as 1.0")
    with np.errstate(over="ignore"):
        norm = float(np.linalg.norm(gradient))
    if norm == np.inf and np.isfinite(gradient).all():  # only the squares are too large for float32
        norm = float(np.linalg.norm(gradient.astype(np.float64)))
    if norm > max_norm:
        gradient *= max_norm / norm
    return norm
