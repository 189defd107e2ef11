"""What learners have in common: they play and learn in steps, tell how it goes, and can stop and go on."""

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray

from agents.agent import LearnedAgent

Arrays = dict[str, NDArray[Any]]


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
