"""Watching a training: polls of its folder, the window, and real processes that are closed and stopped."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.paths import ROOT

pytest.importorskip("pygame")

from scripts import train, watch_run
from scripts.common.run_folder import RunFolder
from scripts.games.live_run import LiveRun
from scripts.ui.app import App
from scripts.windows.run_window import RunWindow, _chart_lines
from tests.support.ui.windows import press, shot, wait
from tests.support.waiting import until

TINY = [
    "--height",
    "5",
    "--width",
    "6",
    "--n-episodes",
    "3",
    "--population-size",
    "8",
    "--workers",
    "1",
    "--final-games",
    "4",
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "es"
    train.main(train.parse([*TINY, "--generations", "6", "--out", str(path)]))
    return path


@pytest.fixture
def begun(finished: Path, tmp_path: Path) -> Path:
    """The run when it had just begun: its options alone."""
    path = tmp_path / "begun"
    path.mkdir()
    shutil.copy(finished / "config.json", path)
    return path


def test_a_poll_returns_only_what_is_new(finished: Path, begun: Path) -> None:
    run = LiveRun(begun)
    assert run.poll() == (None, None, None, False)
    rows = RunFolder(finished).read_metrics()
    RunFolder(begun).write_metrics(rows[:2])
    assert run.poll() == (rows[:2], None, None, False)
    assert run.poll() == (None, None, None, False)
    shutil.copy(finished / "best.npz", begun)
    RunFolder(begun).write_metrics(rows)
    metrics, agent, result, _ = run.poll()
    assert metrics == rows
    assert agent is not None
    assert agent.environment["width"] == 6
    assert result is None
    RunFolder(begun).write_json("result.json", {"mean": 1.5, "full": 0.25})
    assert run.poll() == (None, None, {"mean": 1.5, "full": 0.25}, False)


def test_a_poll_tells_whether_a_process_trains_the_run(begun: Path) -> None:
    run, folder = LiveRun(begun), RunFolder.existing(begun)
    folder.lock()
    assert run.poll().running
    assert LiveRun(begun).poll().running
    folder.unlock()
    assert not run.poll().running


@pytest.mark.parametrize("clock", [0, -3600, 3600])
def test_a_copy_of_a_finished_run_is_finished_whatever_the_clock(finished: Path, tmp_path: Path, clock: int) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for number, name in enumerate(("config.json", "result.json", "best.npz", "metrics.csv")):  # metrics.csv is newest
        shutil.copy(finished / name, copy)
        os.utime(copy / name, (1e9 + number * (1 + clock), 1e9 + number * (1 + clock)))
    update = LiveRun(copy).poll()
    assert update.result is not None
    assert not update.running


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize(
    ("trains", "ended", "shown"),
    [(True, False, "training"), (False, False, "stopped"), (False, True, "training is over")],
)
def test_the_window_says_whether_it_trains(finished: Path, begun: Path, trains: bool, ended: bool, shown: str) -> None:
    for name in ["metrics.csv", *["result.json"] * ended]:
        shutil.copy(finished / name, begun)
    folder = RunFolder.existing(begun)
    if trains:
        folder.lock()
    window = RunWindow(LiveRun(begun), fps=30)
    app = App(window, (900, 600))
    wait(app, lambda: bool(window.metrics))
    assert window._figures()[0][2] == shown
    app.close()
    folder.unlock()


def test_a_folder_that_is_no_run_of_a_player_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no run; give the folder"):
        LiveRun(tmp_path)
    (tmp_path / "config.json").write_text('{"kind": "cnn"}')
    with pytest.raises(ValueError, match="is a run of a classifier"):
        LiveRun(tmp_path)
    (tmp_path / "config.json").write_text('{"kind": ')
    with pytest.raises(ValueError, match=r"config.json is damaged: it is not JSON .*; give the folder of"):
        LiveRun(tmp_path)


@pytest.mark.parametrize("row", ["1,x", "1", "1,2,3"])
def test_damaged_metrics_are_named(row: str, tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(f"seconds,timesteps\n0,0\n{row}\n")
    with pytest.raises(ValueError, match=r"metrics.csv is damaged: .*; give the folder of another run"):
        RunFolder(tmp_path).read_metrics()


def test_the_best_agent_is_kept_from_the_first_generation_on(tmp_path: Path) -> None:
    """And the weights in the end are the champion's, as `last.npz` has them."""
    import agents
    import nn

    path = tmp_path / "es"
    train.main(train.parse([*TINY, "--generations", "1", "--out", str(path)]))
    before = (path / "best.npz").stat().st_mtime_ns
    train.main(train.parse(["--resume", str(path), "--generations", "6", "--workers", "1"]))
    assert (path / "best.npz").stat().st_mtime_ns > before
    arrays, _ = nn.files.read(path / "last.npz")
    best = agents.load(path)
    assert isinstance(best, agents.NetworkAgent)
    np.testing.assert_array_equal(best.network.flat, arrays["champion"].astype(np.float32))
    assert "watch" not in json.loads((path / "config.json").read_text())


