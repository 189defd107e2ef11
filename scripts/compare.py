"""Compare runs: their curves in one picture, and a table of what they reached.

python scripts/compare.py runs/es runs/ppo --out compare.png

python scripts/compare.py runs/ppo runs/pqn runs/q --over steps

python scripts/compare.py runs/cnn runs/mlp: runs of classifiers, too
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from scripts.common.command_line import run_command
from scripts.common.learning_curves import Curve, food_curve, save_comparison
from scripts.common.run_folder import RunFolder
from scripts.common.tables import print_table

SNAKE = ("run", "kind", "board", "mean", "best", "full", "steps_per_food", "train_steps", "train_seconds")
PICTURES = ("run", "kind", "test_accuracy", "validation_accuracy", "parameters", "epochs", "train_seconds")
SHARES = ("full", "test_accuracy", "validation_accuracy")
WORDS = ("run", "kind", "board")
HEADINGS = {
    "mean": "mean\nfood",
    "full": "full\nboards",
    "steps_per_food": "steps\nper food",
    "train_seconds": "seconds",
    "train_steps": "million\nsteps",
    "test_accuracy": "test\naccuracy",
    "validation_accuracy": "validation\naccuracy",
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which runs, and how they are shown."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders: all of Snake players, or all of classifiers of pictures."""
    over: Literal["seconds", "steps"] = "seconds"
    """What the curves are drawn over: seconds of training, or steps of all games (of classifiers: minibatches)."""
    out: Path = Path("compare.png")
    """Where to write the picture: a name that ends in .png, .svg or .pdf."""
    json: bool = False
    """Print one JSON array instead of the table."""


@dataclass(frozen=True)
class Run:
    """What a run folder tells."""

    path: Path
    config: dict[str, Any]
    metrics: list[dict[str, float]]
    result: dict[str, Any]  # empty for one that is not over

    @classmethod
    def read(cls, path: Path) -> "Run":
        """The run in a folder.

        Raises:
            FileNotFoundError, ValueError: see `RunFolder`; or it has no metrics yet.
        """
        folder = RunFolder.existing(path)
        metrics = folder.read_metrics()
        if not metrics:
            raise ValueError(f"{path} is a run without metrics; let it train until its first row of metrics.csv")
        result = folder.read_json("result.json") if (path / "result.json").exists() else {}
        return cls(path, folder.read_json("config.json"), metrics, result)

    @property
    def plays_snake(self) -> bool:
        """Whether it is of a player; otherwise it is of a classifier."""
        return "champion" in self.metrics[-1] or "validation" in self.metrics[-1]

    def row(self) -> dict[str, Any]:
        """Its final figures; of a run that is not over, how far it is."""
        last = self.metrics[-1]
        reached = {"train_seconds": last["seconds"]} | ({"train_steps": last["steps"]} if "steps" in last else {})
        board = {"board": f"{self.config['height']} x {self.config['width']}"} if self.plays_snake else {}
        return {"run": str(self.path), "kind": self.config["kind"]} | board | reached | self.result


def main(config: Config) -> list[dict[str, Any]]:
    """Draw the curves, print the table, and give back a row a run."""
    if not config.runs:
        raise ValueError("no run given; name the folders that training scripts wrote")
    if config.out.suffix not in (".png", ".svg", ".pdf"):
        raise ValueError(f"out is {config.out}; choose a name that ends in .png, .svg or .pdf")
    runs = [Run.read(path) for path in config.runs]
    other = next((run for run in runs if run.plays_snake != runs[0].plays_snake), None)
    if other is not None:
        player, classifier = (runs[0], other) if runs[0].plays_snake else (other, runs[0])
        raise ValueError(
            f"{player.path} learned to play and {classifier.path} to tell pictures apart; compare like runs"
        )
    snake = runs[0].plays_snake
    y_label, curves = _food(runs, config.over) if snake else _errors(runs, config.over)
    what = "games" if snake else "training"
    x_label = "seconds of training" if config.over == "seconds" else f"steps of {what}"
    save_comparison(curves, x_label, y_label, config.out)
    rows = [run.row() for run in runs]
    if config.json:
        print(json.dumps(rows, indent=2))
    else:
        print_table(Console(markup=False), _table(rows, SNAKE if snake else PICTURES))
        print(f"wrote {config.out}")
    return rows


def _food(runs: Sequence[Run], over: str) -> tuple[str, list[Curve]]:
    return "food eaten, on validation games", [Curve(str(run.path), *food_curve(run.metrics, over)) for run in runs]


def _errors(runs: Sequence[Run], over: str) -> tuple[str, list[Curve]]:
    """The errors on validation pictures if all runs kept some aside, else the losses."""
    column = "step" if over == "steps" else "seconds"
    validated = all("validation_accuracy" in run.metrics[-1] for run in runs)
    curves = []
    for run in runs:
        x = np.array([row[column] for row in run.metrics])
        y = [100 * (1 - row["validation_accuracy"]) if validated else row["loss"] for row in run.metrics]
        curves.append(Curve(str(run.path), x, np.array(y)))
    return "validation pictures given the wrong class, %" if validated else "training loss", curves


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    shown = [name for name in columns if any(name in row for row in rows)]
    for name in shown:
        words = HEADINGS.get(name, name)
        table.add_column(words, justify="left" if name in WORDS else "right", no_wrap=name != "run", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(name, row.get(name)) for name in shown))
    return table


def _cell(name: str, value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or "-"
    if name in SHARES:
        return f"{value:.0%}" if name == "full" else f"{value:.2%}"
    if name == "train_steps":
        return f"{value / 1e6:.2f}"
    return f"{value:.1f}" if name in ("mean", "steps_per_food") else f"{value:,.0f}"


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
