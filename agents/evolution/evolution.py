"""Neuroevolution: a strategy proposes the parameters of networks, and games decide which are good.

All candidates of a generation play the same games, so luck with food does not decide between them. Each generation
plays other games, so no candidate can learn them by heart. The champion, which is the agent that is kept, is chosen on
validation games, which select no candidate.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from agents.evolution.evaluator import PopulationEvaluator
from agents.evolution.strategy import Strategy
from agents.learning.learner import Learner, LearnerHeader, Stateful
from agents.policies.network_agent import NetworkAgent
from agents.types import Arrays
from nn.from_json import Count, from_json
from nn.saved_state import check_same_arrays

# The seeds of games: final evaluations use small numbers, so the ranges do not overlap.
VALIDATION_SEED, TRAINING_SEED, SEEDS = 1 << 30, 1 << 31, 1 << 30


@dataclass(frozen=True, kw_only=True)
class EvolutionHeader(LearnerHeader):
    """The header of a checkpoint of `Evolution`."""

    strategy: dict[str, Any]
    champion_score: float | None
    champion_full: float
    generation: Count
    episodes: Count


class Evolution(Learner):
    """The search for a network that plays well, one generation at a time.

    Args:
        strategy: proposes genomes, which are the parameters of a network.
        evaluator: plays games with a whole population.
        seed: of the games.
        n_episodes: games that each candidate plays in a generation.
        environment: the environment's arguments, saved with the agent.
        n_validation_episodes: games on which the champion is chosen.
        validate_every: generations between two validations.
        workers: processes that play.

    Attributes:
        generation: generations so far.
        champion: (P,) the genome with the best validation score so far.
    """

    header = EvolutionHeader
    interruptible: ClassVar[bool] = True  # a generation is repeated on resume, with the same games

    def __init__(
        self,
        strategy: Strategy,
        evaluator: PopulationEvaluator,
        *,
        seed: int,
        n_episodes: int,
        environment: Mapping[str, Any] | None = None,
        n_validation_episodes: int = 100,
        validate_every: int = 5,
        workers: int = 1,
    ) -> None:
        self.strategy, self.evaluator, self.environment = strategy, evaluator, dict(environment or {})
        self._rng = np.random.default_rng(seed)
        self._n_episodes, self._validate_every, self._workers = n_episodes, validate_every, workers
        self._validation_seeds = [VALIDATION_SEED + i for i in range(n_validation_episodes)]
        self.champion = strategy.centre
        self._champion_score, self._champion_full = -np.inf, 0.0
        self.generation = self.num_timesteps = self._episodes = 0

    def step(self, progress: float = 0.0) -> dict[str, float]:  # noqa: ARG002  no schedule depends on it
        """Play one generation and learn from it.

        Returns:
            "generation"; "best_score", "mean_score" and "full", the share of full boards, of this generation;
            "episodes" so far; "validation_score" and "validation_full" of the champion. Validation games that are
            longer than 9 in 10 of them are cut short, like all games of the evaluator.
        """
        genomes = self.strategy.ask()
        seeds = (TRAINING_SEED + self._rng.integers(SEEDS, size=self._n_episodes)).tolist()
        played = self.evaluator.play(genomes, seeds, workers=self._workers)
        fitness = played.scores.mean(axis=1)
        self.strategy.tell(fitness)
        self.generation += 1
        self._episodes += played.scores.size
        self.num_timesteps += played.steps
        if self.generation % self._validate_every == 0 or self.generation == 1:
            self.validate()
        return {
            "generation": self.generation,
            "best_score": float(fitness.max()),
            "mean_score": float(fitness.mean()),
            "full": float(played.won.mean()),
            "episodes": self._episodes,
            "validation_score": float(self._champion_score),
            "validation_full": self._champion_full,
        }

    def validate(self) -> None:
        """Play the validation games with the strategy's centre, and keep it if it is the best so far."""
        centre = self.strategy.centre
        played = self.evaluator.play(centre[None], self._validation_seeds)
        if played.scores.mean() > self._champion_score:
            self.champion = centre
            self._champion_score, self._champion_full = float(played.scores.mean()), float(played.won.mean())

    def agent(self) -> NetworkAgent:
        """Return the champion."""
        network = copy.deepcopy(self.evaluator.network)
        network.flat = self.champion.astype(network.flat.dtype)
        features = self.evaluator.action_features
        return NetworkAgent(network, self.environment, action_features=features, name="champion")

    def parts(self) -> dict[str, Stateful]:
        """See `Learner.parts`; a strategy has a header, too, so `state` saves it."""
        return {}

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """See `Learner.state`."""
        arrays, strategy = self.strategy.state()
        _, header = super().state()
        return arrays | {"champion": self.champion}, header | {
            "strategy": strategy,
            "champion_score": self._champion_score if np.isfinite(self._champion_score) else None,
            "champion_full": self._champion_full,
            "generation": self.generation,
            "episodes": self._episodes,
        }

    def restore(self, arrays: Arrays, header: dict[str, Any]) -> None:
        """See `Learner.restore`."""
        super().restore({}, header)
        saved = from_json(header, EvolutionHeader, "learner")
        champion = {name: array for name, array in arrays.items() if name == "champion"}
        check_same_arrays(champion, {"champion": self.champion})
        self.strategy.restore({name: array for name, array in arrays.items() if name != "champion"}, saved.strategy)
        self.champion = champion["champion"]
        self._champion_score = -np.inf if saved.champion_score is None else saved.champion_score
        self._champion_full = saved.champion_full
        self.generation, self._episodes = saved.generation, saved.episodes
