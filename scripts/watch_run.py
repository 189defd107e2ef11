"""Watch a training in a window: its best agent plays, and its curve grows. It may go on, or be over.

python scripts/watch_run.py runs/ppo

python scripts/train.py ppo --watch: trains, and opens this window
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from scripts.common.command_line import run_command
from scripts.games.live_run import LiveRun

NICER = 5  # by how much the window gives way to the training
FRAMES = 25  # a second: fewer than other windows draw, since the cores belong to the training


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which run."""

    run: Annotated[Path, tyro.conf.Positional]
    """Folder that train.py writes, or has written."""
    fps: int = 20
    """Moves a second."""


def main(config: Config) -> None:
    """Show the run until the window is closed.

    Raises:
        FileNotFoundError, ValueError: see `LiveRun`.
        RuntimeError: there is no display.
    """
    if config.fps < 1:
        raise ValueError(f"fps is {config.fps}; it must be at least 1")
    run = LiveRun(config.run)
    from scripts.ui.app import App  # first: where pygame is missing, it says what to install
    from scripts.windows.run_window import RunWindow

    App(RunWindow(run, fps=config.fps)).run(FRAMES)


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(NICER)
    run_command(main, parse)
