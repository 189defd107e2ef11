"""The board as options, for every command that plays."""

from dataclasses import dataclass
from typing import Any, ClassVar

BOARD = ("height", "width", "walls", "obstacles", "food", "hunger_limit")


@dataclass(frozen=True, kw_only=True)
class BoardOptions:
    """The rules of the games; by default those that the first learned agent was trained on, or the environment's."""

    group: ClassVar[str] = "Board"

    height: int | None = None
    """Rows of the board."""
    width: int | None = None
    """Columns of the board."""
    walls: str | None = None
    """solid, or wrap for joined edges."""
    obstacles: str | None = None
    """Layout of obstacles: cross, pillars, rooms or corners."""
    food: int | None = None
    """Pieces of food at a time."""
    hunger_limit: int | None = None
    """Steps without food that end a game; by default twice the number of cells."""

    @property
    def rules(self) -> dict[str, Any]:
        """The environment arguments that were given."""
        return {name: getattr(self, name) for name in BOARD if getattr(self, name) is not None}
