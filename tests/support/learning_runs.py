"""Tiny runs of learners, and what they left."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from agents.learning.on_policy import RolloutLearner
from scripts import train

STEPS = 8 * 16  # of one rollout
NUMBERS = {"height": 5, "width": 6, "games": 8, "horizon": 16, "minibatch": 64, "epochs": 1, "threads": 1}
NUMBERS |= {"hidden": 16, "channels": 4, "validations": 2, "validation-games": 4, "final-games": 4}
TINY = [word for name, number in NUMBERS.items() for word in (f"--{name}", str(number))]
both = pytest.mark.parametrize("kind", ["ppo", "pqn"])


def trained(kind: str, out: Path, *words: str, rollouts: int = 4) -> dict[str, Any]:
    return train.main(train.parse([kind, *TINY, "--steps", str(rollouts * STEPS), "--out", str(out), *words]))


def resumed(out: Path, *words: str) -> dict[str, Any]:
    return train.main(train.parse(["--resume", str(out), *words]))


def watch(monkeypatch: pytest.MonkeyPatch, stop_at: int | None = None) -> list[int]:
    """How far a learner is before each rollout; someone presses Ctrl-C when it has come to `stop_at` steps."""
    step, seen = RolloutLearner.step, []

    def watched(learner: RolloutLearner, progress: float) -> dict[str, float]:
        if learner.steps == stop_at:
            raise KeyboardInterrupt
        seen.append(learner.steps)
        return step(learner, progress)

    monkeypatch.setattr(RolloutLearner, "step", watched)
    return seen


def rows_of(out: Path) -> list[dict[str, str]]:
    """metrics.csv as text, after a look at its lines: all have the columns of the first."""
    with (out / "metrics.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))
    assert all(len(row) == len(rows[0]) for row in rows)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def assert_same_end(first: Path, second: Path) -> None:
    """Whether two runs have come to the same learner, to the last bit."""
    (ours, about), (theirs, about_theirs) = (nn.files.read(folder / "last.npz") for folder in (first, second))
    assert about["learner"] == about_theirs["learner"]
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(theirs[name], array, err_msg=name)
