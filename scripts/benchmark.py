"""How fast are the environment, the networks and the learners, beside others in the same run? Ratios count.

The column target is what the project has set itself as the least ratio; not every target is reached.

python scripts/benchmark.py env: environment steps, beside CartPole and Jumanji

python scripts/benchmark.py nn: training and forward passes, beside PyTorch and scikit-learn

python scripts/benchmark.py learning: steps of PPO and PQN from end to end, beside Stable-Baselines3

python scripts/benchmark.py nn --json: rows of name, value, anchor, ratio, target, mode, of_peak
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console
from rich.table import Table

from scripts.benchmarks import env, learning, networks
from scripts.benchmarks.race import Race
from scripts.common.command_line import run_command

TITLES = {
    "env": "steps a second, random actions, one core",
    "nn": "samples a second; of peak: of what the products would take as large sgemm on as many threads",
    "learning": "environment steps a second, playing and learning",
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """What to measure, and how long."""

    part: Annotated[Literal["env", "nn", "learning"], tyro.conf.Positional] = "env"
    """env: environment steps, random actions, one core. nn: networks. learning: learners."""
    rounds: int = 15
    """Times that each pair is measured in turn; the median counts."""
    seconds: float = 0.2
    """Length of one measurement."""
    threads: tuple[int, ...] = (1, 2)
    """Numbers of threads to train with."""
    json: bool = False
    """Print one JSON array instead of a table."""


def compare(race: Race, config: Config) -> dict[str, Any]:
    """Measure two things in turn: medians of both, and the median of the ratios of neighbours."""
    values, anchors = [], []
    for _ in range(config.rounds):
        values.append(race.ours(config.seconds))
        if race.theirs is not None:
            anchors.append(race.theirs(config.seconds))
    value = statistics.median(values)
    return {
        "name": race.name,
        "value": value,
        "anchor": statistics.median(anchors) if anchors else None,
        "ratio": statistics.median(a / b for a, b in zip(values, anchors, strict=True)) if anchors else None,
        "target": race.target,
        "mode": race.mode,
        "of_peak": None if race.peak is None else value / race.peak,
    }


def main(config: Config) -> list[dict[str, Any]]:
    """Measure, print, and give back the rows."""
    if config.rounds < 1 or not 0 < config.seconds < math.inf:
        raise ValueError(f"rounds is {config.rounds} and seconds {config.seconds}; both must be above 0")
    if not config.threads or min(config.threads) < 1:
        raise ValueError(f"threads are {config.threads}; give one number or more, each 1 or above")
    if config.part == "env":
        races = env.races()
    elif config.part == "nn":
        races = networks.races(config.threads, config.seconds)
    else:
        races = learning.races(config.threads)
    rows = [compare(race, config) for race in races]
    if config.json:
        print(json.dumps(rows, indent=2))
        return rows
    table = Table(title=TITLES[config.part])
    # Rows of one part have the same columns.
    formats = {"value": ",.0f", "anchor": ",.0f", "ratio": ".2f", "target": ".2f", "of_peak": ".0%"}
    headings = {"value": "ours", "anchor": "theirs", "of_peak": "of peak"}
    columns = [name for name in formats if any(row[name] is not None for row in rows)]
    table.add_column("what / beside what")
    for name in columns:
        table.add_column(headings.get(name, name), justify="right", no_wrap=True)
    modes = any(row["mode"] for row in rows)
    if modes:
        table.add_column("their mode")
    for row in rows:
        cells = ["" if row[name] is None else format(row[name], formats[name]) for name in columns]
        table.add_row(row["name"], *cells, *([row["mode"]] if modes else []))
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    if config.part == "learning":
        for name, learner in learning.LEARNERS.items():
            parts = ", ".join(f"{part} {share:.0%}" for part, share in learning.time_fractions(*learner).items())
            console.print(f"{name}, one thread: {parts}", highlight=False)
    return rows


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
