"""The training of a Snake player, whichever way it learns: steps, checkpoints, validation, report."""

import importlib.util
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np

import nn
from agents.learning.learner import Learner
from agents.types import Arrays
from nn.file_error import reading
from nn.from_json import AtLeast, from_json
from scripts.common import metrics
from scripts.common.run_folder import RunFolder
from scripts.games.players import load_agent
from scripts.training.best_agent import BestAgent
from scripts.training.disk_errors import training_goes_on
from scripts.training.evolution_options import ES, GA
from scripts.training.learner_options import DQNOptions, PPOOptions, PQNOptions, QLearningOptions
from scripts.training.run import begin_run, open_run
from scripts.training.snake_options import SnakeOptions
from scripts.training.snake_report import report
from scripts.training.training_loop import TrainingLoop
from snake_env.engine.rules import Rules

KINDS: dict[str, type[SnakeOptions]] = {
    kind.kind: kind for kind in (ES, GA, QLearningOptions, DQNOptions, PQNOptions, PPOOptions)
}
BEST = "best."  # prefix of the arrays of the best agent in last.npz
BETWEEN_CHECKPOINTS = 20.0  # seconds; a learner that may be interrupted in a step writes one after every step


@dataclass(frozen=True)
class Checkpoint:
    """The header of last.npz."""

    learner: dict[str, Any]
    best: dict[str, Any]
    seconds: Annotated[float, AtLeast(0)]
    metrics: list[dict[str, float | None]]

    def __post_init__(self) -> None:
        """Check the metrics."""
        metrics.check(self.rows)

    @property
    def rows(self) -> list[dict[str, float]]:
        """The metrics; JSON has no NaN."""
        return [{name: math.nan if value is None else value for name, value in row.items()} for row in self.metrics]


def train(options: SnakeOptions) -> dict[str, Any]:
    """Train, measure, and leave a run folder; return the content of its result.json."""
    with open_run(options, tuple(KINDS.values())) as (options, folder):
        return _train(options, folder)


def _train(options: SnakeOptions, folder: RunFolder) -> dict[str, Any]:
    Rules(**options.rules)  # raises what is wrong with the board
    learner = options.make_learner()
    best = BestAgent(folder, getattr(options, "n_validations", 0), getattr(options, "validation_games", 0))
    loop = _begin_loop(folder, learner, best, options)
    begin_run(options, folder)
    if options.watch:
        # A process of its own, which reads the folder: the training never waits for the window.
        window = [sys.executable, str(Path(__file__).parents[1] / "watch_run.py"), str(folder.path)]
        subprocess.Popen(window, stdout=subprocess.DEVNULL)  # noqa: S603
    tensorboard, saved = _tensorboard(folder), loop.seconds

    def save() -> None:
        """Write everything that the run continues from, as one file."""
        arrays, header = learner.state()
        kept, about_best = best.state()
        rows = [{name: _as_json(value) for name, value in row.items()} for row in loop.rows]
        about = {"learner": header, "best": about_best, "seconds": loop.seconds, "metrics": rows}
        nn.files.write(folder.path / "last.npz", arrays | {BEST + name: kept[name] for name in kept}, about)

    def step() -> dict[str, Any]:
        nonlocal saved
        if loop.rows and (learner.interruptible or loop.seconds - saved > BETWEEN_CHECKPOINTS):
            with training_goes_on(loop.console):
                save()
            saved = loop.seconds
        measured = learner.step(min(loop.progress, 1.0))
        row = {"timesteps": learner.num_timesteps} | measured
        progress = loop.progress_at(row[options.until[0]])
        row |= best.update(learner, measured, progress, loop.seconds)
        with training_goes_on(loop.console):
            best.write()
            if tensorboard is not None:
                for name, value in row.items():
                    tensorboard.add_scalar(name, value, step=learner.num_timesteps)
        return row

    loop.run(step, _describe, interruptible=learner.interruptible)
    if not loop.rows:
        raise SystemExit("stopped before the first step of training ended; give a larger --budget")
    if loop.progress >= 1 or not learner.interruptible:
        save()
    if best.score < 0:  # stopped before the first validation
        loop.rows[-1] |= best.validate(learner.agent(), learner.num_timesteps, loop.seconds)
    best.write()
    folder.write_metrics(loop.rows)
    counts = {name: loop.rows[-1][name] for name in ("generation", "episodes") if learner.interruptible}
    counts = {"total_timesteps": learner.num_timesteps} | {
        f"{name}s".replace("ss", "s"): n for name, n in counts.items()
    }
    return report(load_agent(folder.path), options, loop, counts)


def _begin_loop(folder: RunFolder, learner: Learner, best: BestAgent, options: SnakeOptions) -> TrainingLoop:
    """Return the training loop. In a resumed run, the loop, the learner and the best agent continue from last.npz.

    Raises:
        ValueError: last.npz is not the checkpoint of such a training.
    """
    file = folder.path / "last.npz"
    if options.resume is None or not file.exists():
        return TrainingLoop(folder, [], 0.0, options.budget, options.until)
    with reading(file, "is no checkpoint of such a training", "give the folder of another run"):
        arrays, header = nn.files.read(file)
        saved = from_json(header, Checkpoint)
        kept = {name.removeprefix(BEST): arrays.pop(name) for name in list(arrays) if name.startswith(BEST)}
        _limit_hunger(arrays, options)
        learner.restore(arrays, saved.learner)
        loop = TrainingLoop(folder, saved.rows, saved.seconds, options.budget, options.until)
        best.restore(kept, saved.best, loop.progress)
        return loop


def _limit_hunger(arrays: Arrays, options: SnakeOptions) -> None:
    """Bring the hunger of games that go on below a limit that is lower now."""
    hunger, over = (arrays.get(f"collector.game.{name}", np.empty(0)) for name in ("hunger", "over"))
    if hunger.dtype == np.int64 and over.dtype == np.bool_ and hunger.shape == over.shape:
        limit = Rules(**options.training_rules).steps_to_starve
        np.minimum(hunger, limit - 1 + over, out=hunger)


def _describe(row: dict[str, Any]) -> str:
    """A row of metrics in at most 67 characters."""
    per_second = row["steps_per_second"]
    speed = f"{per_second / 1000:.0f}k steps/s" if per_second >= 10_000 else f"{per_second} steps/s"
    if "generation" in row:
        score, best, champion = (_short(row[name]) for name in ("mean_score", "best_score", "validation_score"))
        return f"generation {row['generation']}: score {score}, best {best}, champion {champion}; {speed}"
    validated = math.isfinite(row["validation_score"])
    validation = (
        f", validation {_short(row['validation_score'])} ({row['validation_full']:.0%} full)" if validated else ""
    )
    return f"{_short(row['timesteps'] / 1e6)}M steps: score {_short(row['episode_score'])}{validation}; {speed}"


def _short(value: float) -> str:
    """Three digits of a number: 0.12, 1.23, 12.3, 123."""
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def _as_json(value: float) -> float | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _tensorboard(folder: RunFolder) -> Any | None:  # noqa: ANN401  an optional package's class
    """A writer of TensorBoard's files in the run folder; None where TensorBoard is not installed."""
    if importlib.util.find_spec("tensorboard") is None:
        return None
    from tensorboard.summary import Writer

    return Writer(str(folder.path / "tensorboard"))
