"""A run folder as it is now: its training may still go on, and its files are replaced as a whole."""

from pathlib import Path
from typing import Any, NamedTuple

import agents
from agents import Agent
from scripts.common.run_folder import RunFolder


class News(NamedTuple):
    """What has changed since the last look, and whether the run is over."""

    metrics: list[dict[str, float]] | None  # all rows, or None if there are no new ones
    agent: Agent | None  # the best one, if there is another
    result: dict[str, Any] | None  # the final figures, if the training is over


class LiveRun:
    """Looks for what is new in the folder of a run of a Snake player.

    Args:
        path: of the folder.

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
        """Of the folder."""
        return self._folder.path

    def look(self) -> News:
        """Read the files that are new or were replaced since the last look."""
        metrics = self._folder.read_metrics() if self._changed("metrics.csv") else None
        agent = agents.load(self.path / "best.npz") if self._changed("best.npz") else None
        return News(metrics, agent, self._folder.read_json("result.json") if self._over() else None)

    def _over(self) -> bool:
        """Whether there are final figures, and not from before the run went on."""
        result, metrics = (self.path / name for name in ("result.json", "metrics.csv"))
        return result.exists() and result.stat().st_mtime_ns >= metrics.stat().st_mtime_ns

    def _changed(self, name: str) -> bool:
        file = self.path / name
        if not file.exists():
            return False
        when = file.stat().st_mtime_ns
        before, self._seen[name] = self._seen.get(name), when
        return when != before
