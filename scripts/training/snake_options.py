"""Options of every training of a Snake player."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from agents.learning.learner import Learner
from scripts.common.board_options import BOARD
from scripts.training.run_options import RunOptions


@dataclass(frozen=True, kw_only=True)
class BoardOfTraining:
    """The rules of the games that a player is trained on."""

    group: ClassVar[str] = "Board"

    height: int = 10
    """Rows of the board."""
    width: int = 10
    """Columns of the board."""
    walls: str = "solid"
    """solid, or wrap for joined edges."""
    obstacles: str | None = None
    """Layout of obstacles: cross, pillars, rooms or corners."""
    food: int = 1
    """Pieces of food at a time."""
    hunger_limit: int | None = None
    """Steps without food that end a game. [default: twice the number of cells; in training, the number of cells]"""


@dataclass(frozen=True, kw_only=True)
class SnakeOptions(RunOptions, BoardOfTraining, ABC):
    """Options that every kind of training shares."""

    group: ClassVar[str] = "Main"

    actions: Annotated[str, "Board"] = "absolute"
    """absolute (up, right, down, left) or relative (left, straight, right)."""
    watch: bool = False
    """Show the best agent and the learning curve in a window. Closing it does not stop the training."""
    final_games: int = 200
    """Games on which the trained agent is measured, beside scripted players."""

    @property
    def rules(self) -> dict[str, Any]:
        """The rules of the games on which the agent is measured."""
        return {name: getattr(self, name) for name in (*BOARD, "actions")}

    @property
    def training_rules(self) -> dict[str, Any]:
        """The rules of the games that it is trained on: it starves in half the time, since circling teaches nothing."""
        return self.rules | {"hunger_limit": self.hunger_limit or self.height * self.width}

    @property
    @abstractmethod
    def until(self) -> tuple[str, int | None]:
        """The column of the metrics that ends the training, and its value at the end; None if the budget counts."""

    @abstractmethod
    def make_learner(self) -> Learner:
        """Return the learner that these options describe, with its games."""
