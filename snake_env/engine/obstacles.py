"""Obstacles by name, as an ASCII map, or at random: one boolean map, checked to be playable."""

from collections.abc import Callable, Set
from functools import lru_cache

import numpy as np

from snake_env.engine.splitmix64 import below, draw
from snake_env.engine.state import BoolArray, read_only

MAX_DENSITY = 0.5  # share of the cells that random obstacles may take


def _cross(height: int, width: int) -> BoolArray:
    """A plus sign in the middle, half as long as the board."""
    board = np.zeros((height, width), dtype=bool)
    row, col, arm_rows, arm_cols = height // 2, width // 2, (height - 2) // 4, (width - 2) // 4
    board[row - arm_rows : row + arm_rows + 1, col] = True
    board[row, col - arm_cols : col + arm_cols + 1] = True
    return board


def _pillars(height: int, width: int) -> BoolArray:
    """Single blocks, two free cells apart."""
    board = np.zeros((height, width), dtype=bool)
    board[2 : height - 1 : 3, 2 : width - 1 : 3] = True
    return board


def _rooms(height: int, width: int) -> BoolArray:
    """Four rooms with a door in each inner wall."""
    board = np.zeros((height, width), dtype=bool)
    row, col = height // 2, width // 2
    board[row], board[:, col] = True, True
    for door in (row // 2, row + (height - row) // 2):
        board[door, col] = False
    for door in (col // 2, col + (width - col) // 2):
        board[row, door] = False
    return board


def _corners(height: int, width: int) -> BoolArray:
    """An L in each corner, one cell from the border."""
    board = np.zeros((height, width), dtype=bool)
    # As long as a fifth of the side, with a gap between two of them.
    rows, cols = (min(side // 5, max(0, (side - 5) // 2)) for side in (height, width))
    for row, down in ((1, 1), (height - 2, -1)):
        for col, right in ((1, 1), (width - 2, -1)):
            board[row, col : col + right * (cols + 1) : right] = True
            board[row : row + down * (rows + 1) : down, col] = True
    return board


LAYOUTS: dict[str, Callable[[int, int], BoolArray]] = {
    "cross": _cross,
    "pillars": _pillars,
    "rooms": _rooms,
    "corners": _corners,
}


def build_obstacles(
    obstacles: str | float | tuple[float, int] | None, height: int, width: int, *, wrap: bool
) -> BoolArray:
    """Return the map of the obstacles: (H, W) bool, true where an obstacle stands.

    Args:
        obstacles: None for an open board; the name of a layout; a map, one line a row, with `#` for an obstacle and `.`
            for a free cell; a density from 0 to 0.5; or (density, seed) for another random map of that density.
        height: rows of the board.
        width: columns of the board.
        wrap: whether the edges of the board are joined.

    Raises:
        ValueError: an unknown name, a map of another shape or with other characters, an impossible density or seed,
            or obstacles that leave no room or cut off a part of the board.
    """
    if obstacles is None:
        return np.zeros((height, width), dtype=bool)
    if isinstance(obstacles, str):
        if obstacles in LAYOUTS:
            board = LAYOUTS[obstacles](height, width)
        elif "\n" in obstacles or "#" in obstacles:
            board = _parse_map(obstacles, height, width)
        else:
            raise ValueError(
                f"obstacles is {obstacles!r}; choose one of {', '.join(map(repr, LAYOUTS))}, or give a map "
                "with a line for each row, '#' for an obstacle and '.' for a free cell"
            )
    else:
        density, seed = obstacles if isinstance(obstacles, tuple) and len(obstacles) == 2 else (obstacles, 0)
        if (
            not isinstance(density, int | float | np.integer | np.floating)
            or not 0 <= density <= MAX_DENSITY
            or not isinstance(seed, int | np.integer)
            or isinstance(seed, bool)
            or seed < 0
        ):
            raise ValueError(
                f"obstacles is {obstacles!r}; a density is a number from 0 to {MAX_DENSITY}, "
                "or [density, seed] with a non-negative integer as seed; a map is one string with a line for each row"
            )
        return _scatter(float(density), int(seed), height, width, wrap=wrap)
    cut_off = np.count_nonzero(~board) - _reachable(board, wrap=wrap)
    if cut_off or np.count_nonzero(~board) < 4:
        raise ValueError(
            f"these obstacles leave {np.count_nonzero(~board)} of {height * width} cells free and cut {cut_off} of "
            "them off from the rest; leave at least 4 free cells that all connect, or choose a larger board"
        )
    return board


def _parse_map(text: str, height: int, width: int) -> BoolArray:
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) != height or any(len(line) != width for line in lines) or set("".join(lines)) - set("#."):
        raise ValueError(
            f"the obstacle map has {len(lines)} lines of {sorted({len(line) for line in lines})} characters out of "
            f"{''.join(sorted(set(''.join(lines))))!r}; a board of {height} x {width} needs {height} lines of {width}, "
            "with '#' for an obstacle and '.' for a free cell"
        )
    return np.array([[character == "#" for character in line] for line in lines])


@lru_cache(maxsize=32)  # environments and their resets often need the same map
def _scatter(density: float, seed: int, height: int, width: int, *, wrap: bool) -> BoolArray:
    """Random obstacles, placed one by one where they cut off nothing."""
    free = set(range(height * width))
    order = list(range(height * width))
    remaining, stream = round(density * height * width), seed
    while remaining and order:
        stream, bits, _ = draw(stream)
        cell = order.pop(below(bits, len(order)))
        free.remove(cell)
        if _connected(_adjacent(cell, height, width, wrap=wrap) & free, free, height, width, wrap=wrap):
            remaining -= 1
        else:
            free.add(cell)
    board = np.ones((height, width), dtype=bool)
    board.flat[list(free)] = False
    return read_only(board)


def _connected(cells: Set[int], free: Set[int], height: int, width: int, *, wrap: bool) -> bool:
    """Whether paths of free cells connect all of these cells: a breadth-first search from one of them.

    It ends when the others are reached. Neighbours of a cell are mostly connected close to the cell, so this takes much
    less work than a search of the whole board.
    """
    missing = set(cells)
    edge = {missing.pop()} if missing else set()
    seen = set(edge)
    while edge and missing:
        edge = {near for cell in edge for near in _adjacent(cell, height, width, wrap=wrap)} & free - seen
        seen |= edge
        missing -= edge
    return not missing


@lru_cache(maxsize=1 << 14)
def _adjacent(cell: int, height: int, width: int, *, wrap: bool) -> frozenset[int]:
    """The cells above, below, left and right of a cell."""
    row, col = divmod(cell, width)
    beside = ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1))
    if wrap:
        return frozenset(row % height * width + col % width for row, col in beside)
    return frozenset(row * width + col for row, col in beside if 0 <= row < height and 0 <= col < width)


def _reachable(board: BoolArray, *, wrap: bool) -> int:
    """The number of free cells that are connected to the first free cell."""
    reached = np.zeros_like(board)
    reached.flat[np.argmin(board)] = not board.all()
    while True:
        # Without wrapping, a border of obstacles keeps the rolled edges apart.
        grown = reached if wrap else np.pad(reached, 1)
        grown = grown | np.roll(grown, 1, 0) | np.roll(grown, -1, 0) | np.roll(grown, 1, 1) | np.roll(grown, -1, 1)
        grown = (grown if wrap else grown[1:-1, 1:-1]) & ~board
        if np.array_equal(grown, reached):
            return int(np.count_nonzero(reached))
        reached = grown
