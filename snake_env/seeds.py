"""Seeds as players give them: for one game a whole number, for many one or one each."""

from collections.abc import Sequence
from operator import index

import numpy as np


def whole_seed(given: object) -> int:
    """A seed as Python's integer.

    Raises:
        ValueError: it is no whole number from 0 on.
    """
    try:
        seed = index(given)  # type: ignore[arg-type]
    except TypeError:
        seed = -1
    if seed < 0:
        raise ValueError(f"seed is {given!r}; give a whole number from 0 on, or None")
    return seed


def seed_each(given: int | Sequence[int | None] | None, N: int) -> list[int | None]:
    """A seed for each of N games, None for those without: s, s + 1, ... of one number.

    Raises:
        ValueError: no whole numbers from 0 on, or not one for each game.
    """
    if given is None:
        return [None] * N
    if isinstance(given, int | np.integer):
        return [whole_seed(given) + i for i in range(N)]
    if not isinstance(given, Sequence | np.ndarray) or isinstance(given, str):
        raise ValueError(f"seed is {given!r}; give one number, or one a game")
    if len(given) != N:
        raise ValueError(f"there are {len(given)} seeds for {N} games; give one number, or one a game")
    return [None if one is None else whole_seed(one) for one in given]
