"""A comparison of two implementations of the same work, measured alternately."""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

Speed = Callable[[float], float]  # works for this many seconds and returns the amount of work done per second

PAUSE = 0.05  # seconds after which idle threads of the other implementation no longer poll and use the processor


@dataclass(frozen=True, kw_only=True)
class Race:
    """Our implementation and another one.

    Attributes:
        name: of the work, and of the other implementation.
        ours: speed of our implementation.
        theirs: speed of the other one, None where it is not installed.
        target: the least ratio ours / theirs that is aimed at.
        mode: mode in which the other one runs.
        peak: the speed of ours if the machine only multiplied matrices.
    """

    name: str
    ours: Speed
    theirs: Speed | None
    target: float | None = None
    mode: str = ""
    peak: float | None = None


def repeat(work: Callable[[], object], amount: int) -> Speed:
    """Return the speed of work that is repeated, `amount` at a time; the first time is not measured."""

    def run(seconds: float) -> float:
        time.sleep(PAUSE)
        work()
        rounds, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < seconds:
            work()
            rounds += 1
        return rounds * amount / passed

    return run


def fastest(modes: dict[str, Speed], seconds: float) -> str:
    """Return the mode with the highest median speed of five short trials; print the speed of each."""
    trials: dict[str, list[float]] = {mode: [] for mode in modes}
    for _ in range(5):
        for mode, speed in modes.items():
            trials[mode].append(speed(seconds))
    found = {mode: statistics.median(speeds) for mode, speeds in trials.items()}
    ranked = sorted(found, key=lambda mode: found[mode], reverse=True)
    print("; ".join(f"{mode} {found[mode]:,.0f}" for mode in ranked), file=sys.stderr)
    return ranked[0]
