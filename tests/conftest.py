"""What all tests share: a display that nobody needs, a virtual one for windows, and hypothesis without a stopwatch."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import settings

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def virtual_display() -> Iterator[dict[str, str]]:
    """The variables by which SDL finds a virtual screen, where Xvfb is installed; else those of its dummy driver."""
    binary = shutil.which("Xvfb")
    if binary is None:
        yield {"SDL_VIDEODRIVER": "dummy"}
        return
    readable, writable = os.pipe()
    command = [binary, "-displayfd", str(writable), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(writable,), stderr=subprocess.DEVNULL) as server:
        os.close(writable)
        with os.fdopen(readable) as number:
            yield {"SDL_VIDEODRIVER": "x11", "DISPLAY": f":{number.readline().strip()}"}
        server.terminate()


@pytest.fixture
def screen(virtual_display: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen for real windows: a virtual one if there is one."""
    for name, value in virtual_display.items():
        monkeypatch.setenv(name, value)
