"""Learning-rate schedules, and annealing of other numbers during training.

A schedule is a function from progress, 0 at the first step and 1 at the end, to the learning rate. It takes progress
rather than the number of the step, so that it fits a training of given epochs as well as one of given seconds.

    schedule = one_cycle(0.002)
    schedule(0.0), schedule(0.3), schedule(1.0)       # 0.00008, 0.002, 0.000000008
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias, get_args

Schedule: TypeAlias = Callable[[float], float]
Annealing: TypeAlias = Literal["constant", "linear", "cosine"]


def cosine_interpolation(first: float, last: float, progress: float) -> float:
    """Return first at progress 0, last at progress 1 and beyond, and half a cosine wave between them."""
    return last + (first - last) * (1 + math.cos(math.pi * min(progress, 1.0))) / 2


def anneal(kind: Annealing, first: float, last: float, progress: float) -> float:
    """Return a number that changes during training, at a progress from 0 to 1.

    Args:
        kind: "constant" for first throughout, "linear" or "cosine" for the path from first to last.
        first: at progress 0.
        last: at progress 1.
        progress: clipped to 0 to 1.

    Raises:
        ValueError: an unknown kind.
    """
    progress = min(max(progress, 0.0), 1.0)
    if kind == "constant":
        return first
    if kind == "linear":
        return first + (last - first) * progress
    if kind == "cosine":
        return cosine_interpolation(first, last, progress)
    raise ValueError(f"there is no schedule {kind!r}; choose one of {', '.join(get_args(Annealing))}")


def constant(rate: float) -> Schedule:
    """η(p) = rate.

    Raises:
        ValueError: a rate that is not above 0.
    """
    _require_rate(rate)
    return lambda _progress: rate


def step(rate: float, milestones: Sequence[float] = (0.5, 0.75), factor: float = 0.1) -> Schedule:
    """η(p) = rate · factor^k, k milestones after the beginning.

    Args:
        rate: initial learning rate, above 0.
        milestones: values of progress from 0 to 1, ascending; at each the rate is multiplied by factor.
        factor: above 0, usually below 1.

    Raises:
        ValueError: a rate or factor that is not above 0, milestones outside of 0 to 1 or not ascending.
    """
    _require_rate(rate)
    milestones = tuple(milestones)
    if list(milestones) != sorted(milestones) or not all(0 <= milestone <= 1 for milestone in milestones):
        raise ValueError(f"milestones are {milestones}: give ascending numbers from 0 to 1, values of progress")
    if not factor > 0:
        raise ValueError(f"factor is {factor}: give a number above 0, such as 0.1")
    return lambda progress: rate * factor ** bisect_right(milestones, progress)


def cosine(rate: float, final: float = 0.0, warmup: float = 0.0) -> Schedule:
    """η(p) = final + (rate - final) (1 + cos(π s)) / 2, s = 0, ..., 1: half a cosine wave from rate down to final.

    Args:
        rate: highest learning rate, above 0.
        final: learning rate at the end, from 0 to rate.
        warmup: fraction of the training, from 0 to below 1, in which the rate first rises linearly from 0.

    Raises:
        ValueError: a rate that is not above 0, a final outside of 0 to rate, a warmup outside of [0, 1).

    Source: Loshchilov and Hutter 2017, "SGDR", equation 5, arXiv 1608.03983; warm-up: Goyal et al. 2017, "Accurate,
    Large Minibatch SGD", section 2.2, arXiv 1706.02677.
    """
    _require_rate(rate)
    if not 0 <= final <= rate:
        raise ValueError(f"final is {final}: give a learning rate from 0 to {rate}, the highest one")
    if not 0 <= warmup < 1:
        raise ValueError(f"warmup is {warmup}: give a fraction of the training, from 0 to below 1")

    def schedule(progress: float) -> float:
        if progress < warmup:
            return rate * progress / warmup
        return cosine_interpolation(rate, final, (progress - warmup) / (1 - warmup))

    return schedule


def one_cycle(highest: float, rise: float = 0.3, start: float = 1 / 25, final: float = 4e-6) -> Schedule:
    """Half a cosine wave up from start · highest to highest, and half a wave down to final · highest.

    The low start leads the weights into a region where the highest rate, several times what a constant rate could be,
    does not diverge; the long decay lets them converge.

    Args:
        highest: learning rate, above 0.
        rise: fraction of the training, above 0 and below 1, in which the rate rises.
        start: initial learning rate as a fraction of the highest, from 0 to 1.
        final: learning rate at the end as a fraction of the highest, from 0 to 1.

    Raises:
        ValueError: a number outside of these.

    Source: Smith 2018, "A disciplined approach to neural network hyper-parameters", arXiv 1803.09820; the two waves and
    the defaults are those of PyTorch's OneCycleLR.
    """
    _require_rate(highest)
    if not 0 < rise < 1:
        raise ValueError(f"rise is {rise}: give a fraction of the training, above 0 and below 1")
    for name, fraction in (("start", start), ("final", final)):
        if not 0 <= fraction <= 1:
            raise ValueError(f"{name} is {fraction}: give a fraction of the highest learning rate, from 0 to 1")

    def schedule(progress: float) -> float:
        if progress < rise:
            return cosine_interpolation(start * highest, highest, progress / rise)
        return cosine_interpolation(highest, final * highest, (progress - rise) / (1 - rise))

    return schedule


def _require_rate(rate: float) -> None:
    if not 0 < rate < math.inf:
        raise ValueError(f"the learning rate is {rate}: give a number above 0, such as 0.001")
