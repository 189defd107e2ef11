"""Boards read from `planes` observations, and the base class of the players that read them."""

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from agents.agent import Actions, Agent
from agents.types import BoolArray, IntArray, MaskArray

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # (row, col) of the directions 0 up, 1 right, 2 down, 3 left: clockwise
ACTIONS = {"absolute": 4, "relative": 3}  # number of actions
WALLS = ("solid", "wrap")
HEAD, BODY, FOOD, OBSTACLES = range(4)  # planes of an observation


@dataclass(frozen=True)
class Grid:
    """A board without snake and food. Cells are numbered row * W + col.

    It is hashable, so that results for a board can be cached.
    """

    height: int
    width: int
    wrap: bool  # whether opposite edges are joined
    obstacles: frozenset[int] = frozenset()

    @property
    def cells(self) -> int:
        """Number of cells, including obstacles."""
        return self.height * self.width

    @cached_property
    def neighbours(self) -> IntArray:
        """(cells, 4) the cell up, right, down, left of each cell; -1 for a wall or an obstacle."""
        row, col = np.divmod(np.arange(self.cells)[:, None], self.width)
        rows, cols = row + np.array(MOVES)[:, 0], col + np.array(MOVES)[:, 1]  # (cells, 4)
        inside = (rows >= 0) & (rows < self.height) & (cols >= 0) & (cols < self.width)
        cells = rows % self.height * self.width + cols % self.width
        free = ~np.isin(cells, list(self.obstacles))
        neighbours = np.where((inside | self.wrap) & free, cells, -1)
        neighbours.setflags(write=False)  # shared by all agents
        return neighbours

    @cached_property
    def adjacent(self) -> tuple[tuple[int, ...], ...]:
        """Adjacency list: the free neighbours of each cell; empty for an obstacle."""
        return tuple(
            () if cell in self.obstacles else tuple(other for other in around if other >= 0)
            for cell, around in enumerate(self.neighbours.tolist())
        )

    def distance(self, first: IntArray, second: IntArray) -> IntArray:
        """Return the moves between cells on the empty board: rows plus columns, over joined edges if shorter."""
        (row, col), (other_row, other_col) = np.divmod(first, self.width), np.divmod(second, self.width)
        down, right = np.abs(row - other_row), np.abs(col - other_col)
        if self.wrap:
            down, right = np.minimum(down, self.height - down), np.minimum(right, self.width - right)
        return np.asarray(down + right)


