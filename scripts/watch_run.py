"""Watch a training in a window: games of the best agent so far, and the learning curve. It may be running or over.

Examples:
    python scripts/watch_run.py runs/ppo

    # Train, and open this window
    python scripts/train.py ppo --watch
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from scripts.common import cli
from scripts.common.command_line import require_positive, run_command
from scripts.games.live_run import LiveRun

NICENESS = 5  # lower priority than the training
FPS = 25  # fewer than in other windows, to leave the cores to the training


@dataclass(frozen=True, kw_only=True)
class Options:
    """The run, and the speed."""

    run: Annotated[Path, cli.POSITIONAL]
    """Run folder of train.py."""
    fps: int = 20
    """Moves per second."""


def main(options: Options) -> None:
    """Show the run until the window is closed.

    Raises:
        FileNotFoundError: see `LiveRun`.
        ValueError: see `LiveRun`.
        RuntimeError: there is no display.
    """
    require_positive(options, "fps")
    run = LiveRun(options.run)
    from scripts.ui.app import App  # first: where pygame is missing, it says what to install
    from scripts.windows.run_window import RunWindow

    App(RunWindow(run, fps=options.fps)).run(FPS)


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    run_command(main, parse)
