"""The interface of all learners: train in steps, report metrics, give an agent, save and restore the state."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

import nn
from agents.agent import LearnedAgent
from agents.types import Arrays
from nn.from_json import Count, from_json
from nn.saved_state import check_same_arrays, restore_generator


@dataclass(frozen=True, kw_only=True)
class LearnerHeader:
    """The header of a learner's checkpoint."""

    num_timesteps: Count
    rng: dict[str, Any]


class Stateful(Protocol):
    """A part of a learner whose state can be saved."""

    def state(self) -> Arrays:
        """Return all arrays that `restore` needs."""
        ...

    def restore(self, state: Arrays, /) -> None:
        """Continue from the arrays that `state` returned.

        Raises:
            ValueError: other arrays than those, or numbers that it cannot have.
        """
        ...


class Learner(ABC):
    """An algorithm that learns to play in a Gymnasium vector environment.

    Attributes:
        num_timesteps: environment steps of all games so far.
        interruptible: whether Ctrl-C may end a step at any moment, since the step is repeated on resume. Otherwise a
            step that has begun is finished first.
        header: fields of the header of a checkpoint, see `state`.
    """

    num_timesteps: int
    interruptible: ClassVar[bool] = False
    header: ClassVar[type[LearnerHeader]] = LearnerHeader
    _rng: np.random.Generator

    @abstractmethod
    def step(self, progress: float) -> dict[str, float]:
        """Collect experience and learn from it.

        Args:
            progress: share of the training that is over, 0 to 1, for schedules.

        Returns:
            Metrics by name. "episode_score" is the mean of the games that ended, NaN if none did. A learner that
            validates its agents itself reports "validation_score" and "validation_full".
        """

    @abstractmethod
    def agent(self) -> LearnedAgent:
        """Return a copy of the agent as it plays now."""

    @abstractmethod
    def parts(self) -> Mapping[str, Stateful]:
        """Return everything with arrays to save, by name."""

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Return the arrays and the JSON header that `restore` needs."""
        arrays = {
            f"{part}.{name}": array for part in self.parts() for name, array in self.parts()[part].state().items()
        }
        return arrays, {"num_timesteps": self.num_timesteps, "rng": self._rng.bit_generator.state}

    def restore(self, arrays: Arrays, header: dict[str, Any]) -> None:
        """Continue from what `state` returned, in a learner made with the same arguments.

        If the environments can give their state (`get_state`), training continues exactly as without the interruption;
        otherwise the games start anew.

        Raises:
            ValueError: a field or an array is missing, unknown or wrong. The learner may have changed in part: use it
                no more.
        """
        saved, parts = from_json(header, self.header, "learner"), self.parts()
        restore_generator(self._rng, saved.rng)
        unknown = [name for name in arrays if name.partition(".")[0] not in parts]
        if unknown:
            raise ValueError(f"{unknown[0]} belongs to no part of this learner, which has {', '.join(parts)}")
        for part, stateful in parts.items():
            prefix = f"{part}."
            try:
                stateful.restore({n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)})
            except ValueError as error:
                raise ValueError(f"{part}: {error}") from error
        self.num_timesteps = saved.num_timesteps


class Weights:
    """The parameters of a network as a part of a learner's state."""

    def __init__(self, network: nn.Sequential) -> None:
        self._network = network

    def state(self) -> Arrays:
        """Return a copy of the parameters (P,)."""
        return {"flat": self._network.flat.copy()}

    def restore(self, state: Arrays) -> None:
        """Copy the parameters back."""
        check_same_arrays(state, self.state())
        self._network.flat = state["flat"]


def check_weights(network: nn.Sequential) -> None:
    """Stop a training that has diverged, before its last good checkpoint is overwritten.

    Raises:
        FloatingPointError: a parameter is NaN or infinite.
    """
    if not np.isfinite(network.flat).all():
        raise FloatingPointError("training has diverged: some weights are NaN or infinite; lower the learning rate")
