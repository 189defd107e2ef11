"""Options of neuroevolution, and the learner that they describe."""

import sys
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray

import nn
from agents.evolution.cma_es import CMAES
from agents.evolution.evaluator import PopulationEvaluator
from agents.evolution.evolution import Evolution
from agents.evolution.genetic import GeneticAlgorithm
from agents.evolution.strategy import Strategy
from scripts.common.command_line import require_positive
from scripts.games.players import ENVIRONMENT_ID
from scripts.training.snake_options import SnakeOptions
from snake_env.observations.features import OVERALL, PER_ACTION


@dataclass(frozen=True, kw_only=True)
class EvolutionOptions(SnakeOptions):
    """Options of every evolution strategy."""

    not_kept = ("workers", "watch")
    overridable = ("budget", "generations")
    length_option = "generations"
    group: ClassVar[str] = "Options"

    generations: Annotated[int | None, "Main"] = None
    """Stop after this number of generations instead of a time; then the same seed gives the same weights."""
    workers: Annotated[int, "Main"] = cpu_count()
    """Processes that play games. The result does not depend on their number."""
    n_episodes: int = 16
    """Games that each candidate plays in a generation."""
    hidden: int = 12
    """Hidden units of the network that scores each move."""
    population_size: int
    """Candidates in a generation."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        require_positive(self, "workers", "n_episodes", "hidden", "final_games", "population_size")

    @property
    def until(self) -> tuple[str, int | None]:
        """See `SnakeOptions.until`."""
        return "generation", self.generations

    @abstractmethod
    def strategy(self, mean: NDArray[np.float64], rng: np.random.Generator) -> Strategy:
        """Return the evolution strategy that these options describe."""

    def make_learner(self) -> Evolution:
        """See `SnakeOptions.make_learner`: one small network scores each move by its features."""
        rng = np.random.default_rng(self.seed)
        inputs = len(PER_ACTION) + len(OVERALL)
        layers = [nn.Dense(inputs, self.hidden), nn.Tanh(), nn.Dense(self.hidden, 1)]
        network = nn.Sequential(layers, input_shape=(inputs,), rng=rng)
        features = {"observation": "features"}
        evaluator = PopulationEvaluator(
            f"snake_env:{ENVIRONMENT_ID}", self.training_rules | features, network, len(PER_ACTION)
        )
        return Evolution(
            self.strategy(network.flat.astype(np.float64), rng),
            evaluator,
            seed=self.seed,
            n_episodes=self.n_episodes,
            environment=self.rules | features,
            workers=self._useful_workers(),
        )

    def _useful_workers(self) -> int:
        """The number of workers, at most one for each core: 16 on one core make a quarter of the steps that 1 makes."""
        cores = int(cpu_count())
        if self.workers > cores:
            print(
                f"{self.workers} workers on {cores} cores would be slower than {cores}; using {cores}", file=sys.stderr
            )
        return min(self.workers, cores)


@dataclass(frozen=True, kw_only=True)
class ES(EvolutionOptions):
    """CMA-ES, an evolution strategy. The default, and the strongest in two minutes."""

    kind = "es"

    population_size: int = 32
    """Candidates in a generation."""
    sigma: float = 0.5
    """Initial step size."""

    def strategy(self, mean: NDArray[np.float64], rng: np.random.Generator) -> Strategy:
        """See `EvolutionOptions.strategy`."""
        return CMAES(mean, population=self.population_size, sigma=self.sigma, rng=rng)


@dataclass(frozen=True, kw_only=True)
class GA(EvolutionOptions):
    """Genetic algorithm with tournaments, elitism, crossover and adaptive mutation."""

    kind = "ga"

    population_size: int = 64
    """Genomes in a generation."""
    sigma: float = 0.5
    """Standard deviation of the first genomes and of the first mutations."""
    elite: int = 4
    """Best genomes that are copied unchanged."""
    tournament_size: int = 4
    """Genomes that compete to become a parent."""
    crossover: float = 0.6
    """Probability that a child has two parents."""

    def strategy(self, mean: NDArray[np.float64], rng: np.random.Generator) -> Strategy:
        """See `EvolutionOptions.strategy`."""
        return GeneticAlgorithm(
            mean,
            population=self.population_size,
            sigma=self.sigma,
            rng=rng,
            elite=self.elite,
            tournament=self.tournament_size,
            crossover=self.crossover,
        )
