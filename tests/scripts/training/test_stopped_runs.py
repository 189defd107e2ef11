"""Runs that are asked to end, by people, terminals and operating systems, and disks that are full."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agents
import nn
from scripts import train
from scripts.common.run_folder import RunFolder
from scripts.games.players import make_games
from scripts.training import snake_report, snake_run
from tests.support.paths import ROOT
from tests.support.waiting import until

TINY = ["--height", "4", "--width", "5", "--population-size", "8", "--n-episodes", "2", "--final-games", "2"]
ALONE = [*TINY, "--workers", "1"]
unix = pytest.mark.skipif(os.name == "nt", reason="there are no such signals")


def started(run: Path, *words: str, before: str = "") -> "subprocess.Popen[str]":
    """Start a training that would take an hour, and wait until it has learned something."""
    command = [*before.split(), sys.executable, "scripts/train.py", "ga", "--budget", "1h", "--out", str(run), *words]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    until((run / "last.npz").exists)
    return process


@unix
@pytest.mark.parametrize(
    "asked",
    [["SIGTERM"], ["SIGHUP", "SIGHUP"], ["SIGTERM", "SIGHUP"], ["SIGQUIT"], ["SIGXCPU"]],
    ids=["kill", "closed terminal", "service", "quit", "CPU time"],
)
def test_every_request_to_end_counts_as_one_ctrl_c(asked: list[str], tmp_path: Path) -> None:
    with started(tmp_path / "run", *ALONE) as process:
        for name in asked:
            process.send_signal(getattr(signal, name))
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "Stopped; keeping what was learned." in output
    assert (tmp_path / "run" / "result.json").exists()


@unix
def test_what_was_learned_is_kept_when_the_terminal_is_closed(tmp_path: Path) -> None:
    """Then output fails, too."""
    run = tmp_path / "run"
    terminal, inside = os.openpty()
    command = [sys.executable, "scripts/train.py", "ga", *ALONE, "--budget", "1h", "--out", str(run)]
    # The process makes this terminal its own, so that it gets the signal when the terminal is closed.
    own = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    words = [sys.executable, "-c", own, *command]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=inside, stdout=inside, stderr=inside, start_new_session=True
    ) as process:
        os.close(inside)
        until((run / "last.npz").exists)
        os.close(terminal)
        process.wait(60)
    assert {file.name for file in run.iterdir()} >= {"best.npz", "curve.png", "best_game.gif", "result.json"}
    assert process.returncode == 1  # the output was lost


@unix
def test_nohup_is_respected(tmp_path: Path) -> None:
    with started(tmp_path / "run", *ALONE, before="nohup") as process:
        process.send_signal(signal.SIGHUP)
        rows = len(RunFolder(tmp_path / "run").read_metrics())
        until(lambda: len(RunFolder(tmp_path / "run").read_metrics()) > rows)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output


@unix
@pytest.mark.skipif(shutil.which("ps") is None, reason="finds the workers with ps")
@pytest.mark.parametrize("end", ["SIGKILL", "SIGTERM"])
def test_no_worker_outlives_a_training_that_was_killed(end: str, tmp_path: Path) -> None:
    """SIGTERM goes to all of its processes, as a job manager sends it."""

    def session() -> list[str]:
        words = ["ps", "-o", "pid=,stat=", "--sid", str(process.pid)]
        answer = subprocess.run(words, capture_output=True, text=True, check=False)
        return [line for line in answer.stdout.splitlines() if not line.split()[1].startswith("Z")]

    with started(tmp_path / "run", *TINY, "--workers", "2") as process:
        assert len(session()) >= 3
        if end == "SIGKILL":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == (-signal.SIGKILL if end == "SIGKILL" else 0), output
        until(lambda: not session(), seconds=10)


def test_ctrl_c_skips_the_final_games(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(snake_report, "evaluate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train.main(train.parse(["ga", *ALONE, "--generations", "2", "--out", str(run)]))
    output = capsys.readouterr().out
    assert "Playing 2 fresh games with each of 4 players; Ctrl-C skips them." in output
    assert output.endswith(f"Skipped. Measure the agent later:  python scripts/evaluate.py {run}\n")
    names = {file.name for file in run.iterdir()}
    assert names == {".lock", "config.json", "last.npz", "best.npz", "metrics.csv", "curve.png"}
    assert train.main(train.parse(["--resume", str(run), "--workers", "1"]))["generations"] == 2


def test_the_final_games_show_how_far_they_are() -> None:
    ended: list[int] = []
    player = agents.load("q-10x10")
    agents.evaluate(player, make_games(player, {}, 7), games=10, callback=ended.append)
    assert ended == sorted(ended)
    assert set(ended) <= set(range(11))
    assert (ended[0], ended[-1]) == (0, 10)


@pytest.mark.parametrize("kind", ["ga", "ppo"])
def test_a_disk_that_is_full_for_a_while_does_not_end_a_training(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second checkpoint and the second best agent cannot be written; in the end nothing is missing."""
    words = {"ga": [*ALONE, "--generations", "4"]}
    words["ppo"] = ["--height", "4", "--width", "5", "--final-games", "2", "--validation-games", "2", "--threads", "1"]
    words["ppo"] += ["--observation", "features", "--hidden", "8", "--n-envs", "4", "--n-steps", "8"]
    words["ppo"] += ["--batch-size", "16", "--total-timesteps", "128"]
    monkeypatch.setattr(snake_run, "BETWEEN_CHECKPOINTS", -1.0)
    whole, part = tmp_path / "whole", tmp_path / "part"
    train.main(train.parse([kind, *words[kind], "--out", str(whole)]))
    write, written = nn.files.write, []

    def full(path: Path, *content: Any) -> None:
        written.append(path.name)
        if written.count(path.name) == (2 if path.name == "last.npz" else 1):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, *content)

    monkeypatch.setattr(nn.files, "write", full)
    capsys.readouterr()
    train.main(train.parse([kind, *words[kind], "--out", str(part)]))
    warnings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning: ")]
    for name in ("last.npz", "best.npz"):
        expected = (
            f"warning: {part / name} cannot be written: No space left on device. Training goes on and tries again"
        )
        assert len([line for line in warnings if line.startswith(expected)]) == 1
    for name in ("last.npz", "best.npz"):
        ours, theirs = (nn.files.read(run / name)[0] for run in (whole, part))
        for key, array in ours.items():
            np.testing.assert_array_equal(theirs[key], array, err_msg=key)
