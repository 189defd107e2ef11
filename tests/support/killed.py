"""Trainings that are killed at any write of a file, and what must be the same in the end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nn
from scripts.common.run_folder import RunFolder
from scripts.training import classifier_progress, snake_run

TIMED = {"seconds", "steps_per_second", "train_seconds", "kept_seconds", "elapsed"}


class Killed(BaseException):
    """The end of the process, as far as the run folder can tell."""


def count_writes(patch: pytest.MonkeyPatch, kill_at: int | None = None) -> list[str]:
    """Record the names of the files that are written, and kill the process after one of them got its name.

    Checkpoints are written at every opportunity.
    """
    patch.setattr(snake_run, "BETWEEN_CHECKPOINTS", -1.0)
    patch.setattr(classifier_progress, "BETWEEN_CHECKPOINTS", -1.0)
    replace, written = Path.replace, []

    def counted(file: Path, target: Path) -> Path:
        result = replace(file, target)
        if ".tmp" in file.name:
            written.append(target.name)
            if len(written) == kill_at:
                raise Killed
        return result

    patch.setattr(Path, "replace", counted)
    return written


def check_kill(start: Callable[[Path], object], resume: Callable[[Path], object], whole: Path, kill_at: int) -> None:
    """Kill a training at a write, resume it, and compare what it leaves with an undisturbed run."""
    part = whole.with_name(f"killed-{kill_at}")
    with pytest.MonkeyPatch.context() as patch:
        count_writes(patch, kill_at)
        with pytest.raises(Killed):
            start(part)
    resume(part)
    assert content(part) == content(whole)


def content(run: Path) -> dict[str, Any]:
    """Everything that a run leaves, but for times and for the folder's name."""
    files = {name: nn.files.read(run / name) for name in ("last.npz", "best.npz")}
    return {
        "files": sorted(file.name for file in run.iterdir() if file.name != "tensorboard"),
        "arrays": {
            name: {key: (a.dtype.str, a.shape, a.tobytes()) for key, a in files[name][0].items()} for name in files
        },
        "headers": {name: _timeless(files[name][1], run) for name in files},
        "metrics": _timeless(RunFolder(run).read_metrics(), run),
        "result": _timeless(json.loads((run / "result.json").read_text()), run),
    }


def _timeless(value: Any, run: Path) -> str:
    """As text, in which NaN is equal to itself, without times."""

    def strip(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: strip(each) for name, each in part.items() if name not in TIMED | {"command"}}
        return [strip(each) for each in part] if isinstance(part, list) else part

    return json.dumps(strip(value)).replace(str(run), "RUN")
