"""Seeds for `reset`: one integer, or one for each of N games."""

from collections.abc import Sequence
from operator import index

import numpy as np


def check_seed(seed: object) -> int:
    """Return the seed as Python's integer.

    Raises:
        ValueError: it is not a non-negative integer.
    """
    try:
        number = index(seed)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    if number < 0:
        raise ValueError(f"seed is {seed!r}; give a non-negative integer, or None")
    return number


def expand_seeds(seed: int | Sequence[int | None] | None, N: int) -> list[int | None]:
    """Return a seed for each of N games: s, s + 1, ... for one integer s; None for a game without a seed.

    Raises:
        ValueError: a seed is not a non-negative integer, or there is not one for each game.
    """
    if seed is None:
        return [None] * N
    if isinstance(seed, int | np.integer):
        return [check_seed(seed) + i for i in range(N)]
    if not isinstance(seed, Sequence | np.ndarray) or isinstance(seed, str):
        raise ValueError(f"seed is {seed!r}; give one integer, or one for each game")
    if len(seed) != N:
        raise ValueError(f"there are {len(seed)} seeds for {N} games; give one integer, or one for each game")
    return [None if one is None else check_seed(one) for one in seed]
