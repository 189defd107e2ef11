"""What learners have in common: they play and learn in steps, tell how it goes, and can stop and go on."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import nn
from agents.agent import LearnedAgent
from agents.learning.schedules import Annealing

Arrays = dict[str, NDArray[Any]]

COUNTS = {"horizon", "minibatch", "epochs", "updates", "target_every", "window"}
SHARES = {"discount", "trace", "exploration", "final_exploration", "exploring", "importance"}
AMOUNTS = {"learning_rate", "final_learning_rate", "longest_gradient", "clip", "value_weight", "huber", "exponent"}
AMOUNTS |= {"entropy", "final_entropy"}


class Learner(ABC):
    """Something that learns to play in a Gymnasium vector environment.

    Attributes:
        steps: steps that the environments have made for it.
    """

    steps: int

    @abstractmethod
    def step(self, progress: float) -> dict[str, float]:
        """Play for a while and learn from it.

        Args:
            progress: share of the training that is over, 0 to 1, which schedules follow.

        Returns:
            What there is to tell, by name; "score" is the mean of the games that ended, nan if none did.
        """

    @abstractmethod
    def agent(self) -> LearnedAgent:
        """The player as it is now; a copy, which does not learn on."""

    @abstractmethod
    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Arrays and JSON from which `restore` goes on."""

    @abstractmethod
    def restore(self, arrays: Arrays, header: dict[str, Any]) -> None:
        """Go on from what `state` gave, in a learner made with the same arguments.

        Where the environments can give their state (`get_state`), everything that follows is what would have followed
        without the interruption; else the games start anew.
        """


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """What all learners with a network have to be told."""

    discount: float = 0.99
    """Of rewards, a step (gamma)."""
    learning_rate: float = 1e-3
    """Of Adam, at the beginning."""
    final_learning_rate: float = 0.0
    """The same at the end."""
    schedule: Annealing = "linear"
    """How everything changes that has a final value: constant, linear or cosine."""
    longest_gradient: float = 10.0
    """Gradients with a greater norm are shortened to it."""
    channels: tuple[int, ...] = (32, 64, 64)
    """Of the convolutions, for observations that are planes."""
    hidden: tuple[int, ...] = (256,)
    """Units of the dense layers after them; for vectors, of all layers."""
    close_up: int = 0
    """How many planes, the last ones, show something in the middle alone; the first convolution leaves out the rest.
    For ego with moves this is known."""
    masked: bool = True
    """Obey the environment's action mask."""
    symmetric: bool = False
    """See games in all views of the board, and average over them when it counts; for planes."""

    def __post_init__(self) -> None:
        """Refuse what nothing can be learned by.

        Raises:
            ValueError: a count below 1, a share outside of 0 to 1, another number below 0 or infinite.
        """
        check_numbers(self)


def check_numbers(settings: object) -> None:
    """Refuse numbers that a setting of this name cannot have, wherever it occurs.

    Raises:
        ValueError: a count below 1, a share outside of 0 to 1, another number below 0 or infinite.
    """
    for name, value in vars(settings).items():
        if name in COUNTS and value < 1:
            raise ValueError(f"{name} is {value}; give 1 or more")
        if name in SHARES and not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}; give a share, 0 to 1")
        if name in AMOUNTS and not 0 <= value < math.inf:
            raise ValueError(f"{name} is {value}; give a number from 0")


def check_weights(network: nn.Sequential) -> None:
    """Find out at once that learning has failed, before what was learned is written over.

    Raises:
        FloatingPointError: a weight is NaN or infinite.
    """
    if not np.isfinite(network.flat).all():
        raise FloatingPointError("learning has diverged: some weights are no numbers any more; lower the learning rate")


class Stateful(Protocol):
    """A part of a learner that can tell its state."""

    def state(self) -> Arrays:
        """Everything from which `restore` goes on."""
        ...

    def restore(self, state: Arrays, /) -> None:
        """Go on from what `state` gave."""
        ...


def states_of(owners: Mapping[str, Stateful]) -> Arrays:
    """The states of several parts in one dictionary, each array as "part.name"."""
    return {f"{owner}.{name}": array for owner in owners for name, array in owners[owner].state().items()}


def restore_all(owners: Mapping[str, Stateful], arrays: Arrays) -> None:
    """Let each part go on from what `states_of` gave."""
    for owner, part in owners.items():
        start = f"{owner}."
        part.restore({name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)})
