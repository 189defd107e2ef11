"""The header of a trainer's checkpoint."""

from dataclasses import dataclass
from typing import Annotated, Any

from nn.callback import Row
from nn.from_json import AtLeast, Count

COLUMNS = ("epoch", "step", "seconds", "learning_rate", "loss")  # of every row of the history


@dataclass(frozen=True)
class TrainerState:
    """Everything that `nn.Trainer` continues from, but for the arrays.

    Raises:
        ValueError: rows of the history with different columns, or a best epoch without a row.
    """

    epoch: Count
    step: Count
    best_epoch: Count
    elapsed: Annotated[float, AtLeast(0)]
    epoch_loss: float
    history: list[Row]
    sampler: dict[str, Any]
    rng: dict[str, Any]

    def __post_init__(self) -> None:
        """Check the history."""
        for i, row in enumerate(self.history):
            if not row.keys() >= set(COLUMNS) or row.keys() != self.history[0].keys():
                needed = ", ".join(dict.fromkeys((*COLUMNS, *self.history[0])))
                raise ValueError(f"history[{i}] has the columns {', '.join(row)}; it needs {needed}")
        _ = self.best_row

    @property
    def best_row(self) -> Row:
        """The row of the best epoch; without columns if there is none yet."""
        if not self.best_epoch:
            return {}
        rows = [row for row in self.history if row["epoch"] == self.best_epoch]
        if not rows:
            raise ValueError(f"best_epoch is {self.best_epoch}, which has no row in history")
        return rows[0]
