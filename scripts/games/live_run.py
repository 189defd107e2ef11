"""The folder of a run while its training may still go on: polled for new metrics and a better agent."""

from pathlib import Path
from typing import Any, NamedTuple

import agents
from agents import Agent
from scripts.common.run_folder import RunFolder


class RunUpdate(NamedTuple):
    """Changes in a run since the last poll."""

    metrics: list[dict[str, float]] | None  # all rows, or None without new ones
    agent: Agent | None  # the best one, or None if it is the same as before
    result: dict[str, Any] | None  # the final figures, or None while the training goes on


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
        self.config = self._folder.read_json("config.json")
        if "height" not in self.config:
            raise ValueError(f"{path} is a run of a classifier; give one of train.py, or draw it with compare.py")
        self._seen: dict[str, int] = {}

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._folder.path

    def poll(self) -> RunUpdate:
        """Read the files that are new or were replaced since the last poll."""
        metrics = self._folder.read_metrics() if self._changed("metrics.csv") else None
        agent = agents.load(self.path / "best.npz") if self._changed("best.npz") else None
        return RunUpdate(metrics, agent, self._folder.read_json("result.json") if self._over() else None)

    def _over(self) -> bool:
        """Whether there are final figures; older ones than the metrics are from before the run was resumed."""
        result, metrics = (self.path / name for name in ("result.json", "metrics.csv"))
        return result.exists() and result.stat().st_mtime_ns >= metrics.stat().st_mtime_ns

    def _changed(self, name: str) -> bool:
        file = self.path / name
        if not file.exists():
            return False
        modified = file.stat().st_mtime_ns
        before, self._seen[name] = self._seen.get(name), modified
        return modified != before