@pytest.mark.usefixtures("screen")
def test_the_window_shows_the_agent_once_there_is_one(finished: Path, begun: Path) -> None:
    window = RunWindow(LiveRun(begun), fps=30)
    app = App(window, (900, 600))
    app.frame()
    empty = shot()
    for name in ("best.npz", "metrics.csv"):
        shutil.copy(finished / name, begun)
    wait(app, lambda: window.playback is not None and window.playback.position > 2)
    assert len(window.metrics) == 6
    assert window.result is None
    assert {name: figure for name, figure, _ in window._figures()}["time"].endswith(" s")
    app.frame()
    assert (
        shot(window.boards.places[0]) != empty[: window.boards.places[0].height, : window.boards.places[0].width]
    ).any()
    assert window._levels() == {"board full": 5 * 6 - 3}
    press(app, "space")
    playback = window.playback
    assert playback is not None
    position = playback.position
    for _ in range(30):
        window.update(0.05)
        app.frame()
    assert playback.position == position
    shutil.copy(finished / "result.json", begun)
    wait(app, lambda: window.result is not None)
    mean = json.loads((finished / "result.json").read_text())["mean"]
    assert ("reached", f"{mean:.1f}") in [figure[:2] for figure in window._figures()]
    seed = playback.match.seed
    press(app, "n")
    wait(app, lambda: window.playback is not None and window.playback.match.seed == seed + 1)
    app.close()


@pytest.mark.usefixtures("screen")
def test_a_better_agent_plays_the_same_game_anew(finished: Path, begun: Path) -> None:
    window = RunWindow(LiveRun(begun), fps=30)
    app = App(window, (900, 600))
    shutil.copy(finished / "best.npz", begun)
    wait(app, lambda: window.playback is not None)
    first = window.playback
    assert first is not None
    os.utime(begun / "best.npz")
    wait(app, lambda: window.playback is not first)
    assert window.playback is not None
    assert window.playback.match.seed == first.match.seed
    assert window.playback.match.games[0].agent is not first.match.games[0].agent
    app.close()


def children(pid: int) -> list[int]:
    """Processes that this one started and that run."""
    answer = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    lines = [line.split() for line in answer.stdout.splitlines()]
    return [int(child) for child, state in lines if not state.startswith("Z")]


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts train.py --watch as its users do, and cleans up what is left of it."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "scripts/train.py", *TINY, "--watch", "--out", str(tmp_path / "run"), *words]
        started.append(
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.skipif(shutil.which("ps") is None, reason="finds the window's process with ps")
def test_closing_the_window_leaves_the_training_running(
    training: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = training("--budget", "8s")
    until(lambda: (tmp_path / "run" / "metrics.csv").exists())
    (window,) = children(process.pid)
    os.kill(window, signal.SIGTERM)
    until(lambda: not children(process.pid))
    assert process.poll() is None
    rows = len(RunFolder(tmp_path / "run").read_metrics())
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert len(RunFolder(tmp_path / "run").read_metrics()) > rows
    assert (tmp_path / "run" / "result.json").exists()


@pytest.mark.skipif(shutil.which("ps") is None, reason="finds the window's process with ps")
def test_ctrl_c_stops_training_and_window(training: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = training("--budget", "1h")
    until(lambda: (tmp_path / "run" / "metrics.csv").exists())
    assert len(children(process.pid)) == 1
    time.sleep(2)  # until the window is there, too
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    output, _ = process.communicate(timeout=60)  # until both have let go of the pipe
    assert process.returncode == 0, output
    assert "Traceback" not in output
    assert (tmp_path / "run" / "result.json").exists()


def test_without_a_display_the_training_goes_on(training: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = training("--budget", "6s", SDL_VIDEODRIVER="nowhere")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "Traceback" not in output
    assert output.count("error: no window can be opened here") == 1
    assert "a training goes on without it" in output
    assert (tmp_path / "run" / "result.json").exists()


def test_the_script_shows_a_run_until_the_window_is_closed(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[RunWindow] = []
    original = RunWindow.update

    def update(window: RunWindow, seconds: float) -> None:
        original(window, seconds)
        shown.append(window)
        window.closed = window.playback is not None

    monkeypatch.setattr(RunWindow, "update", update)
    watch_run.main(watch_run.parse([str(finished), "--fps", "30"]))
    assert len(shown[-1].metrics) == 6
    with pytest.raises(ValueError, match="fps is 0"):
        watch_run.main(watch_run.parse([str(finished), "--fps", "0"]))


def test_the_chart_of_a_learner_has_its_validation_and_training_games(finished: Path) -> None:
    scores = (float("nan"), 2.0, 4.0)
    rows = [{"seconds": float(i), "episode_score": s, "validation_score": 3.0} for i, s in enumerate(scores)]
    validation, training = _chart_lines(rows)
    assert (list(validation.xs), list(validation.ys)) == ([0.0], [3.0])
    assert (list(training.xs), list(training.ys)) == ([1.0, 2.0], [2.0, 4.0])
    names = [line.name for line in _chart_lines(RunFolder(finished).read_metrics())]
    assert names == ["champion, validation games", "best of the population", "mean of the population"]
