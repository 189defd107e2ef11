"""What a `Trainer` calls while it trains."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nn.trainer import Trainer

Row = dict[str, float]  # of the history: the metrics of one epoch


class Callback:
    """Functions that the trainer calls: override one or both."""

    def on_batch(self, trainer: "Trainer") -> None:
        """Called after each step."""

    def on_epoch(self, trainer: "Trainer", row: Row) -> None:
        """Called after each epoch, when row has been appended to `trainer.history`."""
