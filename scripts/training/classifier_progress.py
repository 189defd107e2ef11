"""The progress of a classifier's training, and its checkpoints.

Ctrl-C ends the training as if its time were over; a second one ends the program.
"""

import math
import signal
import time
from dataclasses import replace
from types import TracebackType

from rich.console import Console

import nn
from scripts.common.run_folder import RunFolder
from scripts.training.disk_errors import training_goes_on
from scripts.training.progress_display import ProgressDisplay
from scripts.vision.classifier import Classifier

BETWEEN_CHECKPOINTS = 5.0  # seconds


class ClassifierProgress(nn.Callback):
    """Shows loss, validation accuracy and images per second; writes last.npz, and from it metrics.csv and best.npz.

    Use it as a context around `Trainer.fit`; at its end everything that was learned is written. After Ctrl-C in
    mid-epoch, what was learned in this epoch counts for best.npz, while a resumed run continues within the epoch.

    Args:
        folder: of the run.
        classifier: whose network is trained.
        trainer: that trains it.
        console: to print to.
    """

    def __init__(self, folder: RunFolder, classifier: Classifier, trainer: nn.Trainer, console: Console) -> None:
        self._folder, self._classifier, self._trainer, self._console = folder, classifier, trainer, console
        self._display = ProgressDisplay(console, "first steps")
        self._loss = trainer.history[-1]["loss"] if trainer.history else math.nan  # running mean
        self._accuracy = ""
        self._first = (trainer.step, trainer.elapsed)  # at the start of this part of the run
        self._written = time.perf_counter()
        self._asked_to_stop = False

    def __enter__(self) -> "ClassifierProgress":
        """Start to show, and to listen for Ctrl-C."""
        self._interrupt = signal.signal(signal.SIGINT, self._ask_to_stop)
        self._display.__enter__()
        return self

    def on_batch(self, trainer: nn.Trainer) -> None:
        """Update the display and write a checkpoint now and then."""
        self._loss = trainer.loss_value if math.isnan(self._loss) else 0.98 * self._loss + 0.02 * trainer.loss_value
        if self._display.due:
            self._show()
        self._save_if_due()

    def on_epoch(self, trainer: nn.Trainer, row: dict[str, float]) -> None:
        """Note the validation accuracy, and write a checkpoint now and then."""
        if "validation_accuracy" in row:
            self._accuracy = f", validation {row['validation_accuracy']:.2%}"
        if not trainer.stop:  # otherwise the epoch was broken off, and last.npz continues it
            self._save_if_due()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the last checkpoint."""
        signal.signal(signal.SIGINT, self._interrupt)
        if self._trainer.step and error is None:
            self._show()
            if not self._trainer.stop:
                self._save()
            self._write_copies()
        self._display.__exit__(kind, error, trace)

    def _ask_to_stop(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._interrupt)
        if not self._trainer.step:
            raise KeyboardInterrupt
        self._asked_to_stop = True

    def _show(self) -> None:
        trainer, (step, seconds) = self._trainer, self._first
        speed = (trainer.step - step) * trainer.batch_size / max(trainer.elapsed - seconds, 1e-9)
        epoch = len(trainer.history) + (trainer.progress < 1)
        text = f"epoch {epoch}: loss {self._loss:.4f}{self._accuracy}; {speed:,.0f} images/s"
        self._display.update(min(trainer.progress, 1.0), trainer.elapsed, text)

    def _save_if_due(self) -> None:
        if self._asked_to_stop:
            self._save()
            self._trainer.stop = True
        elif time.perf_counter() - self._written > BETWEEN_CHECKPOINTS:
            with training_goes_on(self._console):
                self._save()
                self._write_copies()
            self._written = time.perf_counter()

    def _save(self) -> None:
        """Write everything that the run continues from, as one file."""
        nn.files.write(self._folder.path / "last.npz", *self._trainer.state())

    def _write_copies(self) -> None:
        """Write what people read."""
        if self._trainer.history:
            self._folder.write_metrics(self._trainer.history)
            replace(self._classifier, network=self._trainer.best_network()).save(self._folder.path / "best.npz")
