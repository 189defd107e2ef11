"""What every training of a Snake player has, however it learns: options, the progress line, the final figures."""

import math
import shlex
import signal
import subprocess
import sys
import time
from abc import ABC
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

import nn
from agents import Agent, Evaluation, evaluate
from scripts.common.budget import parse_budget
from scripts.common.command_line import INTERRUPTED, check_seed, typed_command
from scripts.common.learning_curves import save_curve
from scripts.common.progress_line import progress_line
from scripts.common.run_folder import RunFolder
from scripts.common.tables import evaluation_table, print_table
from scripts.common.video import save_video
from scripts.games.episode import play_episode
from scripts.games.players import find_agent, make_games
from scripts.training.resuming import NOT_STORED, Resumable, resumed
from snake_env.endings import find_endings
from snake_env.engine.rules import Rules
from snake_env.rendering.renderer import render_frame

BASELINES = ("random", "greedy", "safe-greedy")
RULES = ("height", "width", "walls", "obstacles", "food", "hunger_limit", "actions")
GIF_TILE, GIF_FPS, GIF_FRAMES = 20, 30, 600
BETWEEN_LINES = 10.0  # seconds, where they cannot be written over each other
BETWEEN_METRICS = 2.0  # seconds, for those who watch


@dataclass(frozen=True, kw_only=True)
class Options(Resumable, ABC):
    """What every kind of training takes."""

    seed: int = 0
    """Of the first networks, of chance in learning, and of the training games."""
    budget: str = "120s"
    """Training time, such as 90s, 15m or 2h; with --resume the time of all parts together."""
    out: Path | None = None
    """Run folder; by default a new one under runs/."""
    resume: Path | None = None
    """Run folder to go on with; all other options are of that run, but for the number of workers or threads, and, where
    they are given anew, how long, and a learner's --hunger-limit and --late-starts."""
    watch: bool = False
    """Show the best agent and the curve in a window. Closing it does not stop the training, which goes on without a
    display too; Ctrl-C stops both; after the training it stays."""
    final_games: int = 200
    """Fresh games on which the agent is measured at the end, beside scripted players."""
    height: int = 10
    """Rows of the board."""
    width: int = 10
    """Columns of the board."""
    walls: str = "solid"
    """solid, or wrap for joined edges."""
    obstacles: str | None = None
    """Name of a layout: cross, pillars, rooms or corners."""
    food: int = 1
    """Pieces of food at a time."""
    hunger_limit: int | None = None
    """Steps without food that end a game; by default twice the number of cells, and while training as many as there are
    cells."""
    actions: str = "absolute"
    """absolute (up, right, down, left) or relative (left, straight, right)."""

    @property
    def rules(self) -> dict[str, Any]:
        """The rules of the games on which the agent is measured."""
        return {name: getattr(self, name) for name in RULES}

    @property
    def training_rules(self) -> dict[str, Any]:
        """Those it learns by: it starves in half the time, as walking in circles teaches nothing."""
        return self.rules | {"hunger_limit": self.hunger_limit or self.height * self.width}


Chosen = TypeVar("Chosen", bound=Options)


def find_run(options: Chosen, kinds: Sequence[type[Chosen]]) -> tuple[Chosen, RunFolder]:
    """The options and the folder of a new run, or of the run to go on with; nothing is written yet, see `begin_run`.

    Raises:
        FileExistsError, FileNotFoundError: see `RunFolder`.
        ValueError: an option that no training can have.
    """
    if options.resume is None:
        folder = RunFolder.new(options.out, options.kind)
    else:
        folder = RunFolder.existing(options.resume)
        kept = resumed(options, folder, kinds)
        if options.kind != kept.kind:
            raise ValueError(f"{folder.path} is a run of {kept.kind}, not of {options.kind}: leave out the kind")
        options = kept
    _check(options)
    return options, folder


def begin_run(options: Options, folder: RunFolder) -> None:
    """Write down what the run is, once all that it needs is there; or that it goes on, and what was chosen anew."""
    command = typed_command()
    if options.resume is None:
        folder.claim()
        stored = {name: value for name, value in asdict(options).items() if name not in NOT_STORED}
        about = {"kind": options.kind, "out": str(folder.path), "resume": None, "command": command}
        folder.write_json("config.json", stored | about)
    else:
        folder.tidy()
        stored = folder.read_json("config.json")
        anew = {name: getattr(options, name) for name in options.adjustable}
        if any(stored.get(name) != value for name, value in anew.items()):
            folder.write_json("config.json", stored | anew | {"command": f"{stored['command']} && {command}"})
        (folder.path / "result.json").unlink(missing_ok=True)  # it will be another one
    if options.watch:
        # A process of its own, which reads the folder: the training never waits for the window.
        window = [sys.executable, str(Path(__file__).parents[1] / "watch_run.py"), str(folder.path)]
        subprocess.Popen(window, stdout=subprocess.DEVNULL)  # noqa: S603


