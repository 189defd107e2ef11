"""Scripts as commands: what a user gets wrong is one line and an exit code, whatever the script is."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.common.command_line import run_command
from tests.support.paths import ROOT

WINDOWS = {"watch": "shortcut", "play": "", "digits": "", "images": "PICTURE", "watch_run": "RUN"}
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")


def refuse(error: BaseException) -> Callable[[object], object]:
    def main(_: object) -> object:
        raise error

    return main


@pytest.mark.parametrize(
    "error", [ValueError("a is b;\nchoose c"), RuntimeError("a is b; choose c"), OSError("a is b; choose c")]
)
def test_a_mistake_is_one_line(error: Exception) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_command(refuse(error), list)
    assert stopped.value.code == "error: a is b; choose c"


def test_too_little_memory_is_a_line_too() -> None:
    with pytest.raises(SystemExit) as stopped:
        run_command(refuse(MemoryError("unable to allocate 9 TiB")), list)
    assert str(stopped.value.code).startswith("error: not enough memory (unable to allocate 9 TiB)")


def test_ctrl_c_has_the_code_that_shells_give_it() -> None:
    with pytest.raises(SystemExit) as stopped:
        run_command(refuse(KeyboardInterrupt()), list)
    assert stopped.value.code == 130


def test_what_is_no_mistake_of_the_user_keeps_its_trace() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(refuse(ZeroDivisionError()), list)


def test_a_reader_who_has_seen_enough_gets_no_trace() -> None:
    words = [sys.executable, "scripts/watch.py", "greedy", "--text", "--fps", "1000"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"greedy")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(10) == 0


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("*.py")), ids=lambda script: script.stem)
def test_commands_import_nothing_slow_before_ctrl_c_is_prepared_for(script: Path) -> None:
    if script.stem == "__init__":
        return
    before, _, _ = script.read_text().partition("scripts.end_at_once_on_ctrl_c()\n")
    names = re.findall(r"^ *(?:from|import) ([\w.]+)", before.partition('"""\n')[2], re.MULTILINE)
    assert set(names) <= {"os", "sys", "pathlib", "scripts"}
    assert names[-1] == "scripts"


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way")
@pytest.mark.parametrize("script", ["train_mnist", "watch"])
def test_ctrl_c_during_imports_gives_no_trace(script: str, tmp_path: Path) -> None:
    """A module that presses Ctrl-C when it is imported stands for one that takes long."""
    (tmp_path / "numpy.py").write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)")
    ended = subprocess.run(
        [sys.executable, f"scripts/{script}.py", "--help"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, b"", b"")


@pytest.fixture
def window_command(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script that would open a window on a machine without a display, and with what else is given."""
    from PIL import Image

    Image.new("RGB", (8, 6)).save(tmp_path / "picture.png")
    (tmp_path / "config.json").write_text('{"height": 6, "width": 5, "kind": "es"}')
    stands_for = {"PICTURE": str(tmp_path / "picture.png"), "RUN": str(tmp_path)}

    def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
        words = [stands_for.get(word, word) for word in WINDOWS[script].split()]
        command = [sys.executable, f"scripts/{script}.py", *words]
        return subprocess.run(
            command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.mark.parametrize("script", WINDOWS)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display(script: str, window_command: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    pytest.importorskip("pygame")
    ended = window_command(script)
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: no window can be opened here (no display found); ")


@pytest.mark.parametrize("script", WINDOWS)
def test_without_pygame(
    script: str, window_command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "pygame.py").write_text("raise ImportError")
    ended = window_command(script, PYTHONPATH=str(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.strip() == (
        'error: a window needs pygame, which is not installed; run: pip install "gymnasium-snake[render]"'
    )
