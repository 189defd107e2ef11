"""Base classes of all agents: `act` maps N observations to N actions."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import nn
from agents.types import Arrays, IntArray, MaskArray

Actions: TypeAlias = IntArray  # (N,)


class Agent(ABC):
    """An agent that plays many games at once.

    Attributes:
        name: shown in tables and captions.
        environment: keyword arguments of the environment that the agent plays in, such as {"observation": "planes"}:
            the observation that it needs, and for a learned agent also the rules that it was trained with.
    """

    name: str
    environment: dict[str, Any]

    @abstractmethod
    def act(
        self,
        observations: NDArray[Any],
        action_mask: MaskArray | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> Actions:
        """Return an action for each of N games.

        Args:
            observations: (N, ...).
            action_mask: (N, A), 1 for each allowed action; None if all actions are allowed.
            rng: random numbers for agents that choose at random; None for the agent's own generator.

        Returns:
            (N,) int64.
        """


class LearnedAgent(Agent):
    """An agent that was trained. `save` writes it to a file, and `agents.load` reads it."""

    @abstractmethod
    def pack(self, notes: Mapping[str, Any], *, half: bool = False) -> tuple[Arrays, dict[str, Any]]:
        """Return the arrays and the header that `save` writes, see there."""

    def save(self, path: str | Path, notes: Mapping[str, Any], *, half: bool = False) -> None:
        """Write the agent to one file.

        Args:
            path: of the file.
            notes: how the agent was trained, in types that JSON can hold.
            half: store numbers in half precision, in half the space.
        """
        nn.files.write(path, *self.pack(notes, half=half))
