"""The rules of Snake that both engines share: what is allowed, where every move leads, and where a game starts."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.obstacles import build_obstacles
from snake_env.engine.starts import RandomStarts, StraightStarts
from snake_env.engine.state import BodyArray, BoolArray, IntArray

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # (row, col) of up, right, down, left: clockwise
ACTIONS = {"absolute": ("up", "right", "down", "left"), "relative": ("left", "straight", "right")}
WALLS = ("solid", "wrap")
SMALLEST, LARGEST = 4, 64  # sides of a board

# The pose that a fatal move leads to. Its cell lies behind any array of cells, where the engines keep a sentinel.
BLOCKED = 1 << 42

# Random cells tried for new food before the free cells are counted.
TRIES_FOR_FOOD = 4


@dataclass(frozen=True, kw_only=True)
class Rules:
    """One kind of Snake game, checked when it is made.

    A pose is where the head is and where it looks, as one number: pose = 4 * cell + heading. A move takes a pose to a
    pose, so turning, moving, wrapping, walls, obstacles and reversal are one look into `next_pose`.

    Args:
        height: rows of the board, 4 to 64.
        width: columns of the board, 4 to 64.
        walls: "solid" (leaving the board is death) or "wrap" (the edges are joined).
        obstacles: cells that kill: None, the name of a layout, an ASCII map, a density, or [density, seed]
            (see `snake_env.engine.obstacles`).
        food: pieces of food on the board at a time.
        initial_length: length of the snake at the start, or [least, most] to start from a random legal body of a
            length in that range.
        hunger_limit: steps without food after which the game is truncated; None for twice the number of cells.
        actions: "absolute" (up, right, down, left; a reversal is death) or "relative" (left, straight, right).

    Raises:
        ValueError: an argument outside what is allowed; the message says what was given and what to do.
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
        # JSON has lists only; a tuple keeps the rules hashable.
        for name in ("obstacles", "initial_length"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("height", "width"):
            _check_whole(name, getattr(self, name), SMALLEST, LARGEST, "choose a smaller or larger board")
            object.__setattr__(self, name, int(getattr(self, name)))  # a NumPy integer could overflow
        _check_choice("walls", self.walls, WALLS)
        _check_choice("actions", self.actions, tuple(ACTIONS))
        room = len(self.open_cells)
        _check_whole("food", self.food, 1, room - 1, f"the board has {room} cells without obstacles")
        object.__setattr__(self, "food", int(self.food))
        if self.hunger_limit is not None:
            _check_whole("hunger_limit", self.hunger_limit, 1, 2**31, "choose a number of steps, or None")
            object.__setattr__(self, "hunger_limit", int(self.hunger_limit))
        shortest, longest = self.lengths
        _check_whole("initial_length", shortest, 1, room - 1, f"the board has {room} cells without obstacles")
        _check_whole("initial_length", longest, 1, room - 1, f"the board has {room} cells without obstacles")
        if longest < shortest:
            raise ValueError(f"initial_length is [{shortest}, {longest}]; give [least, most]")
        several = isinstance(self.initial_length, tuple)
        object.__setattr__(self, "initial_length", (int(shortest), int(longest)) if several else int(shortest))
        _ = self.starts  # raises where no snake of this length fits

    @property
    def cells(self) -> int:
        """Number of cells, obstacles included."""
        return self.height * self.width

    @property
    def steps_to_starve(self) -> int:
        """Steps without food that end a game: `hunger_limit` or its default."""
        return 2 * self.cells if self.hunger_limit is None else self.hunger_limit

    @property
    def action_names(self) -> tuple[str, ...]:
        """What the actions 0, ..., A - 1 mean."""
        return ACTIONS[self.actions]

    @property
    def lengths(self) -> tuple[int, int]:
        """The shortest and the longest snake that a game starts with."""
        given: Any = self.initial_length
        if isinstance(given, tuple):
            if len(given) != 2:
                raise ValueError(f"initial_length is {given!r}; give one length, or two: [least, most]")
            return given[0], given[1]
        return given, given

    @property
    def body_dtype(self) -> type[np.uint8] | type[np.uint16]:
        """The smallest unsigned type that counts the cells."""
        return np.uint8 if self.cells <= np.iinfo(np.uint8).max else np.uint16

    @property
    def body_unit(self) -> int:
        """What one move counts in a body: the largest number of which the dtype holds one for every cell."""
        return int(np.iinfo(self.body_dtype).max) // self.cells

    @cached_property
    def times(self) -> BodyArray:
        """(cells + 1,) what an engine's board holds where the snake will have left in k moves: k * body_unit."""
        return (np.arange(self.cells + 1) * self.body_unit).astype(self.body_dtype)

    @cached_property
    def obstacle_map(self) -> BoolArray:
        """(H, W) true where an obstacle stands."""
        return build_obstacles(self.obstacles, self.height, self.width, wrap=self.walls == "wrap")

    @cached_property
    def open_cells(self) -> IntArray:
        """Cells without an obstacle, in order: a board with all of them under the snake is full."""
        return np.flatnonzero(~self.obstacle_map)

    @cached_property
    def neighbours(self) -> IntArray:
        """(cells, 4) the cell that lies up, right, down, left of each cell; -1 behind a wall or for an obstacle."""
        row, col = np.divmod(np.arange(self.cells), self.width)
        steps = np.array(MOVES)
        rows, cols = row[:, None] + steps[:, 0], col[:, None] + steps[:, 1]  # (cells, 4)
        inside = (rows >= 0) & (rows < self.height) & (cols >= 0) & (cols < self.width)
        if self.walls == "wrap":
            inside[:] = True
        cells = (rows % self.height) * self.width + cols % self.width
        return np.where(inside & ~self.obstacle_map.reshape(-1)[cells], cells, -1)

    @cached_property
    def turned(self) -> IntArray:
        """(4, A) where each action makes a snake look, from each heading."""
        heading, action = np.arange(4)[:, None], np.arange(len(self.action_names))
        return (heading + action - 1) % 4 if self.actions == "relative" else np.tile(action, (4, 1))

    @cached_property
    def next_pose(self) -> IntArray:
        """(4 * cells, A) the pose that each action leads to from each pose; BLOCKED where it is death at once."""
        reversal = self.turned == (np.arange(4)[:, None] + 2) % 4  # (4, A)
        cells = self.neighbours[:, self.turned]  # (cells, 4, A)
        poses: NDArray[np.int64] = np.where((cells < 0) | reversal, BLOCKED, cells * 4 + self.turned)
        return poses.reshape(4 * self.cells, -1)

    @cached_property
    def starts(self) -> StraightStarts | RandomStarts:
        """Where games start: in a straight line if one length was given and it fits, else from a random body."""
        shortest, longest = self.lengths
        if not isinstance(self.initial_length, tuple):
            straight = StraightStarts.find(self.neighbours, self.open_cells, shortest, self.times)
            if straight is not None:
                return straight
        return RandomStarts(self.neighbours, self.open_cells, shortest, longest, self.times)


def _check_whole(name: str, value: object, least: int, most: int, advice: str) -> None:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} is {value!r}; it must be a whole number from {least} to {most}: {advice}")


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; choose one of {', '.join(map(repr, choices))}")
