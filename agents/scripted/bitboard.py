"""Bitboards: sets of cells as the bits of one integer, so that a search expands a whole frontier at once."""

from collections.abc import Iterable
from functools import lru_cache

from agents.scripted.board import Grid

Cells = int  # a set: bit c is cell c = row * W + col


class Bitboard:
    """Operations on sets of cells of one grid.

    Attributes:
        adjacent: free neighbours of each cell.
        open: set of the cells without an obstacle.
    """

    def __init__(self, grid: Grid) -> None:
        H, W = grid.height, grid.width
        everything = (1 << grid.cells) - 1
        left = sum(1 << row * W for row in range(H))  # the first column
        self._width, self._wrap = W, grid.wrap
        self._left, self._right = left, left << W - 1
        self._not_left, self._not_right = everything & ~left, everything & ~(left << W - 1)
        self._across = W * (H - 1)  # from the first row to the last
        self.adjacent = grid.adjacent
        self.open = everything & ~cells_of(grid.obstacles)

    @classmethod
    @lru_cache(maxsize=64)
    def for_grid(cls, grid: Grid) -> "Bitboard":
        """Return the bitboard of a grid; cached."""
        return cls(grid)

    def around(self, cells: Cells) -> Cells:
        """Return all cells without obstacles that are adjacent to a cell of the set."""
        W = self._width
        around = (cells & self._not_right) << 1 | (cells & self._not_left) >> 1 | cells << W | cells >> W
        if self._wrap:
            around |= (cells & self._right) >> W - 1 | (cells & self._left) << W - 1
            around |= cells >> self._across | cells << self._across
        return around & self.open

    def fill(self, start: Cells, free: Cells) -> Cells:
        """Return the start and all free cells that are connected with it (flood fill)."""
        region, frontier = start, start
        while frontier:
            frontier = self.around(frontier) & free & ~region
            region |= frontier
        return region

    def components(self, cells: Cells) -> int:
        """Return the number of connected components of a set."""
        components = 0
        while cells:
            cells &= ~self.fill(cells & -cells, cells)
            components += 1
        return components


def cells_of(numbers: Iterable[int]) -> Cells:
    """Return the set of the cells with these numbers, which must be distinct."""
    return sum(1 << cell for cell in numbers)
