"""The folder of a run while its training may still go on: polled for new metrics and a better agent."""

from pathlib import Path
from typing import Any, NamedTuple

from agents import Agent
from scripts.common.run_files import Config, PlayerConfig, ShownResult
from scripts.common.run_folder import RunFolder
from scripts.common.run_lock import is_locked
from scripts.games.players import load_agent


class RunUpdate(NamedTuple):
    """Changes in a run since the last poll."""

    metrics: list[dict[str, float]] | None  # all rows, or None without new ones
    agent: Agent | None  # the best one, or None if it is the same as before
    result: dict[str, Any] | None  # the final figures, or None without any
    running: bool  # whether a process trains it


class LiveRun:
    """A run of a Snake player, which may still be training.

    Args:
        path: the run folder.

    Attributes:
        config: the run's options.

    Raises:
        FileNotFoundError: no run was started there.
        ValueError: it is a run of a classifier.
    """

    def __init__(self, path: Path) -> None:
        self._folder = RunFolder.existing(path)
        if "height" not in self._folder.read_json("config.json", Config):
            raise ValueError(f"{path} is a run of a classifier; give one of train.py, or draw it with compare.py")
        self.config = self._folder.read_json("config.json", PlayerConfig)
        self._seen: dict[str, tuple[int, int, int]] = {}

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._folder.path

    def poll(self) -> RunUpdate:
        """Read the files that are new or were replaced since the last poll."""
        metrics = self._folder.read_metrics() if self._changed("metrics.csv") else None
        agent = load_agent(self.path / "best.npz") if self._changed("best.npz") else None
        result = self._folder.read_json("result.json", ShownResult) if (self.path / "result.json").exists() else None
        return RunUpdate(metrics, agent, result, is_locked(self.path))

    def _changed(self, name: str) -> bool:
        file = self.path / name
        if not file.exists():
            return False
        status = file.stat()
        signature = status.st_mtime_ns, status.st_ino, status.st_size
        before, self._seen[name] = self._seen.get(name), signature
        return signature != before
