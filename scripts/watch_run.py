"""Watch a training in a window: games of the best agent so far, and the learning curve. It may be running or over.

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

NICENESS = 5  # lower priority than the training
FPS = 25  # fewer than in other windows, to leave the cores to the training


@dataclass(frozen=True, kw_only=True)
class Config:
    """The run, and the speed."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder of train.py."""
    fps: int = 20
    """Moves per second."""


def main(config: Config) -> None:
    """Show the run until the window is closed.

    Raises:
        FileNotFoundError: see `LiveRun`.
        ValueError: see `LiveRun`.
        RuntimeError: there is no display.
    """
    if config.fps < 1:
        raise ValueError(f"fps is {config.fps}; it must be at least 1")
    run = LiveRun(config.run)
    from scripts.ui.app import App  # first: where pygame is missing, it says what to install
    from scripts.windows.run_window import RunWindow

    App(RunWindow(run, fps=config.fps)).run(FPS)


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    run_command(main, parse)
