"""Fixtures of all tests: a virtual screen for windows, no screen for all else; hypothesis without deadlines."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # tests run side by side; NumPy asks when it is imported

import pytest
from hypothesis import settings

from tests.support import moves
from tests.support.moves import Move

if TYPE_CHECKING:
    from tests.support.ui.pages import Show
    from tests.support.ui.watching import OpenWatch

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
# A shell starts commands in the background with Ctrl-C ignored, which processes that tests start would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def virtual_screen() -> Iterator[dict[str, str]]:
    """The variables by which SDL finds a virtual screen, where Xvfb is installed; else those of its dummy driver."""
    binary = shutil.which("Xvfb")
    if binary is None:
        yield {"SDL_VIDEODRIVER": "dummy"}
        return
    readable, writable = os.pipe()
    command = [binary, "-displayfd", str(writable), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(writable,), stderr=subprocess.DEVNULL) as server:
        os.close(writable)
        with os.fdopen(readable) as answer:
            number = answer.readline().strip()  # it comes when the screen is ready
        yield {"SDL_VIDEODRIVER": "x11", "DISPLAY": f":{number}"}
        server.terminate()


@pytest.fixture
def screen(virtual_screen: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of this test open on the virtual screen, whatever the environment says."""
    for name, value in virtual_screen.items():
        monkeypatch.setenv(name, value)
    if "pygame" in sys.modules:
        sys.modules["pygame"].display.quit()  # a window that is open already may be elsewhere


@pytest.fixture
def show(screen: None) -> "Iterator[Show]":  # noqa: ARG001  windows open there
    """Opens windows on pages that a test draws (see `tests.support.ui.pages`)."""
    from scripts.ui.app import App
    from tests.support.ui.pages import Drawing, Page

    apps: list[App] = []

    def open_window(drawing: Drawing) -> App:
        apps.append(App(Page(drawing), (640, 480)))
        apps[-1].frame()
        return apps[-1]

    yield open_window
    for app in apps:
        app.close()


@pytest.fixture
def open_watch(screen: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Iterator[OpenWatch]":  # noqa: ARG001
    """Opens windows on matches of agents by name; games are saved in a folder of the test's own."""
    from scripts.games.playback_match import new_match
    from tests.support.ui.watching import Watch

    monkeypatch.chdir(tmp_path)
    opened: list[Watch] = []

    def make(*names: str, rules: dict[str, Any] | None = None, seed: int = 3, **options: Any) -> Watch:
        opened.append(Watch(new_match(names, rules or {}, seed), **options))
        opened[-1].app.frame()
        return opened[-1]

    yield make
    for one in opened:
        one.app.close()


@pytest.fixture(params=["move_game", "move_batch"], ids=["game", "batch"])
def move(request: pytest.FixtureRequest) -> Move:
    """Plays moves on a drawn board, with each engine."""
    mover: Move = getattr(moves, request.param)
    return mover
