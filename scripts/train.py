"""Train a Snake agent: watch a population of small networks learn, and keep the best. Without a kind it is es.

python scripts/train.py: two minutes of CMA-ES on all cores

python scripts/train.py ga --budget 5m: a genetic algorithm instead

python scripts/train.py --resume runs/es: go on with a run
"""

import os

# The networks are small: one BLAS thread in each process, and all processes at work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import math
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

import nn
from agents import Agent, Evaluation, NetworkAgent, evaluate
from agents.cma_es import CMAES
from agents.evolution import Evolution, Generation
from agents.genetic import GeneticAlgorithm
from agents.population import Contest
from agents.strategy import Strategy
from budget import parse_budget
from figures import save_curve
from players import ENVIRONMENT_ID, find_agent, make_games
from run_folder import RunFolder
from snake_env.features import OVERALL, PER_ACTION
from tables import evaluation_table
from video import play_frames, save_video

BASELINES = ("random", "greedy", "safe-greedy")
RULES = ("height", "width", "walls", "obstacles", "food", "hunger_limit", "actions")
GIF_TILE, GIF_FPS, GIF_FRAMES = 20, 30, 600


@dataclass(frozen=True, kw_only=True)
class Config(ABC):
    """What every kind of evolution takes."""

    seed: int = 0
    """Of the first networks, of chance in evolution, and of the training games."""
    budget: str = "120s"
    """Training time, such as 90s, 15m or 2h; with --resume the time of all parts together."""
    generations: int | None = None
    """Stop after this many generations instead of a time: then the same seed gives the same weights everywhere."""
    out: Path | None = None
    """Run folder; by default a new one under runs/."""
    resume: Path | None = None
    """Run folder to go on with; all other options but the budget, generations and workers are those of that run."""
    workers: int = os.cpu_count() or 1
    """Processes that play. What is learnt does not depend on them."""
    games: int = 16
    """Games that each candidate plays in a generation."""
    hidden: int = 12
    """Hidden units of the network that scores each action."""
    final_games: int = 200
    """Fresh games on which the champion is measured at the end, beside scripted players."""
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
    """Steps without food that end a game; by default twice the number of cells."""
    actions: str = "absolute"
    """absolute (up, right, down, left) or relative (left, straight, right)."""

    @abstractmethod
    def strategy(self, mean: NDArray[np.float64], rng: np.random.Generator) -> Strategy:
        """The search that these options describe."""


@dataclass(frozen=True, kw_only=True)
class ES(Config):
    """CMA-ES, an evolution strategy: the default, and the strongest in two minutes."""

    population: int = 32
    """Candidates a generation."""
    sigma: float = 0.5
    """Step size at the beginning."""

    def strategy(self, mean: NDArray[np.float64], rng: np.random.Generator) -> Strategy:
        """See `Config.strategy`."""
        return CMAES(mean, population=self.population, sigma=self.sigma, rng=rng)


@dataclass(frozen=True, kw_only=True)
class GA(Config):
    """A genetic algorithm: tournaments, elitism, crossover, adaptive mutation."""

    population: int = 64
    """Genomes a generation."""
    sigma: float = 0.5
    """Standard deviation of the first genomes and mutations."""
    elite: int = 4
    """Genomes that go on unchanged."""
    tournament: int = 4
    """Genomes that compete to be a parent."""
    crossover: float = 0.6
    """Share of children with two parents."""

    def strategy(self, mean: NDArray[np.float64], rng: np.random.Generator) -> Strategy:
        """See `Config.strategy`."""
        return GeneticAlgorithm(
            mean,
            population=self.population,
            sigma=self.sigma,
            rng=rng,
            elite=self.elite,
            tournament=self.tournament,
            crossover=self.crossover,
        )


KINDS: dict[str, type[Config]] = {"es": ES, "ga": GA}


def main(config: Config) -> dict[str, Any]:
    """Train, evaluate, and leave a run folder; what it gives back is the folder's result.json."""
    console = Console()
    seconds_to_train = parse_budget(config.budget) if config.generations is None else math.inf
    resuming = config.resume is not None
    if config.resume is None:
        kind = next(name for name, kind in KINDS.items() if isinstance(config, kind))
        folder = RunFolder.create(config.out, kind)
        stored = asdict(config) | {"kind": kind, "out": str(folder.path), "resume": None}
        folder.write_json("config.json", stored)
    else:
        folder = RunFolder.existing(config.resume)
        stored = folder.read_json("config.json")
        kept = {name: stored[name] for name in asdict(KINDS[stored["kind"]]()) if name not in ("out", "resume")}
        config = KINDS[stored["kind"]](
            **kept | {"budget": config.budget, "generations": config.generations, "workers": config.workers}
        )
    rules = {name: getattr(config, name) for name in RULES}
    rng = np.random.default_rng(config.seed)
    inputs = len(PER_ACTION) + len(OVERALL)
    layers = [nn.Dense(inputs, config.hidden), nn.Tanh(), nn.Dense(config.hidden, 1)]
    network = nn.Sequential(layers, input_shape=(inputs,), rng=rng)
    # Training games starve after as many steps as the board has cells: walking in circles teaches nothing.
    played = rules | {"observation": "features", "hunger_limit": config.hunger_limit or config.height * config.width}
    contest = Contest(f"snake_env:{ENVIRONMENT_ID}", played, network, len(PER_ACTION))
    strategy = config.strategy(network.flat.astype(np.float64), rng)
    evolution = Evolution(strategy, contest, seed=config.seed, games=config.games, workers=config.workers)

    rows: list[dict[str, Any]] = []
    seconds = 0.0
    if resuming and (folder.path / "last.npz").exists():
        arrays, header = nn.files.read(folder.path / "last.npz")
        evolution.restore(arrays, header["evolution"])
        seconds = header["seconds"]
        rows = [dict(row) for row in folder.read_metrics() if row["generation"] <= header["evolution"]["generation"]]
    _train(config, evolution, folder, rows, seconds, seconds_to_train, console)
    if not rows:
        raise SystemExit("stopped before the first generation ended; give a larger --budget")

    network.flat = evolution.champion.astype(np.float32)
    environment = rules | {"observation": "features"}
    champion = NetworkAgent(network, environment, action_features=len(PER_ACTION), name="champion")
    return _report(champion, config, folder, rows, rules, console)


