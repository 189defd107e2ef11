"""Playback in a terminal: the output in a pseudo-terminal and in a pipe."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

from scripts import watch
from scripts.games.playback_match import new_match
from scripts.games.terminal_playback import HIDE_CURSOR, HOME, SHOW_CURSOR, match_lines
from snake_env.rendering.renderer import render_text
from tests.support.paths import ROOT

CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def test_boards_stand_side_by_side() -> None:
    match = new_match(["greedy", "cycle"], {"height": 5, "width": 8, "walls": "wrap"}, 4)
    match.play(6)
    lines = match_lines(match, 5, colours=False)
    boards = [render_text(game.timesteps[5].state, wrap=True).splitlines() for game in match.games]
    assert lines[0].split() == ["greedy", "cycle"]
    pairs = zip(boards[0][:-1], boards[1][:-1], strict=True)
    assert [line.rstrip() for line in lines[1:-2]] == [f"{left:26}{right}" for left, right in pairs]
    assert len({len(line) for line in lines}) == 1
    assert lines[-2].count("score") == 2


def test_colours_change_no_character() -> None:
    match = new_match(["shortcut"], {"height": 6, "width": 5}, 4)
    match.play(20)
    plain, coloured = (match_lines(match, 19, colours=colours) for colours in (False, True))
    assert [CODES.sub("", line) for line in coloured] == plain
    (head,) = (found for line in coloured[1:-2] for found in re.findall(r"\x1b\[([0-9;]+)m[\^>v<]", line))
    (food,) = (found for line in coloured[1:-2] for found in re.findall(r"\x1b\[([0-9;]+)m●", line))
    assert head != food


def test_a_pipe_gets_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    shown = watch.main(
        watch.parse(["greedy", "--text", "--games", "2", "--fps", "5000", "--height", "4", "--width", "5"])
    )
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert text.count("score") == shown > 4
    assert text.count("game over") + text.count("board full") == 2


def run_in_terminal(words: list[str], columns: int, lines: int, *, interrupt: bool = False) -> tuple[int, str]:
    """Exit status and output of a command in a terminal of that size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    command = [sys.executable, "scripts/watch.py", *words]
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        output, interrupted, end = b"", False, time.monotonic() + 60
        while time.monotonic() < end:
            try:
                part = os.read(ours, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not part:
                break
            output += part
            if interrupt and not interrupted and output.count(HOME.encode()) > 3:
                process.send_signal(signal.SIGINT)
                interrupted = True
        process.wait(10)
    os.close(ours)
    return process.returncode, output.decode()


def test_a_terminal_is_written_in_place_and_its_cursor_restored() -> None:
    status, text = run_in_terminal(
        ["greedy", "cycle", "--text", "--fps", "500", "--games", "1", "--height", "5", "--width", "6"], 80, 24
    )
    assert status == 0
    assert text.count(HIDE_CURSOR) == text.count(SHOW_CURSOR) == 1
    assert text.index(HIDE_CURSOR) < text.index(HOME) < text.rindex(HOME) < text.index(SHOW_CURSOR)
    assert text.count("\x1b[2J") == 1  # cleared once, then written over
    for shown in text.split(HOME)[1:-1]:
        assert all(len(CODES.sub("", line).rstrip("\r")) <= 80 for line in shown.split("\n"))


def test_ctrl_c_restores_the_cursor() -> None:
    status, text = run_in_terminal(["cycle", "--text", "--fps", "100"], 80, 24, interrupt=True)
    assert status == 130
    assert text.endswith(SHOW_CURSOR)
    assert "Traceback" not in text


def test_a_terminal_that_is_too_small_is_named() -> None:
    status, text = run_in_terminal(["greedy", "cycle", "--text"], 40, 24)
    assert status == 1
    assert "the boards need 49 columns and 16 lines, the terminal has 40 and 24" in text
    assert "Traceback" not in text
