"""Genetic algorithm: tournament selection, elitism, crossover and self-adaptive mutation.

Sources: Eiben, Smith, "Introduction to Evolutionary Computing", 2nd edition: tournaments 5.2.3, uniform and arithmetic
crossover 4.4.2, self-adaptive mutation with one step size 4.4.3, elitism 5.3.3.

Differences: fitness is maximised; the elite are evaluated again in each generation, on that generation's games, so a
candidate that was lucky once does not stay.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.evolution.strategy import Genomes, Strategy, rank
from nn.from_json import from_json
from nn.saved_state import check_same_arrays, restore_generator


@dataclass(frozen=True)
class Header:
    """The header of a saved state."""

    rng: dict[str, Any]


class GeneticAlgorithm(Strategy):
    """A population of genomes with their own mutation step sizes.

    Args:
        mean: (P,) mean of the first genomes.
        population: M, genomes in a generation.
        sigma: standard deviation of the first genomes and of the first mutations.
        rng: generator of all random numbers.
        elite: best genomes that are copied unchanged.
        tournament: genomes that compete to become a parent.
        crossover: probability that a child has two parents; half of these children take each gene from a random parent,
            half take the average of both.
    """

    def __init__(
        self,
        mean: NDArray[np.float64],
        *,
        population: int,
        sigma: float,
        rng: np.random.Generator,
        elite: int = 4,
        tournament: int = 4,
        crossover: float = 0.6,
    ) -> None:
        fits = 0 < elite < population and 1 <= tournament <= population
        if not fits or not 0 <= crossover <= 1 or not 0 < sigma < np.inf:
            raise ValueError(
                f"population is {population}, elite {elite}, tournament {tournament}, crossover {crossover}, "
                f"sigma {sigma}; elite and tournament must be from 1 to the population, with room for children, "
                "crossover from 0 to 1, and sigma above 0"
            )
        self._rng, self._elite, self._tournament, self._crossover = rng, elite, tournament, crossover
        P = len(mean)
        self._learning_rate = 1 / math.sqrt(P)  # of the step sizes
        self._genomes: Genomes = mean + sigma * rng.standard_normal((population, P))
        self._sigmas = np.full(population, float(sigma))
        self._best = np.array(mean, dtype=np.float64)

    def ask(self) -> Genomes:
        """Return the genomes of this generation (M, P)."""
        return self._genomes.copy()

    def tell(self, fitness: NDArray[np.float64]) -> None:
        """Make the next generation from the elite and the children of tournament winners."""
        M, P = self._genomes.shape
        order = rank(fitness, M)
        self._best = self._genomes[order[0]].copy()
        elite, children = order[: self._elite], M - self._elite

        # The winner of a tournament is its entrant with the best rank.
        entrants = self._rng.integers(M, size=(2, children, self._tournament))
        mothers, fathers = order[entrants.min(axis=2)]
        mixing = self._rng.random((children, 1))
        from_father = self._rng.random((children, P)) < 0.5
        mother, father = self._genomes[mothers], self._genomes[fathers]
        mixed = np.where(mixing < self._crossover / 2, (mother + father) / 2, np.where(from_father, father, mother))
        genes = np.where(mixing < self._crossover, mixed, mother)

        sigmas = self._sigmas[mothers] * np.exp(self._learning_rate * self._rng.standard_normal(children))
        genes += sigmas[:, None] * self._rng.standard_normal((children, P))
        self._genomes = np.concatenate((self._genomes[elite], genes))
        self._sigmas = np.concatenate((self._sigmas[elite], sigmas))

    @property
    def centre(self) -> NDArray[np.float64]:
        """The best genome of the last generation (P,)."""
        return self._best.copy()

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """See `Strategy.state`."""
        arrays = {"genomes": self._genomes, "sigmas": self._sigmas, "best": self._best}
        return arrays, {"rng": self._rng.bit_generator.state}

    def restore(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        """See `Strategy.restore`."""
        saved = from_json(header, Header, "strategy")
        check_same_arrays(arrays, self.state()[0])
        if arrays["sigmas"].min() < 0:
            raise ValueError("sigmas holds negative numbers")
        restore_generator(self._rng, saved.rng)
        self._genomes, self._sigmas, self._best = arrays["genomes"], arrays["sigmas"], arrays["best"]
