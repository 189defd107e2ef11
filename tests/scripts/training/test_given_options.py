"""What a training makes of options that cannot all hold: too many workers, a budget beside a count, ~ in paths."""

from pathlib import Path

import pytest

from scripts import evaluate, train
from scripts.training import evolution_options
from scripts.training.evolution_options import ES
from tests.support.learning_runs import tiny

NUMBERS = {"generations": 1, "population-size": 4, "n-episodes": 1, "height": 5, "width": 6, "final-games": 4}
EVOLUTION = [f"--{name}={number}" for name, number in NUMBERS.items()] + ["--workers=1"]


def test_more_workers_than_cores_are_not_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evolution_options, "cpu_count", lambda: 3)
    for given, used in ((16, 3), (3, 3), (2, 2)):
        assert ES(workers=given)._useful_workers() == used
    assert capsys.readouterr().err == "16 workers on 3 cores would be slower than 3; using 3\n"


def test_a_budget_that_does_not_count_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train.main(train.parse(["es", *EVOLUTION, "--budget", "90s", "--out", str(tmp_path / "run")]))
    assert capsys.readouterr().err == "--generations 1 ends the training; --budget 90s does not count\n"
    train.main(train.parse(["--resume", str(tmp_path / "run"), "--generations", "2", "--budget", "95s"]))
    assert capsys.readouterr().err == ""


def test_the_home_folder_is_understood_in_every_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    train.main(train.parse(["es", *EVOLUTION, "--out=~/run"]))
    train.main(train.parse(["--resume=~/run", "--generations", "2"]))
    rows = evaluate.main(evaluate.parse(["~/run", "--games", "2", "--plot", "~/plot.png"]))
    assert [row["agent"] for row in rows] == [str(tmp_path / "run")]
    assert {file.name for file in tmp_path.iterdir()} == {"run", "plot.png"}
    assert str(tmp_path / "run") in capsys.readouterr().out


def test_scripted_players_reach_the_same_in_train_and_evaluate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also beside an agent with relative actions, of which there are three."""
    monkeypatch.setenv("COLUMNS", "100")
    words = tiny("--total-timesteps", "128", "--observation", "features", "--out", str(tmp_path / "run"))
    train.main(train.parse(["ppo", *words]))
    trained = capsys.readouterr().out
    evaluate.main(evaluate.parse(["random", "greedy", "--games", "4", "--height", "5", "--width", "6"]))
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if "±" in line]
    assert len(rows) >= 2
    for row in rows[:2]:
        assert row in " ".join(trained.split())
