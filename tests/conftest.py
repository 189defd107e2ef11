"""What all tests share: a virtual screen for windows, no screen for all else, and hypothesis without a stopwatch."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

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
