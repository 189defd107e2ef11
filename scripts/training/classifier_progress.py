"""The progress of a classifier's training, and its checkpoints.

Ctrl-C ends the training as if its time were over; a second one ends the program.
"""

import signal
import time
from dataclasses import replace
from types import TracebackType

from rich.console import Console

import nn
from scripts.common.run_folder import RunFolder
from scripts.training.progress_display import ProgressDisplay
from scripts.vision.classifier import Classifier

BETWEEN_CHECKPOINTS = 5.0  # seconds


class ClassifierProgress(nn.Callback):
    """Shows loss, validation accuracy and images per second; writes metrics.csv, last.npz and best.npz.

    Use it as a context around `Trainer.fit`; at its end everything that was learned is written.

    Args:
        folder: of the run.
        classifier: whose network is trained.
        console: to print to.
    """

    def __init__(self, folder: RunFolder, classifier: Classifier, console: Console) -> None:
        self._folder, self._classifier = folder, classifier
        self._display = ProgressDisplay(console, "first steps")
        self._trainer: nn.Trainer | None = None  # known from the first step
        self._loss = 0.0  # running mean
        self._accuracy = ""
        self._first = (0, 0.0)  # step and seconds at the start of this part of the run
        self._written = time.perf_counter()

    def __enter__(self) -> "ClassifierProgress":
        """Start to show, and to listen for Ctrl-C."""
        self._interrupt = signal.signal(signal.SIGINT, self._stop)
        self._display.__enter__()
        return self

    def on_batch(self, trainer: nn.Trainer) -> None:
        """Update the display now and then."""
        if self._trainer is None:
            self._trainer, self._loss = trainer, trainer.loss_value
            self._first = (trainer.step - 1, trainer.elapsed)
        self._loss += 0.02 * (trainer.loss_value - self._loss)
        if self._display.due:
            self._show(trainer)

    def on_epoch(self, trainer: nn.Trainer, row: dict[str, float]) -> None:
        """Note the validation accuracy, and write a checkpoint now and then."""
        if "validation_accuracy" in row:
            self._accuracy = f", validation {row['validation_accuracy']:.2%}"
        if time.perf_counter() - self._written > BETWEEN_CHECKPOINTS:
            self._write(trainer)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the last checkpoint."""
        signal.signal(signal.SIGINT, self._interrupt)
        if self._trainer is not None and error is None:
            self._show(self._trainer)
            self._write(self._trainer)
        self._display.__exit__(kind, error, trace)

    def _stop(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._interrupt)
        if self._trainer is None:
            raise KeyboardInterrupt
        self._trainer.stop = True

    def _show(self, trainer: nn.Trainer) -> None:
        step, seconds = self._first
        speed = (trainer.step - step) * trainer.batch_size / max(trainer.elapsed - seconds, 1e-9)
        epoch = len(trainer.history) + (trainer.progress < 1)
        text = f"epoch {epoch}: loss {self._loss:.4f}{self._accuracy}; {speed:,.0f} images/s"
        self._display.update(min(trainer.progress, 1.0), trainer.elapsed, text)

    def _write(self, trainer: nn.Trainer) -> None:
        self._written = time.perf_counter()
        nn.files.write(self._folder.path / "last.npz", *trainer.state())
        self._folder.write_metrics(trainer.history)
        replace(self._classifier, network=trainer.best_network()).save(self._folder.path / "best.npz")
