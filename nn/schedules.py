"""How the learning rate changes while training goes on.

A schedule is a function from progress, 0 at the first step to 1 at the end, to the learning rate. Progress, not the
number of the step, so that it fits a training of so many epochs as well as one of so many seconds.

    schedule = one_cycle(0.002)
    schedule(0.0), schedule(0.3), schedule(1.0)       # 0.00008, 0.002, 0.000000008
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeAlias

Schedule: TypeAlias = Callable[[float], float]


def half_wave(first: float, last: float, share: float) -> float:
    """From first, at share 0, to last, at share 1 and beyond."""
    return last + (first - last) * (1 + math.cos(math.pi * min(share, 1.0))) / 2


def constant(rate: float) -> Schedule:
    """η(p) = rate.

    Raises:
        ValueError: a rate that is not above 0.
    """
    _require_rate(rate)
    return lambda _progress: rate


def step(rate: float, milestones: Sequence[float] = (0.5, 0.75), factor: float = 0.1) -> Schedule:
    """η(p) = rate · factor^k, after k of the milestones.

    Args:
        rate: at the beginning, above 0.
        milestones: from 0 to 1, ascending; from each on the rate is multiplied by factor.
        factor: above 0, usually below 1.

    Raises:
        ValueError: a rate or factor that is not above 0, milestones outside of 0 to 1 or not ascending.
    """
    _require_rate(rate)
    milestones = tuple(milestones)
    if list(milestones) != sorted(milestones) or not all(0 <= milestone <= 1 for milestone in milestones):
        raise ValueError(f"milestones are {milestones}: give ascending numbers from 0 to 1, shares of the training")
    if not factor > 0:
        raise ValueError(f"factor is {factor}: give a number above 0, such as 0.1")
    return lambda progress: rate * factor ** bisect_right(milestones, progress)


def cosine(rate: float, final: float = 0.0, warmup: float = 0.0) -> Schedule:
    """η(p) = final + (rate - final) (1 + cos(π s)) / 2, s = 0, ..., 1: half a wave from rate down to final.

    Args:
        rate: the highest, above 0.
        final: at the end, from 0 to rate.
        warmup: share of the training, from 0 to below 1, in which the rate first rises from 0 in a straight line.

    Raises:
        ValueError: a rate that is not above 0, a final outside of 0 to rate, a warmup outside of [0, 1).

    Source: Loshchilov and Hutter 2017, "SGDR", equation 5, arXiv 1608.03983; warm-up: Goyal et al. 2017, "Accurate,
    Large Minibatch SGD", section 2.2, arXiv 1706.02677.
    """
    _require_rate(rate)
    if not 0 <= final <= rate:
        raise ValueError(f"final is {final}: give a learning rate from 0 to {rate}, which is the highest")
    if not 0 <= warmup < 1:
        raise ValueError(f"warmup is {warmup}: give a share of the training, from 0 to below 1")

    def schedule(progress: float) -> float:
        if progress < warmup:
            return rate * progress / warmup
        return half_wave(rate, final, (progress - warmup) / (1 - warmup))

    return schedule


def one_cycle(highest: float, rise: float = 0.3, start: float = 1 / 25, final: float = 4e-6) -> Schedule:
    """Half a cosine wave up from start · highest to highest, and half a wave down to final · highest.

    The low beginning lets the weights find a place from which the highest rate, several times what a constant one could
    be, does not throw them out; the long fall settles them.

    Args:
        highest: learning rate, above 0.
        rise: share of the training, above 0 and below 1, that the rise takes.
        start: share of the highest at the beginning, from 0 to 1.
        final: share of the highest at the end, from 0 to 1.

    Raises:
        ValueError: a number outside of these.

    Source: Smith 2018, "A disciplined approach to neural network hyper-parameters", arXiv 1803.09820; the two waves and
    the numbers of PyTorch's OneCycleLR.
    """
    _require_rate(highest)
    if not 0 < rise < 1:
        raise ValueError(f"rise is {rise}: give a share of the training, above 0 and below 1")
    for name, share in (("start", start), ("final", final)):
        if not 0 <= share <= 1:
            raise ValueError(f"{name} is {share}: give a share of the highest learning rate, from 0 to 1")

    def schedule(progress: float) -> float:
        if progress < rise:
            return half_wave(start * highest, highest, progress / rise)
        return half_wave(highest, final * highest, (progress - rise) / (1 - rise))

    return schedule


def _require_rate(rate: float) -> None:
    if not 0 < rate < math.inf:
        raise ValueError(f"the learning rate is {rate}: give a number above 0, such as 0.001")
