"""Training by neuroevolution: a population of small networks on all cores, the best of which is kept."""

import os
from abc import abstractmethod
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from agents import NetworkAgent
from agents.evolution.cma_es import CMAES
from agents.evolution.evaluator import PopulationEvaluator
from agents.evolution.evolution import Evolution
from agents.evolution.genetic import GeneticAlgorithm
from agents.evolution.strategy import Strategy
from scripts.common.run_folder import RunFolder
from scripts.games.players import ENVIRONMENT_ID
from scripts.training.snake_run import Course, Options, begin_run, find_run, read_checkpoint, report
from snake_env.observations.features import OVERALL, PER_ACTION


@dataclass(frozen=True, kw_only=True)
class EvolutionOptions(Options):
    """What every kind of evolution takes."""

    changeable = ("workers", "watch")
    adjustable = ("budget", "generations")
    counted = "generations"

    generations: int | None = None
    """Stop after this many generations instead of a time: then the same seed gives the same weights everywhere."""
    workers: int = os.cpu_count() or 1
    """Processes that play. What is learnt does not depend on them."""
    games: int = 16
    """Games that each candidate plays in a generation."""
    hidden: int = 12
    """Hidden units of the network that scores each action."""

    @abstractmethod
    def strategy(self, mean: NDArray[np.float64], rng: np.random.Generator) -> Strategy:
        """The search that these options describe."""


@dataclass(frozen=True, kw_only=True)
class ES(EvolutionOptions):
    """CMA-ES, an evolution strategy: the default, and the strongest in two minutes."""

    kind = "es"

    population: int = 32
    """Candidates a generation."""
    sigma: float = 0.5
    """Step size at the beginning."""

    def strategy(self, mean: NDArray[np.float64], rng: np.random.Generator) -> Strategy:
        """See `EvolutionOptions.strategy`."""
        return CMAES(mean, population=self.population, sigma=self.sigma, rng=rng)


@dataclass(frozen=True, kw_only=True)
class GA(EvolutionOptions):
    """A genetic algorithm: tournaments, elitism, crossover, adaptive mutation."""

    kind = "ga"

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
        """See `EvolutionOptions.strategy`."""
        return GeneticAlgorithm(
            mean,
            population=self.population,
            sigma=self.sigma,
            rng=rng,
            elite=self.elite,
            tournament=self.tournament,
            crossover=self.crossover,
        )


def main(options: EvolutionOptions) -> dict[str, Any]:
    """Evolve, evaluate, and leave a run folder; what it gives back is the folder's result.json."""
    options, folder = find_run(options, (ES, GA))
    rng = np.random.default_rng(options.seed)
    inputs = len(PER_ACTION) + len(OVERALL)
    layers = [nn.Dense(inputs, options.hidden), nn.Tanh(), nn.Dense(options.hidden, 1)]
    network = nn.Sequential(layers, input_shape=(inputs,), rng=rng)
    observed = {"observation": "features"}
    contest = PopulationEvaluator(
        f"snake_env:{ENVIRONMENT_ID}", options.training_rules | observed, network, len(PER_ACTION)
    )
    strategy = options.strategy(network.flat.astype(np.float64), rng)
    evolution = Evolution(strategy, contest, seed=options.seed, games=options.games, workers=options.workers)
    rows, before = _resumed(evolution, folder)
    begin_run(options, folder)
    course = Course(folder, rows, before, options.budget, ("generation", options.generations))

    def save_champion(generation: int, seconds: float) -> NetworkAgent:
        best = deepcopy(network)
        best.flat = evolution.champion.astype(np.float32)
        champion = NetworkAgent(best, options.rules | observed, action_features=len(PER_ACTION), name="champion")
        notes = {"generations": generation, "seconds": seconds}
        champion.save(folder.path / "best.npz", folder.read_json("config.json") | notes)
        return champion

    def step() -> dict[str, Any]:
        row = asdict(evolution.step())
        arrays, header = evolution.state()
        nn.files.write(folder.path / "last.npz", arrays, {"evolution": header, "seconds": course.seconds})
        if course.rows:
            folder.write_metrics(course.rows)
        if not course.rows or row["champion"] > course.rows[-1]["champion"]:
            save_champion(row["number"], round(course.seconds, 2))
        return {"generation": row.pop("number")} | row

    course.run(step, _line)
    if not course.rows:
        raise SystemExit("stopped before the first generation ended; give a larger --budget")
    folder.write_metrics(course.rows)

    last = course.rows[-1]
    champion = save_champion(last["generation"], last["seconds"])
    counts = {f"train_{name}": int(last[name]) for name in ("games", "steps")}
    counts["generations"] = int(last["generation"])
    return report(champion, options, folder, course, counts)


def _resumed(evolution: Evolution, folder: RunFolder) -> tuple[list[dict[str, Any]], float]:
    """Let a run go on where it was: its rows of metrics and the seconds it took; none and 0 for a new one."""
    checkpoint = read_checkpoint(folder, "evolution")
    if checkpoint is None:
        return [], 0.0
    arrays, header = checkpoint
    evolution.restore(arrays, header["evolution"])
    rows = [dict(row) for row in folder.read_metrics() if row["generation"] <= header["evolution"]["generation"]]
    return rows, header["seconds"]


def _line(row: dict[str, Any], seconds: float) -> str:
    return (
        f"gen {row['generation']:.0f}  best {row['best']:.3g} mean {row['mean']:.3g} kept {row['champion']:.3g} food  "
        f"full {row['full']:.0%}  {row['games'] / seconds:.0f} games {row['steps'] / seconds / 1000:.0f}k steps/s"
    )
