"""The progress of a training: one line that is redrawn in a terminal, and a line now and then in a file."""

import math
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

WITH_BAR = 110  # columns of a terminal that has room for a bar, too
BETWEEN_LINES = 10.0  # seconds between two lines in a file
BETWEEN_DRAWINGS = 0.2  # seconds between two drawings in a terminal


class ProgressDisplay:
    """Shows the time that is left and a text; use it as a context. A line is cut where the terminal ends.

    Args:
        console: to print to; everything that is printed meanwhile goes through it.
        text: shown before the first update.
    """

    def __init__(self, console: Console, text: str) -> None:
        self.console = console
        self._redrawn = console.is_interactive  # not in a file, nor in a terminal that cannot move its cursor
        bar = [BarColumn(bar_width=24)] if console.width >= WITH_BAR else []
        self._progress = Progress(
            TextColumn("{task.fields[left]}{task.description}", markup=False),
            *bar,
            console=console,
            disable=not self._redrawn,
        )
        self._task = self._progress.add_task(text, total=1.0, left="")
        self._printed, self._drawn = -math.inf, time.perf_counter()

    def __enter__(self) -> "ProgressDisplay":
        """Start to show."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last line."""
        self._progress.stop()

    @property
    def due(self) -> bool:
        """Whether it is time for an update."""
        return time.perf_counter() - self._drawn > BETWEEN_DRAWINGS

    def update(self, done: float, seconds: float | None, text: str) -> None:
        """Show a text.

        Args:
            done: share of the work that is done, 0 to 1.
            seconds: that it took, from which the time that is left is estimated; None for no estimate.
            text: at most 67 characters, so that a line fits 80 columns.
        """
        now = time.perf_counter()
        left = (
            f"{max(0.0, seconds * (1 / done - 1)):.0f} s left".rjust(11) + "  " if done and seconds is not None else ""
        )
        self._drawn = now
        self._progress.update(self._task, completed=done, description=text, left=left)
        if not self._redrawn and now - self._printed > BETWEEN_LINES:
            self._printed = now
            self.console.print(f"{left}{text}", no_wrap=True, overflow="ellipsis", crop=True)
