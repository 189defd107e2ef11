"""The rules of Snake that both engines share: the arguments, where each action leads, and where games start."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.obstacles import build_obstacles
from snake_env.engine.starts import RandomStarts, StraightStarts
from snake_env.engine.state import BodyArray, BoolArray, IntArray, read_only

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # (row, col) of up, right, down, left: clockwise
ACTIONS = {"absolute": ("up", "right", "down", "left"), "relative": ("left", "straight", "right")}
WALLS = ("solid", "wrap")
MIN_SIDE, MAX_SIDE = 4, 64  # height and width of a board

# The pose that a fatal action leads to. Its cell is beyond the end of every array: `batch` clips it to a sentinel.
BLOCKED = 1 << 42

# Random cells that are tried for new food before the free cells are listed.
FOOD_TRIES = 4


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules of a Snake game. The constructor checks them.

    A pose is the cell and the heading of the head in one number: pose = 4 * cell + heading. An action leads from one
    pose to another: turns, moves, joined edges, walls, obstacles and reversals are one look-up in `next_pose`.

    Args:
        height: rows of the board, 4 to 64.
        width: columns of the board, 4 to 64.
        walls: "solid" (leaving the board is fatal) or "wrap" (the edges are joined).
        obstacles: cells that kill: None, the name of a layout, an ASCII map, a density, or [density, seed]
            (see `snake_env.engine.obstacles`).
        food: pieces of food on the board at a time.
        initial_length: length of the snake at the start, or [least, most] to start from a random legal body of a
            length in that range.
        hunger_limit: steps without food after which the game is truncated; None for twice the number of cells.
        actions: "absolute" (up, right, down, left; a reversal into the neck is fatal) or "relative" (left, straight,
            right).

    Raises:
        ValueError: an invalid argument; the message says which, and what is allowed.
    """

    height: int = 10
    width: int = 10
    walls: str = "solid"
    obstacles: str | float | tuple[float, int] | None = None
    food: int = 1
    initial_length: int | tuple[int, int] = 3
    hunger_limit: int | None = None
    actions: str = "absolute"

    def __post_init__(self) -> None:
        """Check every argument."""
        # JSON has no tuples, and lists are not hashable.
        for name in ("obstacles", "initial_length"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("height", "width"):
            _check_integer(name, getattr(self, name), MIN_SIDE, MAX_SIDE, "choose a smaller or larger board")
            object.__setattr__(self, name, int(getattr(self, name)))  # a NumPy integer could overflow
        _check_choice("walls", self.walls, WALLS)
        _check_choice("actions", self.actions, tuple(ACTIONS))
        room = len(self.open_cells)
        _check_integer("food", self.food, 1, room - 1, f"the board has {room} cells without obstacles")
        object.__setattr__(self, "food", int(self.food))
        if self.hunger_limit is not None:
            _check_integer("hunger_limit", self.hunger_limit, 1, 2**31, "choose a number of steps, or None")
            object.__setattr__(self, "hunger_limit", int(self.hunger_limit))
        shortest, longest = self.lengths
        _check_integer("initial_length", shortest, 1, room - 1, f"the board has {room} cells without obstacles")
        _check_integer("initial_length", longest, 1, room - 1, f"the board has {room} cells without obstacles")
        if longest < shortest:
            raise ValueError(f"initial_length is [{shortest}, {longest}]; give [least, most]")
        is_range = isinstance(self.initial_length, tuple)
        object.__setattr__(self, "initial_length", (int(shortest), int(longest)) if is_range else int(shortest))
        _ = self.starts  # raises if no snake of this length fits

    @property
    def cells(self) -> int:
        """The number of cells, including those with obstacles."""
        return self.height * self.width

    @property
    def steps_to_starve(self) -> int:
        """Steps without food after which a game is truncated: `hunger_limit` or its default."""
        return 2 * self.cells if self.hunger_limit is None else self.hunger_limit

    @property
    def action_names(self) -> tuple[str, ...]:
        """The names of the actions 0, ..., A - 1."""
        return ACTIONS[self.actions]

    @property
    def lengths(self) -> tuple[int, int]:
        """The shortest and the longest snake that a game starts with."""
        length: Any = self.initial_length
        if isinstance(length, tuple):
            if len(length) != 2:
                raise ValueError(f"initial_length is {length!r}; give one length, or two: [least, most]")
            return length[0], length[1]
        return length, length

    @property
    def body_dtype(self) -> type[np.uint8] | type[np.uint16]:
        """The smallest unsigned dtype that holds the number of cells."""
        return np.uint8 if self.cells <= np.iinfo(np.uint8).max else np.uint16

    @property
    def body_unit(self) -> int:
        """The unit of a body plane, for one step: the greatest for which the dtype holds one unit for every cell."""
        return int(np.iinfo(self.body_dtype).max) // self.cells

    @cached_property
    def steps_until_free(self) -> BodyArray:
        """(cells + 1,) for each number of steps k, the value of a cell that is free in k steps: k * body_unit."""
        return read_only((np.arange(self.cells + 1) * self.body_unit).astype(self.body_dtype))

    @cached_property
    def obstacle_map(self) -> BoolArray:
        """(H, W) whether an obstacle stands on each cell."""
        return read_only(build_obstacles(self.obstacles, self.height, self.width, wrap=self.walls == "wrap"))

    @cached_property
    def open_cells(self) -> IntArray:
        """The cells without an obstacle, in order; a snake that covers all of them has filled the board."""
        return read_only(np.flatnonzero(~self.obstacle_map))

    @cached_property
    def neighbours(self) -> IntArray:
        """(cells, 4) the cells above, right of, below and left of each cell; -1 for a wall or an obstacle."""
        row, col = np.divmod(np.arange(self.cells), self.width)
        steps = np.array(MOVES)
        rows, cols = row[:, None] + steps[:, 0], col[:, None] + steps[:, 1]  # (cells, 4)
        inside = (rows >= 0) & (rows < self.height) & (cols >= 0) & (cols < self.width)
        if self.walls == "wrap":
            inside[:] = True
        cells = (rows % self.height) * self.width + cols % self.width
        return read_only(np.where(inside & ~self.obstacle_map.reshape(-1)[cells], cells, -1))

    @cached_property
    def turned(self) -> IntArray:
        """(4, A) the heading after each action, from each heading."""
        heading, action = np.arange(4)[:, None], np.arange(len(self.action_names))
        relative = self.actions == "relative"
        return read_only((heading + action - 1) % 4 if relative else np.tile(action, (4, 1)))

    @cached_property
    def next_pose(self) -> IntArray:
        """(8 * cells, A) the pose after each action, from each pose; BLOCKED for a wall, an obstacle or a reversal.

        The second half is for snakes of length 1: without a neck they can turn back.
        """
        reversal = self.turned == (np.arange(4)[:, None] + 2) % 4  # (4, A)
        cells = self.neighbours[:, self.turned]  # (cells, 4, A)
        poses: NDArray[np.int64] = np.where(cells < 0, BLOCKED, cells * 4 + self.turned)
        return read_only(np.concatenate((np.where(reversal, BLOCKED, poses), poses)).reshape(8 * self.cells, -1))

    def pose_row(self, pose: IntArray, length: IntArray) -> IntArray:
        """Return the row of `next_pose` for each snake, (N,)."""
        row: IntArray = pose + (length == 1) * (4 * self.cells)
        return row

    @cached_property
    def starts(self) -> StraightStarts | RandomStarts:
        """Where games start: with a straight snake if there is one length and it fits, else with a random body."""
        shortest, longest = self.lengths
        if not isinstance(self.initial_length, tuple):
            straight = StraightStarts.find(self.neighbours, self.open_cells, shortest, self.steps_until_free)
            if straight is not None:
                return straight
        return RandomStarts(self.neighbours, self.open_cells, shortest, longest, self.steps_until_free)


def _check_integer(name: str, value: object, least: int, most: int, advice: str) -> None:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} is {value!r}; it must be an integer from {least} to {most}: {advice}")


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; choose one of {', '.join(map(repr, choices))}")
