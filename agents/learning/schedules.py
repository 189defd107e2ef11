"""Numbers that change while training goes on: learning rates, shares of chance."""

from typing import Literal, get_args

from nn.schedules import half_wave

Annealing = Literal["constant", "linear", "cosine"]


def anneal(shape: Annealing, first: float, last: float, progress: float) -> float:
    """The number at a progress from 0 to 1: first all the time, or on a line or half a cosine wave from first to last.

    Raises:
        ValueError: an unknown shape.
    """
    share = min(max(progress, 0.0), 1.0)
    if shape == "constant":
        return first
    if shape == "linear":
        return first + (last - first) * share
    if shape == "cosine":
        return half_wave(first, last, share)
    raise ValueError(f"there is no schedule {shape!r}; choose one of {', '.join(get_args(Annealing))}")
