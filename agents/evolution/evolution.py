"""Neuroevolution: a strategy proposes networks, games decide which are fit, and the best is kept.

All candidates of a generation play the same games, so luck with food does not decide between them; the next generation
plays others, so nothing can be learnt by heart. The agent that is kept, the champion, is chosen on validation games on
which no candidate was ever selected.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.evolution.evaluator import PopulationEvaluator
from agents.evolution.strategy import Strategy

# The seeds of games: final evaluations use small numbers, so the ranges never meet.
VALIDATION_SEED, TRAINING_SEED, SEEDS = 1 << 30, 1 << 31, 1 << 30


@dataclass(frozen=True)
class Generation:
    """How a generation did.

    Attributes:
        number: 1, 2, ...
        best: mean score of its best candidate.
        mean: mean score of all.
        full: share of games in which the board was filled.
        games: games played since the start.
        steps: environment steps since the start.
        champion: mean score of the champion in the validation games, of which the longest are cut short, as in all
            rounds (`population.SHARE_PLAYED`).
    """

    number: int
    best: float
    mean: float
    full: float
    games: int
    steps: int
    champion: float


class Evolution:
    """The search for a network that plays well, one generation at a time.

    Args:
        strategy: proposes genomes.
        contest: what they play.
        seed: of the games.
        games: that each candidate plays in a generation.
        validation_games: on which the champion is chosen.
        validate_every: generations between two looks at the strategy's centre.
        workers: processes that play.
    """

    def __init__(
        self,
        strategy: Strategy,
        contest: PopulationEvaluator,
        *,
        seed: int,
        games: int,
        validation_games: int = 100,
        validate_every: int = 5,
        workers: int = 1,
    ) -> None:
        self.strategy, self.contest = strategy, contest
        self._rng = np.random.default_rng(seed)
        self._games, self._validate_every, self._workers = games, validate_every, workers
        self._validation_seeds = [VALIDATION_SEED + i for i in range(validation_games)]
        self.champion = strategy.centre
        self._champion_score = -np.inf
        self._generation = self._games_played = self._steps = 0

    def step(self) -> Generation:
        """Play one generation and learn from it."""
        genomes = self.strategy.ask()
        seeds = (TRAINING_SEED + self._rng.integers(SEEDS, size=self._games)).tolist()
        played = self.contest.play(genomes, seeds, workers=self._workers)
        fitness = played.scores.mean(axis=1)
        self.strategy.tell(fitness)
        self._generation += 1
        self._games_played += played.scores.size
        self._steps += played.steps
        if self._generation % self._validate_every == 0 or self._generation == 1:
            self.validate()
        return Generation(
            number=self._generation,
            best=float(fitness.max()),
            mean=float(fitness.mean()),
            full=float(played.won.mean()),
            games=self._games_played,
            steps=self._steps,
            champion=float(self._champion_score),
        )

    def validate(self) -> None:
        """Let the strategy's centre play the validation games, and keep it if it is the best so far."""
        centre = self.strategy.centre
        score = self.contest.play(centre[None], self._validation_seeds).scores.mean()
        if score > self._champion_score:
            self.champion, self._champion_score = centre, float(score)

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Arrays and JSON from which `restore` goes on exactly as if nothing had happened."""
        arrays, header = self.strategy.state()
        return arrays | {"champion": self.champion}, {
            "strategy": header,
            "seeds": self._rng.bit_generator.state,
            "champion_score": self._champion_score if np.isfinite(self._champion_score) else None,
            "generation": self._generation,
            "games": self._games_played,
            "steps": self._steps,
        }

    def restore(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        arrays = dict(arrays)
        self.champion = arrays.pop("champion")
        self.strategy.restore(arrays, header["strategy"])
        self._rng.bit_generator.state = header["seeds"]
        score = header["champion_score"]
        self._champion_score = -np.inf if score is None else score
        self._generation, self._games_played, self._steps = header["generation"], header["games"], header["steps"]
