"""Base classes of all agents: `act` maps N observations to N actions."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

import nn
from agents.types import Arrays, IntArray, MaskArray
from nn.file_error import reading

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
    """An agent that was trained, which scores the actions.

    `save` writes it to a file, and `load` or `agents.load` reads it.
    """

    @abstractmethod
    def scores(self, observations: NDArray[Any]) -> NDArray[Any]:
        """Return the score of each action: (N, ...) -> (N, A)."""

    @abstractmethod
    def pack(self, notes: Mapping[str, Any], *, half: bool = False) -> tuple[Arrays, dict[str, Any]]:
        """Return the arrays and the header that `save` writes, see there."""

    @classmethod
    @abstractmethod
    def unpack(cls, arrays: Arrays, header: Mapping[str, Any]) -> Self:
        """Return the agent of what `pack` returned.

        Raises:
            ValueError: a field of the header is missing, unknown or wrong, or an array is.
        """

    def save(self, path: str | Path, notes: Mapping[str, Any], *, half: bool = False) -> None:
        """Write the agent to one file.

        Args:
            path: of the file.
            notes: how the agent was trained, in types that JSON can hold.
            half: store numbers in half precision, in half the space.
        """
        nn.files.write(path, *self.pack(notes, half=half))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the agent that `save` wrote.

        Raises:
            ValueError: the file holds something else; the message names the file and what is wrong with it.
            OSError: no such file, or no permission to read it.
        """
        with reading(path, "holds no agent", "give a file that training an agent wrote"):
            agent = cls.unpack(*nn.files.read(path))
        agent.name = Path(path).stem
        return agent
