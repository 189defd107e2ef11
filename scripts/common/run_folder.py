"""Run folder: configuration, metrics, checkpoints, result and figures of one training.

Files are replaced as a whole and never written in place, so a run that is killed keeps its last files.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from nn.atomic_file import atomic_file
from nn.file_error import reading
from nn.from_json import from_json, parse
from scripts.common import metrics
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

    def read_json(self, name: str, fields: type[Any]) -> dict[str, Any]:
        """Read a JSON file.

        Args:
            name: of the file.
            fields: a dataclass of the fields that it must have; it may have others, which are not checked.

        Raises:
            ValueError: the file holds something else; the message names the file and the field.
            FileNotFoundError: there is no such file.
        """
        file = self.path / name
        with damaged(file):
            content = from_json(parse(file.read_bytes()), dict[str, Any])
            from_json(content, fields, others=True)
        return content

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Write metrics.csv: one row for each step of training, generation or epoch."""
        self._write("metrics.csv", metrics.to_csv(rows))

    def read_metrics(self) -> list[dict[str, float]]:
        """Return the rows of metrics.csv; none if there is no such file yet.

        Raises:
            ValueError: the file holds something else; the message names the file and the column.
        """
        file = self.path / "metrics.csv"
        if not file.exists():
            return []
        with damaged(file):
            return metrics.from_csv(file.read_text(encoding="utf-8"))

    def _write(self, name: str, text: str) -> None:
        with atomic_file(self.path / name) as file:
            file.write_text(text, encoding="utf-8")


def _is_free(path: Path) -> bool:
    """Whether there is no such folder, or only hidden files of a run that ended before it wrote anything."""
    return not path.exists() or (path.is_dir() and all(file.name.startswith(".") for file in path.iterdir()))


def damaged(file: Path) -> AbstractContextManager[None]:
    """Return a context for reading a file of a run; what is wrong with its content is raised with its name."""
    return reading(file, "is damaged", "give the folder of another run")
