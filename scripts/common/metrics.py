"""The metrics of a training, one row for each step, generation or epoch, as a CSV file; which columns they have.

Rows are checked where they are read, so that whoever draws them finds the columns and numbers that it needs.
"""

import csv
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import StringIO

Rows = Sequence[Mapping[str, float]]

CLOCK = ("seconds", "timesteps", "step", "epoch", "generation")  # columns that always hold a number
PLAYER = ("seconds", "timesteps", "validation_score")
EVOLUTION = (*PLAYER, "generation", "best_score", "mean_score")
LEARNER = (*PLAYER, "episode_score")
CLASSIFIER = ("epoch", "step", "seconds", "loss")
VALIDATION = ("validation_loss", "validation_accuracy")  # of a classifier; both or none
LARGEST = 1e30  # figures cannot show larger numbers


def to_csv(rows: Rows) -> str:
    """Return the text of a CSV file."""
    return "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]) + "\n"


def from_csv(text: str) -> list[dict[str, float]]:
    """Return the rows of a text that `to_csv` returned, checked.

    Raises:
        ValueError: it is something else, or see `check`.
    """
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        columns = next(lines, [])
        table = [line for line in lines if line]
    except csv.Error as error:
        raise ValueError(error) from None
    if len(set(columns)) < len(columns) or any(len(line) != len(columns) for line in table):
        raise ValueError("two columns have the same name, or rows have different lengths")
    rows = [dict(zip(columns, map(_number, line), strict=True)) for line in table]
    check(rows)
    return rows


def check(rows: Rows) -> None:
    """Check the metrics of a player or a classifier.

    Raises:
        ValueError: a column is missing, or holds a number that is infinite, too large or, where time is counted, NaN.
    """
    if not rows:
        return
    columns = needed_columns(rows[0])
    for number, row in enumerate(rows, start=1):
        missing = [name for name in columns if name not in row]
        if missing or row.keys() != rows[0].keys():
            raise ValueError(f"row {number} has no column {', '.join(missing) or 'of the first row'}")
        for name in columns:
            if abs(row[name]) > LARGEST or (name in CLOCK and not row[name] >= 0):
                raise ValueError(f"{name} is {row[name]} in row {number}")


def needed_columns(row: Mapping[str, float]) -> tuple[str, ...]:
    """Return the columns that rows must have, from some of them."""
    if "timesteps" in row or "validation_score" in row:
        return EVOLUTION if "generation" in row else LEARNER
    return (*CLASSIFIER, *VALIDATION) if any(name in row for name in VALIDATION) else CLASSIFIER


def is_player(rows: Rows) -> bool:
    """Return whether these are the metrics of a Snake player, not of a classifier."""
    return "timesteps" in rows[0]


def _number(text: str) -> float:
    """Integers stay integers, so that reading and writing again gives the same text."""
    with suppress(ValueError):
        number = int(text)
        if abs(number) < LARGEST:
            return number
    return float(text)