@dataclass(frozen=True)
class Boards:
    """N games on one grid. Each array has one row for each game.

    Directions are 0 up, 1 right, 2 down, 3 left, for absolute and relative actions alike.

    Attributes:
        grid: the board.
        steps_until_free: (N, cells) moves until the snake has left a cell: its length at the head, 1 at the tail, 0 for
            all other cells.
        food: (N, cells) whether there is food.
        head: (N,) cell of the head.
        length: (N,) length of the snake.
        heading: (N,) direction from the neck to the head; 0 for a snake of length 1, which has no neck.
        legal: (N, 4) directions that do not end the game at once.
    """

    grid: Grid
    steps_until_free: IntArray
    food: BoolArray
    head: IntArray
    length: IntArray
    heading: IntArray
    legal: BoolArray

    @classmethod
    def from_observations(cls, observations: NDArray[Any], *, wrap: bool) -> Self:
        """Return the boards in `planes` observations (N, 4, H, W).

        Obstacles are read from the first game, since all games of an environment have the same.

        Raises:
            ValueError: observations of another shape or dtype.
        """
        if observations.ndim != 4 or observations.shape[1] != 4 or observations.dtype.kind != "u":
            raise ValueError(
                f"observations have shape {observations.shape} and dtype {observations.dtype}; scripted agents read "
                '(N, 4, H, W) unsigned integers: make the environment with observation="planes"'
            )
        N, _, H, W = observations.shape
        planes = observations.reshape(N, 4, H * W)
        grid = _grid(H, W, wrap, np.packbits(planes[0, OBSTACLES] > 0).tobytes())
        unit = np.iinfo(observations.dtype).max // (H * W)
        steps_until_free = (planes[:, BODY] // unit).astype(np.int64)
        head = planes[:, HEAD].argmax(axis=1)
        length = steps_until_free.max(axis=1)
        around = grid.neighbours[head]  # (N, 4)
        ahead = np.take_along_axis(steps_until_free, np.maximum(around, 0), axis=1)
        neck = (around >= 0) & (ahead == length[:, None] - 1) & (length[:, None] > 1)
        heading = np.where(neck.any(axis=1), neck.argmax(axis=1) + 2, 0) % 4
        # The tail, with 1, is free when the head arrives.
        legal = (around >= 0) & (ahead <= 1) & ~neck
        return cls(grid, steps_until_free, planes[:, FOOD] > 0, head, length, heading, legal)

    def select(self, games: IntArray) -> "Boards":
        """Return the boards of some games, by index."""
        return Boards(
            self.grid,
            self.steps_until_free[games],
            self.food[games],
            self.head[games],
            self.length[games],
            self.heading[games],
            self.legal[games],
        )


@lru_cache(maxsize=64)
def _grid(height: int, width: int, wrap: bool, obstacles: bytes) -> Grid:
    bits = np.unpackbits(np.frombuffer(obstacles, dtype=np.uint8), count=height * width)
    return Grid(height, width, wrap, frozenset(np.flatnonzero(bits).tolist()))


class BoardAgent(Agent):
    """Player that chooses directions from the board; subclasses implement `choose`.

    With relative actions, the heading of a snake of length 1 is not visible: then only the mask keeps it alive.

    Args:
        walls: "solid", or "wrap" if opposite edges are joined. Observations do not show it.
        actions: "absolute" (up, right, down, left) or "relative" (left, straight, right).

    Raises:
        ValueError: unknown walls or actions.
    """

    def __init__(self, *, walls: str = "solid", actions: str = "absolute") -> None:
        check_choice("walls", walls, WALLS)
        check_choice("actions", actions, ACTIONS)
        self.wrap = walls == "wrap"
        self.relative = actions == "relative"
        self.environment = {"observation": "planes"}

    def act(
        self,
        observations: NDArray[Any],
        action_mask: MaskArray | None = None,
        *,
        rng: np.random.Generator | None = None,  # noqa: ARG002  part of the interface
    ) -> Actions:
        """Return an action for each of N games.

        Args:
            observations: `planes` (N, 4, H, W).
            action_mask: (N, A); None to read the allowed actions from the board.
            rng: not used: equal boards give equal actions.

        Returns:
            (N,) int64.
        """
        boards = Boards.from_observations(observations, wrap=self.wrap)
        # (N, 4) the action for each direction; 3, a reversal, is no relative action.
        turns = (np.arange(4) - boards.heading[:, None] + 1) % 4 if self.relative else np.arange(4)
        turns = np.broadcast_to(turns, boards.legal.shape)
        allowed = boards.legal
        if action_mask is not None:
            padded = np.pad(action_mask.astype(bool), ((0, 0), (0, 4 - action_mask.shape[1])))
            allowed = allowed & np.take_along_axis(padded, turns, axis=1)
        directions = np.where(allowed.any(axis=1), self.choose(boards, allowed), boards.heading)
        actions = np.take_along_axis(turns, directions[:, None], axis=1)[:, 0]
        if action_mask is not None:
            chosen = np.take_along_axis(action_mask, actions[:, None], axis=1)[:, 0]
            actions = np.where((chosen == 0) & action_mask.any(axis=1), action_mask.argmax(axis=1), actions)
        return actions

    @abstractmethod
    def choose(self, boards: Boards, allowed: BoolArray) -> IntArray:
        """Return an allowed direction for each game, (N, 4) -> (N,); any direction for a game without allowed ones."""


def check_choice(name: str, value: str, choices: Collection[str]) -> None:
    """Raise a ValueError unless the value is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; choose one of {', '.join(map(repr, choices))}")
