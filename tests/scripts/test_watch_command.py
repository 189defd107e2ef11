"""watch.py as a command: mistakes, no display, Ctrl-C, replays."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts import watch
from scripts.games.playback_game import PlaybackGame
from scripts.games.players import find_agent
from scripts.games.replay import open_replay, save_replay
from tests.support.paths import ROOT

pytest.importorskip("pygame")


from scripts.ui.app import DISPLAYS


def test_the_command_closes_on_ctrl_c() -> None:
    """In a process of its own, with the signal that a terminal sends."""
    words = [sys.executable, "scripts/watch.py", "shortcut", "--height", "8", "--width", "6"]
    with subprocess.Popen(
        words, cwd=ROOT, env=os.environ | {"SDL_VIDEODRIVER": "dummy"}, stderr=subprocess.PIPE
    ) as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        errors = process.stderr.read().decode()
        assert process.wait(10) == 130
    assert errors == ""


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["shortcut"], "no window can be opened here"),
        (["shortcut", "--replay", "x.json"], "give one to four agents"),
        ([], "give one to four agents"),
        (["nobody"], "there is no agent at nobody"),
        (["pyproject.toml"], "pyproject.toml"),
        (["digits-cnn.npz"], "digits-cnn.npz"),
        (["ppo-10x10", "--height", "8", "--width", "8"], "it was trained on 10 x 10"),
        (["ppo-6x6", "ppo-10x10"], "ppo-10x10 cannot play on 6 x 6: it was trained on 10 x 10"),
        (["cycle", "--height", "7", "--width", "7"], "this board of 7 x 7"),
        (["--replay", "README.md"], "README.md is no replay"),
        (["shortcut", "--fps", "0"], "fps is 0"),
        (["shortcut", "--seed", "-1"], "seed is -1; give an integer from 0"),
        (["game.json"], "game.json is not an agent; if it is a replay, open it with: --replay game.json"),
    ],
)
def test_mistakes_are_one_line(words: list[str], line: str) -> None:
    environment = os.environ | {"SDL_VIDEODRIVER": "nowhere"}
    command = [sys.executable, "scripts/watch.py", *words]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert line in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, answer.stderr


def test_a_machine_without_a_display_is_told_what_to_do() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    command = [sys.executable, "scripts/watch.py", "shortcut"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line.startswith("error: no window can be opened here (no display found)")
    assert "--text" in line
    assert "record.py" in line


def test_a_replay_is_watched_from_the_command_line(tmp_path: Path) -> None:
    game = PlaybackGame("shortcut", find_agent("shortcut", {}), {"height": 5, "width": 6}, 9)
    while not game.over:
        game.step()
    save_replay(game.replay(), tmp_path / "game.json")
    assert json.loads((tmp_path / "game.json").read_text())["score"] == open_replay(tmp_path / "game.json").score > 3
    shown = watch.main(watch.parse(["--replay", str(tmp_path / "game.json"), "--games", "1", "--fps", "240"]))
    assert shown == len(game.timesteps)
