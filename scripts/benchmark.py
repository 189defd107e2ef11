"""Measure the speed of the environment, the networks and the learners beside other packages in the same run.

Ratios count, not absolute figures. "target" is the smallest ratio that the project aims at; not all are reached.

Examples:
    # Environment steps, beside CartPole and Jumanji
    python scripts/benchmark.py env

    # Training and forward passes, beside PyTorch and scikit-learn
    python scripts/benchmark.py nn

    # Photographed digits on papers of every kind: accuracy, no speed
    python scripts/benchmark.py papers --data-dir FOLDER

    # PPO and PQN from end to end, beside Stable-Baselines3
    python scripts/benchmark.py learning
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from rich.table import Table

from scripts.benchmarks import env, learning, networks
from scripts.benchmarks.comparison import Comparison
from scripts.benchmarks.papers import PAPERS
from scripts.common import cli
from scripts.common.command_line import run_command
from scripts.common.tables import print_table
from scripts.common.terminal import make_console
from scripts.vision import mnist
from scripts.vision.classifier import Classifier
from scripts.vision.digit_image import digit_image
from scripts.vision.digit_ink import digit_ink

TITLES = {
    "env": "steps a second, random actions, one core",
    "nn": "samples a second; of peak: of what the products would take as large sgemm on as many threads",
    "learning": "environment steps a second, playing and learning",
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """The benchmark, and its length."""

    part: Annotated[Literal["env", "nn", "learning", "papers"], cli.POSITIONAL] = "env"
    """env: environment steps, random actions, one core. nn: networks. learning: learners. papers: photographed
    digits that are read correctly."""
    data_dir: Path | None = None
    """papers: folder with the four files of MNIST; by default they are downloaded once."""
    digits: int = 500
    """papers: number of test digits on each kind of paper."""
    rounds: int = 15
    """Times that each pair is measured in turn; the median counts."""
    seconds: float = 0.2
    """Length of one measurement."""
    threads: tuple[int, ...] = (1, 2)
    """Numbers of threads to train with."""
    json: bool = False
    """Print one JSON array instead of a table."""


def compare(comparison: Comparison, options: Options) -> dict[str, Any]:
    """Measure two things in turn: medians of both, and the median of the ratios of neighbours."""
    values, anchors = [], []
    for _ in range(options.rounds):
        values.append(comparison.ours(options.seconds))
        if comparison.theirs is not None:
            anchors.append(comparison.theirs(options.seconds))
    value = statistics.median(values)
    return {
        "name": comparison.name,
        "value": value,
        "anchor": statistics.median(anchors) if anchors else None,
        "ratio": statistics.median(a / b for a, b in zip(values, anchors, strict=True)) if anchors else None,
        "target": comparison.target,
        "mode": comparison.mode,
        "of_peak": None if comparison.peak is None else value / comparison.peak,
    }


def read_papers(options: Options) -> list[dict[str, Any]]:
    """Measure and print the share of photographed test digits that the shipped network reads correctly."""
    if not 1 <= options.digits <= 10_000:
        raise ValueError(f"digits is {options.digits}; give 1 to 10,000 of the test digits")
    data, network = mnist.load(options.data_dir), Classifier.load(Path("digits-cnn"))
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(data.test_labels), options.digits, replace=False)
    rows: list[dict[str, Any]] = []
    for name, paper in PAPERS.items():
        images = [digit_image(digit_ink(paper(data.test_images[number], rng))) for number in chosen]
        predicted = network.probabilities(np.stack(images)).argmax(axis=1)
        rows.append({"name": name, "accuracy": float(np.mean(predicted == data.test_labels[chosen]))})
        if not options.json:
            print(f"{name:28} {rows[-1]['accuracy']:.1%}", flush=True)
    if options.json:
        print(json.dumps(rows, indent=2))
    return rows


def main(options: Options) -> list[dict[str, Any]]:
    """Measure, print, and return the rows."""
    if options.rounds < 1 or not 0 < options.seconds < math.inf:
        raise ValueError(f"rounds is {options.rounds} and seconds {options.seconds}; both must be above 0")
    if not options.threads or min(options.threads) < 1:
        raise ValueError(f"threads are {options.threads}; give one number or more, each 1 or above")
    if options.part == "papers":
        return read_papers(options)
    if options.part == "env":
        comparisons = env.comparisons()
    elif options.part == "nn":
        comparisons = networks.comparisons(options.threads, options.seconds)
    else:
        comparisons = learning.comparisons(options.threads)
    rows = [compare(comparison, options) for comparison in comparisons]
    if options.json:
        print(json.dumps(rows, indent=2))
        return rows
    table = Table(title=TITLES[options.part])
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
    console = make_console()
    print_table(console, table)
    if options.part == "learning":
        for name, learner in learning.LEARNERS.items():
            parts = ", ".join(f"{part} {share:.0%}" for part, share in learning.time_fractions(*learner).items())
            console.print(f"{name}, one thread: {parts}")
    return rows


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
