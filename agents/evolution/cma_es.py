"""CMA-ES: sample around a mean, move it towards the best samples, and adapt the covariance to them.

Source: Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772; equation numbers below are the tutorial's.

Differences: fitness is maximised; above `FULL_UP_TO` parameters only the diagonal of the covariance is adapted, at the
faster rate that this allows (Ros, Hansen, "A simple modification in CMA-ES achieving linear time and space complexity",
PPSN 2008); no weights are negative (the tutorial's "active" update), and the step size grows by no more than a factor
e a generation; samples are mirrored in pairs (Brockhoff et al., "Mirrored sampling and sequential selection for
evolution strategies", PPSN 2010), which evens them out. If both of a pair are selected, they cancel, so the step size
falls even without selection pressure, with 205 parameters and 32 candidates by 0.7 % a generation (Auger, Brockhoff and
Hansen, "Mirrored sampling in evolution strategies with weighted recombination", GECCO 2011). This is not corrected.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from agents.evolution.strategy import Genomes, Strategy, rank
from nn.from_json import AtLeast, Count, from_json
from nn.saved_state import check_same_arrays, restore_generator

FULL_UP_TO = 600  # parameters


@dataclass(frozen=True)
class Header:
    """The header of a saved state."""

    sigma: Annotated[float, AtLeast(0)]
    generation: Count
    rng: dict[str, Any]


class CMAES(Strategy):
    """Covariance matrix adaptation evolution strategy.

    Args:
        mean: (P,) start of the search.
        population: M, candidates in a generation, at least 4.
        sigma: initial step size.
        rng: generator of all random numbers.
    """

    def __init__(self, mean: NDArray[np.float64], *, population: int, sigma: float, rng: np.random.Generator) -> None:
        if population < 4 or not 0 < sigma < np.inf:
            raise ValueError(f"population is {population} and sigma {sigma}; they must be at least 4 and above 0")
        P, M = len(mean), population
        self._rng, self._M, self._full = rng, M, P <= FULL_UP_TO
        self._mean, self._sigma = np.array(mean, dtype=np.float64), float(sigma)
        # Recombination weights, equation 49: positive for the better half, and their effective number, equation 8.
        weights = np.log((M + 1) / 2) - np.log(np.arange(1, M // 2 + 1))
        self._weights = weights / weights.sum()
        self._mu_eff = 1 / np.sum(self._weights**2)
        # Learning rates, equations 55 to 58.
        mu_eff = self._mu_eff
        self._c_sigma = (mu_eff + 2) / (P + mu_eff + 5)
        self._d_sigma = 1 + 2 * max(0, math.sqrt((mu_eff - 1) / (P + 1)) - 1) + self._c_sigma
        self._c_c = (4 + mu_eff / P) / (P + 4 + 2 * mu_eff / P)
        faster = 1 if self._full else (P + 2) / 3
        self._c_1 = min(1, faster * 2 / ((P + 1.3) ** 2 + mu_eff))
        self._c_mu = min(1 - self._c_1, faster * 2 * (mu_eff - 2 + 1 / mu_eff) / ((P + 2) ** 2 + mu_eff))
        self._expected_norm = math.sqrt(P) * (1 - 1 / (4 * P) + 1 / (21 * P * P))
        self._path_sigma, self._path_c = np.zeros(P), np.zeros(P)
        self._covariance = np.eye(P) if self._full else np.ones(P)
        self._generation = 0
        self._decompose()

    def ask(self) -> Genomes:
        """Return (M, P) mean + sigma * N(0, C), equation 5, in mirrored pairs."""
        half = self._rng.standard_normal((-(-self._M // 2), len(self._mean)))
        z = np.concatenate((half, -half))[: self._M]
        self._steps = z * self._scales @ self._axes.T if self._full else z * self._scales
        genomes: Genomes = self._mean + self._sigma * self._steps
        return genomes

    def tell(self, fitness: NDArray[np.float64]) -> None:
        """Update mean, step size and covariance: equations 41 to 47, with the differences named above."""
        order = rank(fitness, self._M)
        best = self._steps[order[: len(self._weights)]]  # (mu, P)
        step = self._weights @ best  # equation 41
        self._mean = self._mean + self._sigma * step  # equation 42; a new array, since `state` returned the old one
        self._generation += 1

        whitened = self._axes @ ((self._axes.T @ step) / self._scales) if self._full else step / self._scales
        c = self._c_sigma  # step-size control, equations 43 and 44
        self._path_sigma = (1 - c) * self._path_sigma + math.sqrt(c * (2 - c) * self._mu_eff) * whitened
        length = float(np.linalg.norm(self._path_sigma))
        expected = self._expected_norm * math.sqrt(1 - (1 - c) ** (2 * self._generation))
        slow = length < (1.4 + 2 / (len(step) + 1)) * expected  # h_sigma: stalls the path while sigma grows fast
        self._sigma *= math.exp(min(1.0, c / self._d_sigma * (length / self._expected_norm - 1)))

        c = self._c_c  # covariance matrix adaptation, equations 45 to 47
        self._path_c = (1 - c) * self._path_c + slow * math.sqrt(c * (2 - c) * self._mu_eff) * step
        kept = 1 - self._c_1 - self._c_mu + (not slow) * self._c_1 * c * (2 - c)
        if self._full:
            new = self._c_1 * np.outer(self._path_c, self._path_c) + self._c_mu * (best.T * self._weights) @ best
        else:
            new = self._c_1 * self._path_c**2 + self._c_mu * self._weights @ best**2
        self._covariance = kept * self._covariance + new
        # A decomposition costs P^3, and the covariance changes slowly, so it is lazy (section B.2 of the tutorial).
        pause = max(1, int(1 / (10 * len(step) * (self._c_1 + self._c_mu)))) if self._full else 1
        if self._generation % pause == 0:
            self._decompose()

    @property
    def centre(self) -> NDArray[np.float64]:
        """The mean of the distribution (P,)."""
        return self._mean.copy()

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """See `Strategy.state`."""
        arrays = {
            "mean": self._mean,
            "covariance": self._covariance,
            "axes": self._axes,
            "scales": self._scales,
            "path_sigma": self._path_sigma,
            "path_c": self._path_c,
        }
        header = {
            "sigma": self._sigma,
            "generation": self._generation,
            "rng": self._rng.bit_generator.state,
        }
        return arrays, header

    def restore(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        """See `Strategy.restore`."""
        saved = from_json(header, Header, "strategy")
        check_same_arrays(arrays, self.state()[0])
        if arrays["scales"].min() <= 0:
            raise ValueError("scales holds numbers that are not above 0")
        restore_generator(self._rng, saved.rng)
        self._mean, self._covariance = arrays["mean"], arrays["covariance"]
        self._axes, self._scales = arrays["axes"], arrays["scales"]
        self._path_sigma, self._path_c = arrays["path_sigma"], arrays["path_c"]
        self._sigma, self._generation = saved.sigma, saved.generation

    def _decompose(self) -> None:
        """Decompose C = axes * diag(scales^2) * axes^T."""
        if not self._full:
            self._axes, self._scales = np.empty((0, 0)), np.sqrt(self._covariance)
            return
        self._covariance = (self._covariance + self._covariance.T) / 2
        values, self._axes = np.linalg.eigh(self._covariance)
        self._scales = np.sqrt(np.maximum(values, 1e-20))
