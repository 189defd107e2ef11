"""The interface of evolution strategies: ask for candidates, tell their fitness."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Genomes = NDArray[np.float64]


class Strategy(ABC):
    """A search for the vector of P numbers with the highest fitness.

    A generation is one call of `ask` and one of `tell`. A fitness of NaN counts as the worst.
    """

    @abstractmethod
    def ask(self) -> Genomes:
        """Return the candidates of the next generation (M, P)."""

    @abstractmethod
    def tell(self, fitness: NDArray[np.float64]) -> None:
        """Update the search with the fitness (M,) of the candidates of the last `ask`; higher is better."""

    @property
    @abstractmethod
    def centre(self) -> NDArray[np.float64]:
        """The current estimate of the best vector (P,)."""

    @abstractmethod
    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the JSON header from which `restore` continues exactly."""

    @abstractmethod
    def restore(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        """Continue from what `state` returned.

        Raises:
            ValueError: a field or an array is missing, unknown or wrong.
        """


def rank(fitness: NDArray[np.float64], M: int) -> NDArray[np.int64]:
    """Return the indices of the candidates (M,) from best to worst; ties keep their order.

    Raises:
        ValueError: another number of fitness values than candidates.
    """
    if np.shape(fitness) != (M,):
        raise ValueError(f"fitness has shape {np.shape(fitness)}; give one number for each of the {M} candidates")
    return np.argsort(-np.nan_to_num(fitness, nan=-np.inf), kind="stable")
