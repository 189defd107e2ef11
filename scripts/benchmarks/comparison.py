"""A comparison of two implementations of the same work, measured alternately."""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

Measure = Callable[[float], float]  # measures for this many seconds; returns the work done per second

PAUSE = 0.05  # seconds until idle threads of the other implementation have stopped busy-waiting


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Our implementation and another one.

    Attributes:
        name: the work and the other implementation.
        ours: measures our implementation.
        theirs: measures the other one; None where it is not installed.
        target: the least ratio ours / theirs that is aimed at.
        mode: the mode in which the other one runs.
        peak: upper bound of our speed, from matrix products alone (roofline).
    """

    name: str
    ours: Measure
    theirs: Measure | None
    target: float | None = None
    mode: str = ""
    peak: float | None = None


def repeat(work: Callable[[], object], amount: int) -> Measure:
    """Return a function that measures repeated work, `amount` at a time, after one warm-up call."""

    def run(seconds: float) -> float:
        time.sleep(PAUSE)
        work()
        rounds, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            work()
            rounds += 1
        return rounds * amount / elapsed

    return run


def fastest(modes: dict[str, Measure], seconds: float) -> str:
    """Return the mode with the highest median speed of five short trials; print the speed of each."""
    trials: dict[str, list[float]] = {mode: [] for mode in modes}
    for _ in range(5):
        for mode, speed in modes.items():
            trials[mode].append(speed(seconds))
    found = {mode: statistics.median(speeds) for mode, speeds in trials.items()}
    ranked = sorted(found, key=lambda mode: found[mode], reverse=True)
    print("; ".join(f"{mode} {found[mode]:,.0f}" for mode in ranked), file=sys.stderr)
    return ranked[0]