def read_checkpoint(folder: RunFolder, part: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
    """Arrays and header of the folder's last.npz, None before there is one.

    Raises:
        ValueError: it is the checkpoint of something else, without a header for this part.
    """
    file = folder.path / "last.npz"
    if not file.exists():
        return None
    arrays, header = nn.files.read(file)
    if not {part, "seconds"} <= header.keys():
        raise ValueError(f"{file} is no checkpoint of such a training; give the folder of another run")
    return arrays, header


def _check(options: Options) -> None:
    """Refuse what would fail later, or never end."""
    check_seed(options.seed)
    parse_budget(options.budget)
    Rules(**options.rules)
    for name in ("final_games", "validations", "validation_games", "games", "workers", "threads", options.counted):
        count = getattr(options, name, None)
        if count is not None and count < 1:
            raise ValueError(f"{name} is {count}; give 1 or more")
    if not 0 <= getattr(options, "late_starts", 0) < 1:
        raise ValueError(f"late_starts is {getattr(options, 'late_starts', 0)}; give a share from 0 to below 1")


class Course:
    """The course of a run: its rows of metrics, its clock, the line that shows how it goes.

    Args:
        folder: of the run.
        rows: of metrics, from an earlier part.
        before: seconds that earlier parts took.
        budget: how long all parts together may take.
        until: instead of a time, a column of the metrics and the number in it that ends the training.
    """

    def __init__(
        self, folder: RunFolder, rows: list[dict[str, Any]], before: float, budget: str, until: tuple[str, int | None]
    ) -> None:
        self.folder, self.rows, self.console = folder, rows, Console(markup=False)
        self._column, self._last = until
        self._limit = parse_budget(budget) if self._last is None else math.inf
        self._started, self._printed, self._written = time.perf_counter() - before, -math.inf, -math.inf

    @property
    def seconds(self) -> float:
        """Since the training began, without the pauses between its parts."""
        return time.perf_counter() - self._started

    @property
    def progress(self) -> float:
        """Share of the training that is over; 1 or more at its end."""
        if self._last is None:
            return self.seconds / self._limit
        return self.progress_at(self.rows[-1]) if self.rows else 0.0

    def progress_at(self, row: Mapping[str, Any]) -> float:
        """The same at a row of the metrics."""
        return float(row["seconds"]) / self._limit if self._last is None else float(row[self._column]) / self._last

    def run(
        self, step: Callable[[], dict[str, Any]], line: Callable[[dict[str, Any], float], str], *, whole: bool = False
    ) -> None:
        """Make steps until the training is over or someone presses Ctrl-C.

        Args:
            step: makes one, and returns its row of metrics.
            line: tells people a row, and the seconds of training that it stands for.
            whole: whether a step that has begun must end before Ctrl-C counts, since half of it is worth nothing.
        """
        self.console.print(f"Training in {self.folder.path}; Ctrl-C stops and keeps what was reached.")
        with progress_line(self.console) as progress:
            task = progress.add_task("first step", total=1.0, left="")
            try:
                while (done := self.progress) < 1:
                    with _undivided() if whole else nullcontext():
                        self.rows.append({"seconds": 0.0} | step())
                        self.rows[-1]["seconds"] = round(self.seconds, 2)
                    if self.seconds - self._written > BETWEEN_METRICS:
                        self.folder.write_metrics(self.rows)
                        self._written = self.seconds
                    done = self.progress
                    told = line(self.rows[-1], self.seconds)
                    left = f"{max(0.0, self.seconds * (1 / done - 1)):.0f} s left"
                    progress.update(task, completed=done, description=told, left=left)
                    if not self.console.is_terminal and self.seconds - self._printed > BETWEEN_LINES:
                        self._printed = self.seconds
                        self.console.print(f"{told}  {left}", highlight=False)
            except KeyboardInterrupt:
                self.console.print("Stopped; keeping what was reached.")


@contextmanager
def _undivided() -> Iterator[None]:
    """Keep Ctrl-C until the block is over. A second one ends the program, which keeps its last checkpoint."""
    pressed = False

    def note(*_: object) -> None:
        nonlocal pressed
        if pressed:
            sys.exit(INTERRUPTED)
        pressed = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def report(
    agent: Agent, options: Options, folder: RunFolder, course: Course, counts: Mapping[str, int]
) -> dict[str, Any]:
    """Measure the agent beside scripted players on fresh games, and leave curve, GIF and result.

    Args:
        agent: the best of the run.
        options: of the run.
        folder: of the run; best.npz is there.
        course: of the run.
        counts: what else the result tells.
    """
    console, rules = course.console, options.rules
    console.print(f"Playing {options.final_games} fresh games with the agent and with scripted players ...")
    players = [find_agent(name, rules) for name in BASELINES]
    results = [_measure(player, rules, options.final_games) for player in (*players, agent)]
    title = f"{options.final_games} games, seeds 0 to {options.final_games - 1}"
    print_table(console, evaluation_table(results, title))
    reached = results[-1]
    seconds = {"train_seconds": course.rows[-1]["seconds"]}
    result = reached.row() | {"agent": str(folder.path)} | seconds | dict(counts)
    folder.write_json("result.json", result)
    save_curve(course.rows, {result.agent: result.mean for result in results[:-1]}, folder.path / "curve.png")
    # The best game: most food, and of those the shortest.
    best = int(np.lexsort((reached.steps, -reached.scores))[0])
    states = list(play_episode(agent, {}, seed=best))
    shown = states[:: -(-len(states) // GIF_FRAMES)] + states[-1:]
    frames = [render_frame(state, tile=GIF_TILE, wrap=options.walls == "wrap") for state in shown]
    save_video(frames, folder.path / "best_game.gif", GIF_FPS)
    console.print(f"Left in {folder.path}: best.npz, last.npz, metrics.csv, curve.png, best_game.gif, result.json")
    console.print(f"Watch it: python scripts/watch.py {shlex.quote(str(folder.path))}")
    return result


def _measure(player: Agent, rules: dict[str, Any], games: int) -> Evaluation:
    return evaluate(player, make_games(player, rules, games), games=games, seed=0, ending=find_endings)
