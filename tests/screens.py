"""A screen for windows: a virtual one of X (Xvfb) where that is installed, which is a real one for SDL; else none."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def virtual_screen() -> Iterator[dict[str, str]]:
    """The environment variables by which SDL finds it."""
    if shutil.which("Xvfb") is None:
        yield {"SDL_VIDEODRIVER": "dummy"}
        return
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()  # X tells its number when it is ready
    yield {"SDL_VIDEODRIVER": "x11", "DISPLAY": f":{number}"}
    server.terminate()
    server.wait(10)


@pytest.fixture
def screen(virtual_screen: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of this test open on the virtual screen."""
    for name, value in virtual_screen.items():
        monkeypatch.setenv(name, value)
