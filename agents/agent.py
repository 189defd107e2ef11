"""What an agent is: something that looks at N observations and gives N actions."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Actions = NDArray[np.int64]


class Agent(ABC):
    """A player of many games at once.

    Attributes:
        name: what tables and captions call it.
        environment: the environment arguments it plays with, such as {"observation": "planes"}: what it must see, and
            for a learner also the rules it was trained on.
    """

    name: str
    environment: dict[str, Any]

    @abstractmethod
    def act(
        self,
        observations: NDArray[Any],
        action_mask: NDArray[np.int8] | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> Actions:
        """An action for each of N games.

        Args:
            observations: (N, ...).
            action_mask: (N, A), 1 for each action that is allowed; None if all are.
            rng: for agents that choose at random; None for the choice they think best.

        Returns:
            (N,) int64.
        """


class LearnedAgent(Agent):
    """A player that was learned, and can be kept in a file, from which `agents.load` brings it back."""

    @abstractmethod
    def save(self, path: str | Path, notes: Mapping[str, Any], *, half: bool = False) -> None:
        """Write the agent to one file.

        Args:
            path: of the file.
            notes: on how it came about, as JSON can hold them.
            half: with numbers of half the precision, in half the room.
        """
