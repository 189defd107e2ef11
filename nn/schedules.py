"""Learning rates that change: functions of progress, which is 0 at the start of training and 1 at its end."""

import math
from collections.abc import Callable
from typing import TypeAlias

Schedule: TypeAlias = Callable[[float], float]


def constant(rate: float) -> Schedule:
    """The same rate throughout."""
    return lambda _progress: rate


def step(rate: float, every: float = 1 / 3, factor: float = 0.1) -> Schedule:
    """Rate · factorᵏ, k = how often the share `every` of training has passed."""
    return lambda progress: rate * factor ** math.floor(progress / every + 1e-9)


def cosine(rate: float, final: float = 0.0, warmup: float = 0.0) -> Schedule:
    """From 0 to rate over the share `warmup`, then along half a cosine to `final`.

    Source: Loshchilov and Hutter 2016, equation 5, arXiv 1608.03983.
    """

    def schedule(progress: float) -> float:
        if progress < warmup:
            return rate * progress / warmup
        return _half_cosine(rate, final, (progress - warmup) / (1 - warmup))

    return schedule


def one_cycle(peak: float, rise: float = 0.3, start: float = 1 / 25, end: float = 1e-4 / 25) -> Schedule:
    """Along half cosines from start · peak to peak, in the share `rise`, then down to end · peak.

    A high rate in the middle finds wide minima, the low one at the end settles into them.

    Source: Smith 2018, "A disciplined approach to neural network hyper-parameters", arXiv 1803.09820; numbers as in
    `torch.optim.lr_scheduler.OneCycleLR`.
    """

    def schedule(progress: float) -> float:
        if progress < rise:
            return _half_cosine(peak * start, peak, progress / rise)
        return _half_cosine(peak, peak * end, (progress - rise) / (1 - rise))

    return schedule


def _half_cosine(first: float, last: float, share: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * min(share, 1.0))) / 2
