"""Compare runs: their learning curves in one figure, and a table of their results.

Examples:
    # Two players
    python scripts/compare.py runs/es runs/ppo --out compare.png

    # Over steps instead of seconds
    python scripts/compare.py runs/ppo runs/pqn runs/q --over timesteps

    # Two classifiers
    python scripts/compare.py runs/cnn runs/mlp
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from rich import box
from rich.table import Table

from scripts.common import cli
from scripts.common.command_line import run_command
from scripts.common.learning_curves import ERROR, SCORE, SECONDS, LearningCurve, food_curve, save_comparison
from scripts.common.metrics import is_player
from scripts.common.run_files import ClassifierResult, Config, PlayerConfig, PlayerResult
from scripts.common.run_folder import RunFolder
from scripts.common.tables import print_table
from scripts.common.terminal import make_console

PLAYER_COLUMNS = ("run", "kind", "board", "mean", "best", "full", "steps_per_food", "total_timesteps", "train_seconds")
CLASSIFIER_COLUMNS = ("run", "kind", "test_accuracy", "validation_accuracy", "parameters", "epochs", "train_seconds")
TEXT_COLUMNS = ("run", "kind", "board")
HEADINGS = {
    "mean": "mean\nfood",
    "full": "full\nboards",
    "steps_per_food": "steps\nper food",
    "train_seconds": "seconds",
    "total_timesteps": "million\ntimesteps",
    "test_accuracy": "test\naccuracy",
    "validation_accuracy": "validation\naccuracy",
}
FORMATS = {
    "mean": "{:.1f}",
    "full": "{:.0%}",
    "steps_per_food": "{:.1f}",
    "test_accuracy": "{:.2%}",
    "validation_accuracy": "{:.2%}",
}
SUFFIXES = (".png", ".svg", ".pdf")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The runs, and how they are shown."""

    runs: Annotated[tuple[Path, ...], cli.POSITIONAL] = ()
    """Run folders: all of Snake players, or all of image classifiers."""
    over: Literal["seconds", "timesteps"] = "seconds"
    """The x axis: seconds of training, or timesteps of all games (of classifiers: minibatches)."""
    out: Path = Path("compare.png")
    """File of the figure: a name that ends in .png, .svg or .pdf."""
    json: bool = False
    """Print one JSON array instead of the table."""


@dataclass(frozen=True)
class Run:
    """The contents of a run folder."""

    path: Path
    config: dict[str, Any]
    metrics: list[dict[str, float]]
    result: dict[str, Any]  # empty until the run is finished

    @classmethod
    def read(cls, path: Path) -> "Run":
        """Read the run in a folder.

        Raises:
            FileNotFoundError: the folder holds no run.
            ValueError: a file of the run is damaged, or the run has no metrics yet.
        """
        folder = RunFolder.existing(path)
        rows = folder.read_metrics()
        if not rows:
            raise ValueError(f"{path} is a run without metrics; let it train until its first row of metrics.csv")
        config, result = (PlayerConfig, PlayerResult) if is_player(rows) else (Config, ClassifierResult)
        found = folder.read_json("result.json", result) if (path / "result.json").exists() else {}
        return cls(path, folder.read_json("config.json", config), rows, found)

    @property
    def plays_snake(self) -> bool:
        """Whether the run trains a player, not a classifier."""
        return is_player(self.metrics)

    def row(self) -> dict[str, Any]:
        """The run's row of the table; an unfinished run has its training time and timesteps until now."""
        last = self.metrics[-1]
        reached = {"train_seconds": last["seconds"]}
        reached |= {"total_timesteps": last["timesteps"]} if self.plays_snake else {}
        about = {"run": str(self.path), "kind": self.config["kind"]}
        about |= {"board": f"{self.config['height']} x {self.config['width']}"} if self.plays_snake else {}
        return about | reached | self.result | about


def main(options: Options) -> list[dict[str, Any]]:
    """Draw the curves, print the table, and return one row per run."""
    if not options.runs:
        raise ValueError("no run given; name the folders that training scripts wrote")
    if options.out.suffix not in SUFFIXES:
        raise ValueError(f"out is {options.out}; choose a name that ends in {', '.join(SUFFIXES)}")
    runs = [Run.read(path) for path in options.runs]
    other = next((run for run in runs if run.plays_snake != runs[0].plays_snake), None)
    if other is not None:
        player, classifier = (runs[0], other) if runs[0].plays_snake else (other, runs[0])
        raise ValueError(
            f"{player.path} is the run of a player, {classifier.path} of a classifier; compare runs of one sort"
        )
    players = runs[0].plays_snake
    y_label, curves = _scores(runs, options.over) if players else _errors(runs, options.over)
    timesteps = "timesteps of training" if players else "minibatches of training"
    save_comparison(curves, SECONDS if options.over == "seconds" else timesteps, y_label, options.out)
    rows = [run.row() for run in runs]
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        print_table(make_console(), _table(rows, PLAYER_COLUMNS if players else CLASSIFIER_COLUMNS))
        print(f"wrote {options.out}")
    return rows


def _scores(runs: Sequence[Run], over: str) -> tuple[str, list[LearningCurve]]:
    curves = [LearningCurve(str(run.path), *food_curve(run.metrics, over)) for run in runs]
    return f"{SCORE} on validation games", curves


def _errors(runs: Sequence[Run], over: str) -> tuple[str, list[LearningCurve]]:
    """The errors on validation images if all runs have them, otherwise the training losses."""
    column = "step" if over == "timesteps" else "seconds"
    validated = all("validation_accuracy" in run.metrics[-1] for run in runs)
    curves = []
    for run in runs:
        x = np.array([row[column] for row in run.metrics])
        y = [100 * (1 - row["validation_accuracy"]) if validated else row["loss"] for row in run.metrics]
        curves.append(LearningCurve(str(run.path), x, np.array(y)))
    return ERROR if validated else "training loss", curves


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    shown = [name for name in columns if any(name in row for row in rows)]
    for name in shown:
        table.add_column(
            HEADINGS.get(name, name),
            justify="left" if name in TEXT_COLUMNS else "right",
            no_wrap=name != "run",
        )
    for row in rows:
        table.add_row(*(_cell(name, row.get(name)) for name in shown))
    return table


def _cell(name: str, value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or "-"
    if name == "total_timesteps":
        return f"{value / 1e6:.2f}"
    return FORMATS.get(name, "{:,.0f}").format(value)


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
