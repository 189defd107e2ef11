"""What evolution strategies have in common: ask for candidates, tell their fitness."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Genomes = NDArray[np.float64]


class Strategy(ABC):
    """A search for the vector of P numbers with the highest fitness.

    A generation is one call of `ask` and one of `tell`. A fitness that is not a number counts as the worst.
    """

    @abstractmethod
    def ask(self) -> Genomes:
        """(M, P) candidates of the next generation."""

    @abstractmethod
    def tell(self, fitness: NDArray[np.float64]) -> None:
        """Learn how good the candidates of the last `ask` are: (M,), higher is better."""

    @property
    @abstractmethod
    def centre(self) -> NDArray[np.float64]:
        """(P,) where the strategy believes the best is."""

    @abstractmethod
    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Arrays and JSON that `restore` needs to go on exactly as if nothing had happened."""

    @abstractmethod
    def restore(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        """Go on from what `state` gave."""


def rank(fitness: NDArray[np.float64], M: int) -> NDArray[np.int64]:
    """(M,) candidates from best to worst; ties keep their order.

    Raises:
        ValueError: not one fitness for each candidate.
    """
    if np.shape(fitness) != (M,):
        raise ValueError(f"fitness has shape {np.shape(fitness)}; tell one number for each of the {M} candidates")
    return np.argsort(-np.nan_to_num(fitness, nan=-np.inf), kind="stable")
