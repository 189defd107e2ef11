"""What is seen of a training run while it lasts, one line, and what is left of it after its epochs.

Ctrl-C ends the training as if its time were over; a second one ends the program.
"""

import signal
import time
from dataclasses import replace
from types import TracebackType

from rich.console import Console

import nn
from scripts.common.progress_line import progress_line
from scripts.common.run_folder import RunFolder
from scripts.vision.classifier import Classifier

BETWEEN_LINES = 0.2  # seconds: drawing takes time too
BETWEEN_CHECKPOINTS = 5.0  # and so does writing


class TrainingProgress(nn.Callback):
    """Shows loss, validation accuracy, pictures a second and time left; writes metrics.csv, last.npz and best.npz.

    Use it as a context around `Trainer.fit`: when that ends, all that was reached is written.

    Args:
        folder: of the run.
        classifier: whose network is trained.
        console: to write to.
    """

    def __init__(self, folder: RunFolder, classifier: Classifier, console: Console) -> None:
        self.folder = folder
        self.classifier = classifier
        self.console = console
        self.progress = progress_line(console)
        self.task = self.progress.add_task("first steps", total=1.0, left="")
        self.trainer: nn.Trainer | None = None  # known from the first step
        self.loss = 0.0  # running mean
        self.accuracy = ""
        self.first = (0, 0.0)  # step and seconds when this part of the run began
        self.drawn = self.written = time.perf_counter()

    def __enter__(self) -> "TrainingProgress":
        """Begin to show."""
        self.interrupt = signal.signal(signal.SIGINT, self._stop)
        self.progress.start()
        return self

    def on_batch(self, trainer: nn.Trainer) -> None:
        """Draw the line anew, now and then."""
        if self.trainer is None:
            self.trainer, self.loss, self.first = trainer, trainer.loss_value, (trainer.step - 1, trainer.elapsed)
        self.loss += 0.02 * (trainer.loss_value - self.loss)
        if time.perf_counter() - self.drawn > BETWEEN_LINES:
            self._draw(trainer)

    def on_epoch(self, trainer: nn.Trainer, row: dict[str, float]) -> None:
        """Note the accuracy, and write a checkpoint, now and then."""
        if "validation_accuracy" in row:
            self.accuracy = f"  validation {row['validation_accuracy']:.2%}"
        if time.perf_counter() - self.written > BETWEEN_CHECKPOINTS:
            self._write(trainer)
            if not self.console.is_terminal:
                self.console.print(self._line(trainer), highlight=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the last checkpoint."""
        signal.signal(signal.SIGINT, self.interrupt)
        if self.trainer is not None and error is None:
            self._draw(self.trainer)
            self._write(self.trainer)
        self.progress.stop()

    def _stop(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self.interrupt)
        if self.trainer is None:
            raise KeyboardInterrupt
        self.trainer.stop = True

    def _draw(self, trainer: nn.Trainer) -> None:
        self.drawn = time.perf_counter()
        done = min(trainer.progress, 1.0)
        left = f"{trainer.elapsed * (1 - done) / done:.0f} s left" if done else ""
        self.progress.update(self.task, completed=done, description=self._line(trainer), left=left)

    def _line(self, trainer: nn.Trainer) -> str:
        step, seconds = self.first
        speed = (trainer.step - step) * trainer.batch_size / max(trainer.elapsed - seconds, 1e-9)
        epoch = len(trainer.history) + (trainer.progress < 1)
        return f"epoch {epoch}  loss {self.loss:.4f}{self.accuracy}  {speed:,.0f} pictures/s"

    def _write(self, trainer: nn.Trainer) -> None:
        self.written = time.perf_counter()
        nn.files.write(self.folder.path / "last.npz", *trainer.state())
        self.folder.write_metrics(trainer.history)
        replace(self.classifier, network=trainer.best_network()).save(self.folder.path / "best.npz")
