"""The progress of trainings in a file, as a cron job or a cluster keeps it."""

import re
from pathlib import Path

import pytest

from scripts import train, train_mnist
from scripts.training import progress_display
from scripts.training.snake_run import _describe
from tests.support.digits import small_mnist
from tests.support.learning_runs import STEPS, tiny

EVOLUTION = "--height 5 --width 6 --n-episodes 3 --population-size 8 --final-games 6 --generations 3 --workers 1"
MNIST = "mlp --hidden 16 --batch-size 25 --epochs 2 --threads 1 --data-dir data"


def progress_lines(printed: str) -> list[str]:
    """The lines of progress, after a check that no line is wider than 80 columns."""
    lines = printed.splitlines()
    assert max(map(len, lines)) <= 80, max(lines, key=len)
    found = [line for line in lines if re.match(r" *\d+ s left  ", line)]
    assert found
    assert not any("…" in line for line in found)
    return found


@pytest.fixture(autouse=True)
def _every_step_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(progress_display, "BETWEEN_LINES", -1.0)
    monkeypatch.setattr(progress_display, "BETWEEN_DRAWINGS", -1.0)


def test_an_evolution_reports_its_scores(capsys: pytest.CaptureFixture[str]) -> None:
    train.main(train.parse(["es", *EVOLUTION.split(), "--out", "run"]))
    lines = progress_lines(capsys.readouterr().out)
    assert len(lines) == 3
    pattern = r" left  generation \d+: score [\d.]+, best [\d.]+, champion [\d.]+; \d+k? steps/s$"
    assert all(re.search(pattern, line) for line in lines), lines


def test_a_learner_reports_its_scores(capsys: pytest.CaptureFixture[str]) -> None:
    words = tiny("--observation", "features", "--total-timesteps", str(4 * STEPS), "--out", "run")
    train.main(train.parse(["ppo", *words]))
    lines = progress_lines(capsys.readouterr().out)
    assert len(lines) == 4
    validation = r", validation [\d.]+ \(\d+% full\)"
    pattern = rf" left  [\d.]+M steps: score ([\d.]+|nan)({validation})?; \d+k? steps/s$"
    assert all(re.search(pattern, line) for line in lines), lines
    assert [bool(re.search(validation, line)) for line in lines] == [False, True, True, True]


def test_a_classifier_reports_its_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    small_mnist(tmp_path / "data", monkeypatch)
    train_mnist.main(train_mnist.parse([*MNIST.split(), "--out", "run"]))
    lines = progress_lines(capsys.readouterr().out)
    assert len(lines) >= 2
    pattern = r" left  epoch \d+: loss [\d.]+(, validation [\d.]+%)?; [\d,]+ images/s$"
    assert all(re.search(pattern, line) for line in lines), lines
    assert ", validation " in lines[-1]


@pytest.mark.parametrize(
    "row",
    [
        {"generation": 9_999, "best_score": 397.0, "mean_score": 90.05, "validation_score": 396.5},
        {"timesteps": 9_999_990_000, "episode_score": 90.05, "validation_score": 396.5, "validation_full": 1.0},
    ],
    ids=["evolution", "learner"],
)
def test_the_largest_numbers_fit_too(row: dict[str, float]) -> None:
    for speed in (9_999, 999_000):
        described = _describe(row | {"steps_per_second": speed})
        assert len(described) <= 80 - 13, described  # beside the time that is left
