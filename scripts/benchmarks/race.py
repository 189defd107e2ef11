"""Two ways of doing the same work, to be measured in turn."""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

Speed = Callable[[float], float]  # works for some seconds, gives how much it did a second

PAUSE = 0.05  # seconds in which threads that wait for more work stop spinning, so that they do not slow the other one


@dataclass(frozen=True, kw_only=True)
class Race:
    """Ours beside theirs.

    Attributes:
        name: what is measured, and beside what.
        ours, theirs: how fast; theirs is None where the peer is not installed.
        target: what ours / theirs should reach at least.
        mode: in which of its modes the other one runs.
        peak: how fast ours would be if the machine did nothing but multiply matrices.
    """

    name: str
    ours: Speed
    theirs: Speed | None
    target: float | None = None
    mode: str = ""
    peak: float | None = None


def repeat(work: Callable[[], object], amount: int) -> Speed:
    """How fast work goes when it is done again and again, amount at a time; the first time is not measured."""

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
    """The mode that is the fastest by the median of five short turns; tells how fast each was."""
    turns: dict[str, list[float]] = {mode: [] for mode in modes}
    for _ in range(5):
        for mode, speed in modes.items():
            turns[mode].append(speed(seconds))
    found = {mode: statistics.median(speeds) for mode, speeds in turns.items()}
    ranked = sorted(found, key=lambda mode: found[mode], reverse=True)
    print("; ".join(f"{mode} {found[mode]:,.0f}" for mode in ranked), file=sys.stderr)
    return ranked[0]
