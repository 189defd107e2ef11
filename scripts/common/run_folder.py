"""Run folder: configuration, metrics, checkpoints, result and figures of one training.

Files are replaced as a whole and never written in place, so a run that is killed keeps its last files.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nn.atomic_file import atomic_file
from scripts.common.run_lock import RunLock


class RunFolder:
    """The files of one run.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._run_lock = RunLock(path)

    @classmethod
    def new(cls, wanted: Path | None, name: str) -> "RunFolder":
        """Return the folder of a new run: the wanted one, or the first free one of runs/NAME, runs/NAME-2, ...

        It is created by `claim`.

        Raises:
            FileExistsError: the wanted folder already holds a run.
        """
        if wanted is None:
            numbers = iter(range(2, 1 << 31))
            wanted = Path("runs") / name
            while not _is_free(wanted):
                wanted = Path("runs") / f"{name}-{next(numbers)}"
        elif wanted.exists() and not wanted.is_dir():
            raise FileExistsError(f"{wanted} is a file; give a folder as --out")
        elif any((wanted / name).exists() for name in ("config.json", "last.npz")):
            raise FileExistsError(
                f"{wanted} already holds a run; choose another --out, or continue it with --resume {wanted}"
            )
        return cls(wanted)

    @classmethod
    def existing(cls, path: Path) -> "RunFolder":
        """Return the folder of a run that was started.

        Raises:
            FileNotFoundError: the folder holds no run.
        """
        if not (path / "config.json").is_file():
            raise FileNotFoundError(f"{path} holds no run; give the folder that a training script wrote")
        return cls(path)

    def claim(self) -> None:
        """Create the folder, and lock it, so that no other run takes it.

        Raises:
            FileExistsError: another run has taken it meanwhile.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        taken = FileExistsError(f"{self.path} was taken by another run a moment ago; start again")
        try:
            self.lock()
        except RuntimeError:
            raise taken from None
        if (self.path / "config.json").exists():
            self.unlock()
            raise taken

    def lock(self) -> None:
        """Let no other process train in this folder until `unlock`; remove what a killed process left half written.

        Raises:
            RuntimeError: another process trains here.
        """
        self._run_lock.acquire()
        for file in self.path.glob(".*.tmp*"):
            file.unlink(missing_ok=True)

    def unlock(self) -> None:
        """Let other processes train in this folder."""
        self._run_lock.release()

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a JSON file."""
        self._write(name, json.dumps(content, indent=2) + "\n")

    def read_json(self, name: str) -> dict[str, Any]:
        """Read a JSON file.

        Raises:
            ValueError: the file holds something else.
            FileNotFoundError: there is no such file.
        """
        try:
            content: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
            if not isinstance(content, dict):
                raise ValueError("not a JSON object")
        except ValueError as error:
            raise ValueError(f"{self.path / name} is damaged ({error}); give the folder of another run") from None
        return content

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Write metrics.csv: one row for each step of training, generation or epoch."""
        lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
        self._write("metrics.csv", "\n".join(lines) + "\n")

    def read_metrics(self) -> list[dict[str, float]]:
        """Return the rows of metrics.csv; none if there is no such file yet.

        Raises:
            ValueError: the file holds something else.
        """
        file = self.path / "metrics.csv"
        if not file.exists():
            return []
        try:
            with file.open(newline="", encoding="utf-8") as lines:
                return [{name: _number(text) for name, text in row.items()} for row in csv.DictReader(lines)]
        except (ValueError, TypeError) as error:  # text, or a row with too few or too many values
            raise ValueError(f"{file} is damaged ({error}); give the folder of another run") from None

    def _write(self, name: str, text: str) -> None:
        with atomic_file(self.path / name) as file:
            file.write_text(text, encoding="utf-8")


def _is_free(path: Path) -> bool:
    """Whether there is no such folder, or only hidden files of a run that ended before it wrote anything."""
    return not path.exists() or (path.is_dir() and all(file.name.startswith(".") for file in path.iterdir()))


def _number(text: str) -> float:
    """Integers stay integers, so that reading and writing again gives the same text."""
    try:
        return int(text)
    except ValueError:
        return float(text)
