"""The folder that a training run leaves: configuration, metrics, checkpoints, result and pictures.

Files are replaced as a whole, never written in place, so a run that is killed leaves what it had.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nn.atomic_file import atomic_file


class RunFolder:
    """One run's files.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fresh = not path.exists()

    @classmethod
    def new(cls, wanted: Path | None, name: str) -> "RunFolder":
        """A folder for a new run: the one that is wanted, or runs/NAME, runs/NAME-2, ... The first file makes it.

        Raises:
            FileExistsError: the wanted folder already holds a run.
        """
        if wanted is None:
            numbers = iter(range(2, 1 << 31))
            wanted = Path("runs") / name
            while wanted.exists():
                wanted = Path("runs") / f"{name}-{next(numbers)}"
        elif any((wanted / name).exists() for name in ("config.json", "last.npz")):
            raise FileExistsError(
                f"{wanted} already holds a run; choose another --out, or go on with --resume {wanted}"
            )
        return cls(wanted)

    @classmethod
    def existing(cls, path: Path) -> "RunFolder":
        """The folder of a run that was started.

        Raises:
            FileNotFoundError: no run was started there.
        """
        if not (path / "config.json").is_file():
            raise FileNotFoundError(f"{path} holds no run; give the folder that a training script wrote")
        return cls(path)

    def claim(self) -> None:
        """Begin a run here, before another one does.

        Raises:
            FileExistsError: one has.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=not self._fresh)
        except FileExistsError:
            raise FileExistsError(f"{self.path} has just become the folder of another run; begin again") from None

    def tidy(self) -> None:
        """Remove what was half written when a run was killed."""
        for file in self.path.glob(".*.tmp*"):
            file.unlink(missing_ok=True)

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a JSON file whole."""
        self._write(name, json.dumps(content, indent=2) + "\n")

    def read_json(self, name: str) -> dict[str, Any]:
        """Read a JSON file.

        Raises:
            ValueError: it holds something else.
            FileNotFoundError: there is none.
        """
        try:
            content: dict[str, Any] = json.loads((self.path / name).read_text())
            if not isinstance(content, dict):
                raise ValueError("it is no JSON object")
        except ValueError as error:
            raise ValueError(f"{self.path / name} is damaged ({error}); give the folder of another run") from None
        return content

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Write metrics.csv whole: a row a generation or epoch."""
        lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
        self._write("metrics.csv", "\n".join(lines) + "\n")

    def read_metrics(self) -> list[dict[str, float]]:
        """The rows of metrics.csv; none if there is no such file yet.

        Raises:
            ValueError: it holds something else.
        """
        file = self.path / "metrics.csv"
        if not file.exists():
            return []
        try:
            with file.open(newline="") as lines:
                return [{name: _number(text) for name, text in row.items()} for row in csv.DictReader(lines)]
        except (ValueError, TypeError) as error:  # a word, or too few or too many of them in a row
            raise ValueError(f"{file} is damaged ({error}); give the folder of another run") from None

    def _write(self, name: str, text: str) -> None:
        with atomic_file(self.path / name) as file:
            file.write_text(text)


def _number(text: str) -> float:
    """An int stays one, so that what is read and written again is the same text."""
    try:
        return int(text)
    except ValueError:
        return float(text)
