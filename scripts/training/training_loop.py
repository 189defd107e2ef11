"""The loop of a player's training: metrics row by row, the clock, the end by time or by count."""

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from scripts.common.budget import parse_budget
from scripts.common.run_folder import RunFolder
from scripts.common.terminal import make_console, print_sentence
from scripts.training.disk_errors import training_goes_on
from scripts.training.interrupts import finish_first
from scripts.training.progress_display import ProgressDisplay

BETWEEN_METRICS = 2.0  # seconds between two writes of metrics.csv, which windows read


class TrainingLoop:
    """Calls a training step until the training is over.

    Args:
        folder: of the run.
        rows: metrics of earlier parts of the run.
        seconds: that earlier parts took.
        budget: time of all parts together.
        until: (column of the metrics, its value at the end of the training); None for the value if the budget counts.
    """

    def __init__(
        self, folder: RunFolder, rows: list[dict[str, Any]], seconds: float, budget: str, until: tuple[str, int | None]
    ) -> None:
        self.folder, self.rows, self.console = folder, rows, make_console()
        self._column, self._last = until
        self._limit = parse_budget(budget) if self._last is None else math.inf
        self._started, self._written = time.perf_counter() - seconds, -math.inf

    @property
    def seconds(self) -> float:
        """Time of training, without the pauses between the parts of a run."""
        return time.perf_counter() - self._started

    @property
    def progress(self) -> float:
        """Share of the training that is over; 1 or more at its end."""
        return self.progress_at(self.rows[-1][self._column] if self.rows else 0)

    def progress_at(self, count: float) -> float:
        """The same when the column that ends the training has this value."""
        return self.seconds / self._limit if self._last is None else count / self._last

    def run(
        self, step: Callable[[], dict[str, Any]], describe: Callable[[dict[str, Any]], str], *, interruptible: bool
    ) -> None:
        """Make steps until the training is over or Ctrl-C is pressed.

        Args:
            step: makes one, and returns its row of metrics.
            describe: a row as a short text for people.
            interruptible: whether Ctrl-C may end a step at any moment; otherwise the step is finished first.
        """
        print_sentence(self.console, f"Training in {self.folder.path}; Ctrl-C stops and keeps what was learned.")
        with ProgressDisplay(self.console, "first step") as display:
            try:
                while self.progress < 1:
                    with nullcontext() if interruptible else finish_first():
                        self._append(step())
                    display.update(min(1.0, self.progress), self.seconds, describe(self.rows[-1]))
                    if self.seconds - self._written > BETWEEN_METRICS:
                        with training_goes_on(self.console):
                            self.folder.write_metrics(self.rows)
                        self._written = self.seconds
            except KeyboardInterrupt:
                self.console.print("Stopped; keeping what was learned.")

    def _append(self, row: dict[str, Any]) -> None:
        last = self.rows[-1] if self.rows else {"timesteps": 0, "seconds": 0.0}
        seconds = round(self.seconds, 2)
        speed = (row["timesteps"] - last["timesteps"]) / max(seconds - last["seconds"], 0.01)
        self.rows.append({"seconds": seconds} | row | {"steps_per_second": round(speed)})