def _train(
    config: Config,
    evolution: Evolution,
    folder: RunFolder,
    rows: list[dict[str, Any]],
    seconds_before: float,
    seconds_to_train: float,
    console: Console,
) -> None:
    """Evolve until the budget is spent or someone presses Ctrl-C; every generation is saved as it ends."""
    started = time.perf_counter() - seconds_before
    console.print(f"Training in {folder.path}; Ctrl-C stops and keeps what was reached.")
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[left]}"), console=console
    )
    task = progress.add_task(
        "first generation", total=seconds_to_train if math.isfinite(seconds_to_train) else None, left=""
    )
    try:
        with progress:
            while (seconds := time.perf_counter() - started) < seconds_to_train:
                if rows and config.generations is not None and rows[-1]["generation"] >= config.generations:
                    break
                generation = evolution.step()
                seconds = time.perf_counter() - started
                rows.append({"seconds": round(seconds, 2)} | asdict(generation))
                rows[-1]["generation"] = rows[-1].pop("number")
                arrays, header = evolution.state()
                nn.files.write(folder.path / "last.npz", arrays, {"evolution": header, "seconds": seconds})
                folder.write_metrics(rows)
                line = _line(generation, seconds)
                left = f"{max(0.0, _seconds_left(config, generation, seconds, seconds_to_train)):.0f} s left"
                progress.update(task, completed=seconds, description=line, left=left)
                if not console.is_terminal and generation.number % 10 == 1:
                    console.print(f"{line}  {left}")
    except KeyboardInterrupt:
        console.print("Stopped; keeping what was reached.")


def _seconds_left(config: Config, generation: Generation, seconds: float, seconds_to_train: float) -> float:
    if config.generations is None:
        return seconds_to_train - seconds
    return seconds / generation.number * (config.generations - generation.number)


def _line(generation: Generation, seconds: float) -> str:
    return (
        f"generation {generation.number}  best {generation.best:.1f}  mean {generation.mean:.1f} food  "
        f"full boards {generation.full:.0%}  champion {generation.champion:.1f}  "
        f"{generation.games / seconds:.0f} games/s  {generation.steps / seconds / 1000:.0f}k steps/s"
    )


def _report(
    champion: NetworkAgent,
    config: Config,
    folder: RunFolder,
    rows: list[dict[str, Any]],
    rules: dict[str, Any],
    console: Console,
) -> dict[str, Any]:
    """Measure the champion beside scripted players on fresh games, and leave weights, curve, GIF and result."""
    notes = folder.read_json("config.json") | {"generations": rows[-1]["generation"], "seconds": rows[-1]["seconds"]}
    champion.save(folder.path / "best.npz", notes)
    console.print(f"Playing {config.final_games} fresh games with the champion and with scripted players ...")
    players = [find_agent(name, rules) for name in BASELINES]
    results = [_measure(player, rules, config.final_games) for player in (*players, champion)]
    console.print(evaluation_table(results, f"{config.final_games} games, seeds 0 to {config.final_games - 1}"))
    reached = results[-1]
    save_curve(rows, {result.agent: result.mean for result in results[:-1]}, folder.path / "curve.png")
    # The best game: most food, and of those the shortest.
    best = int(np.lexsort((reached.steps, -reached.scores))[0])
    frames = list(play_frames(champion, {}, seed=best, tile=GIF_TILE))
    save_video(frames[:: -(-len(frames) // GIF_FRAMES)] + frames[-1:], folder.path / "best_game.gif", GIF_FPS)
    result = reached.row() | {
        "agent": str(folder.path),
        "train_seconds": rows[-1]["seconds"],
        "generations": int(rows[-1]["generation"]),
        "train_games": int(rows[-1]["games"]),
        "train_steps": int(rows[-1]["steps"]),
    }
    folder.write_json("result.json", result)
    console.print(f"Left in {folder.path}: best.npz, last.npz, metrics.csv, curve.png, best_game.gif, result.json")
    console.print(f"Watch it: python scripts/watch.py {folder.path}")
    return result


def _measure(player: Agent, rules: dict[str, Any], games: int) -> Evaluation:
    return evaluate(player, make_games(player, rules, games), games=games, seed=0)


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line; without a kind it is `es`."""
    words = list(arguments)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, "es")
    kinds = Annotated[ES, tyro.conf.subcommand("es")] | Annotated[GA, tyro.conf.subcommand("ga")]
    config: Config = tyro.cli(kinds, args=words, description=__doc__)
    return config


if __name__ == "__main__":
    try:
        main(parse(sys.argv[1:]))
    except (ValueError, FileExistsError, FileNotFoundError) as error:
        raise SystemExit(f"error: {error}") from None
