"""Tiny runs of learners, and the files that they leave."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from agents.learning.ppo import PPO
from agents.learning.pqn import PQN
from scripts import train

STEPS = 8 * 16  # of one rollout
NUMBERS = {"height": 5, "width": 6, "n-envs": 8, "n-steps": 16, "batch-size": 64, "n-epochs": 1, "threads": 1}
NUMBERS |= {"hidden": 16, "channels": 4, "n-validations": 2, "validation-games": 4, "final-games": 4}
both = pytest.mark.parametrize("kind", ["ppo", "pqn"])


def tiny(*words: str) -> list[str]:
    """Return the words of a command line, and the options of a tiny run that are not among them."""
    return [*words, *(f"--{name}={number}" for name, number in NUMBERS.items() if f"--{name}" not in words)]


def trained(kind: str, out: Path, *words: str, rollouts: int = 4) -> dict[str, Any]:
    """Train for some rollouts; return the result."""
    steps = str(rollouts * STEPS)
    return train.main(train.parse([kind, *tiny("--total-timesteps", steps, "--out", str(out), *words)]))


def resumed(out: Path, *words: str) -> dict[str, Any]:
    """Continue a run; return its result."""
    return train.main(train.parse(["--resume", str(out), *words]))


def watch(monkeypatch: pytest.MonkeyPatch, kind: str, stop_at: int | None = None) -> list[int]:
    """Record the timesteps before each rollout, and press Ctrl-C at `stop_at` timesteps."""
    learner: Any = {"ppo": PPO, "pqn": PQN}[kind]
    step, seen = learner.step, []

    def watched(self: Any, progress: float) -> Any:
        if self.num_timesteps == stop_at:
            raise KeyboardInterrupt
        seen.append(self.num_timesteps)
        return step(self, progress)

    monkeypatch.setattr(learner, "step", watched)
    return seen


def rows_of(out: Path) -> list[dict[str, str]]:
    """Return metrics.csv as text, after a check that all lines have the columns of the first."""
    with (out / "metrics.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))
    assert all(len(row) == len(rows[0]) for row in rows)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def assert_same_end(first: Path, second: Path) -> None:
    """Check that two runs have reached the same learner, to the last bit."""
    (ours, about), (theirs, about_theirs) = (nn.files.read(folder / "last.npz") for folder in (first, second))
    assert about["learner"] == about_theirs["learner"]
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(theirs[name], array, err_msg=name)
