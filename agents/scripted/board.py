"""Reading Snake boards from `planes` observations, and answering with actions: the base of the scripted players."""

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from agents.agent import Actions, Agent

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # (row, col) of the directions 0 up, 1 right, 2 down, 3 left: clockwise
ACTIONS = {"absolute": 4, "relative": 3}
WALLS = ("solid", "wrap")
HEAD, BODY, FOOD, OBSTACLES = range(4)  # the planes of an observation


@dataclass(frozen=True)
class Grid:
    """A board without its snake. Cells are numbered row * W + col.

    Hashable, so that what is found out about a board can be cached.
    """

    height: int
    width: int
    wrap: bool  # whether the edges are joined
    obstacles: frozenset[int] = frozenset()

    @property
    def cells(self) -> int:
        """Number of cells, obstacles included."""
        return self.height * self.width

    @cached_property
    def neighbours(self) -> IntArray:
        """(cells, 4) the cell up, right, down, left of each cell; -1 behind a wall or for an obstacle."""
        row, col = np.divmod(np.arange(self.cells)[:, None], self.width)
        rows, cols = row + np.array(MOVES)[:, 0], col + np.array(MOVES)[:, 1]  # (cells, 4)
        inside = (rows >= 0) & (rows < self.height) & (cols >= 0) & (cols < self.width)
        cells = rows % self.height * self.width + cols % self.width
        free = ~np.isin(cells, list(self.obstacles))
        return np.where((inside | self.wrap) & free, cells, -1)

    @cached_property
    def beside(self) -> list[list[int]]:
        """`neighbours` as lists of the cells that exist; empty for an obstacle."""
        return [
            [] if cell in self.obstacles else [other for other in around if other >= 0]
            for cell, around in enumerate(self.neighbours.tolist())
        ]

    def distance(self, first: IntArray, second: IntArray) -> IntArray:
        """Moves between cells on the empty board: rows plus columns, over the edges where they are joined."""
        (row, col), (other_row, other_col) = np.divmod(first, self.width), np.divmod(second, self.width)
        down, right = np.abs(row - other_row), np.abs(col - other_col)
        if self.wrap:
            down, right = np.minimum(down, self.height - down), np.minimum(right, self.width - right)
        return np.asarray(down + right)


@dataclass(frozen=True)
class Boards:
    """N games on one grid. Each array has a row for a game.

    A direction is 0 up, 1 right, 2 down, 3 left, whatever the actions are called.
    """

    grid: Grid
    times: (
        IntArray  # (N, cells) moves until the snake has left the cell: length at the head, 1 at the tail, 0 elsewhere
    )
    food: BoolArray  # (N, cells)
    head: IntArray  # (N,) cell
    length: IntArray  # (N,)
    heading: IntArray  # (N,) direction away from the neck; 0 for a snake of length 1, which does not show it
    legal: BoolArray  # (N, 4) directions that do not kill at once

    @classmethod
    def read(cls, observations: NDArray[Any], *, wrap: bool) -> Self:
        """The boards that `planes` observations (N, 4, H, W) show.

        Obstacles are taken from the first game: all games of an environment have the same.

        Raises:
            ValueError: observations of another shape or dtype.
        """
        if observations.ndim != 4 or observations.shape[1] != 4 or observations.dtype.kind != "u":
            raise ValueError(
                f"observations have shape {observations.shape} and dtype {observations.dtype}; scripted agents read "
                '(N, 4, H, W) unsigned numbers: make the environment with observation="planes"'
            )
        N, _, H, W = observations.shape
        planes = observations.reshape(N, 4, H * W)
        grid = _grid(H, W, wrap, np.packbits(planes[0, OBSTACLES] > 0).tobytes())
        unit = np.iinfo(observations.dtype).max // (H * W)
        times = (planes[:, BODY] // unit).astype(np.int64)
        head = planes[:, HEAD].argmax(axis=1)
        length = times.max(axis=1)
        around = grid.neighbours[head]  # (N, 4)
        ahead = np.take_along_axis(times, np.maximum(around, 0), axis=1)
        neck = (around >= 0) & (ahead == length[:, None] - 1) & (length[:, None] > 1)
        heading = np.where(neck.any(axis=1), neck.argmax(axis=1) + 2, 0) % 4
        # The tail, with 1, is free by the time the head arrives.
        legal = (around >= 0) & (ahead <= 1) & ~neck
        return cls(grid, times, planes[:, FOOD] > 0, head, length, heading, legal)

    def only(self, games: IntArray) -> "Boards":
        """Some of the games."""
        return Boards(
            self.grid,
            self.times[games],
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
    """A player that looks at the board and chooses directions.

    With relative actions, a snake of length 1 does not show which way it looks: then the mask alone keeps it alive.

    Args:
        walls: "solid", or "wrap" where the edges are joined. Not visible in an observation.
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
        action_mask: NDArray[np.int8] | None = None,
        *,
        rng: np.random.Generator | None = None,  # noqa: ARG002  part of the interface
    ) -> Actions:
        """An action for each of N games, from `planes` observations (N, 4, H, W).

        Args:
            observations: (N, 4, H, W).
            action_mask: (N, A); without it, what kills at once is read from the board.
            rng: not used: the same board gives the same action.

        Returns:
            (N,) int64.
        """
        boards = Boards.read(observations, wrap=self.wrap)
        # (N, 4) the action that is each direction; 3, a reversal, is no relative action.
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
        """A direction for each game, of those (N, 4) that are allowed; for a game that has none, any."""


def check_choice(name: str, value: str, choices: Collection[str]) -> None:
    """Raise a ValueError unless the value is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; choose one of {', '.join(map(repr, choices))}")
