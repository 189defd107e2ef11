"""Bitboards: sets of cells as the bits of one integer, so that a search expands a whole frontier at once."""

from collections.abc import Iterable
from functools import lru_cache, reduce
from operator import or_

from agents.scripted.board import Grid

Bitboard = int  # a set of cells: bit c is cell c = row * W + col


class BitboardOps:
    """Operations on bitboards of one grid.

    Attributes:
        adjacent: neighbours of each cell, without obstacles.
        open: the cells without obstacles.
    """

    def __init__(self, grid: Grid) -> None:
        H, W = grid.height, grid.width
        everything = (1 << grid.cells) - 1
        left = sum(1 << (row * W) for row in range(H))  # the first column
        self._width, self._wrap = W, grid.wrap
        self._left, self._right = left, left << (W - 1)
        self._not_left, self._not_right = everything & ~left, everything & ~(left << (W - 1))
        self._across = W * (H - 1)  # from the first row to the last
        self.adjacent = grid.adjacent
        self.open = everything & ~to_bitboard(grid.obstacles)

    @classmethod
    @lru_cache(maxsize=64)
    def for_grid(cls, grid: Grid) -> "BitboardOps":
        """Return the operations for a grid; cached."""
        return cls(grid)

    def around(self, cells: Bitboard) -> Bitboard:
        """Return all cells without obstacles that are adjacent to a cell of the set."""
        W = self._width
        neighbours = (cells & self._not_right) << 1 | (cells & self._not_left) >> 1 | cells << W | cells >> W
        if self._wrap:
            neighbours |= (cells & self._right) >> (W - 1) | (cells & self._left) << (W - 1)
            neighbours |= cells >> self._across | cells << self._across
        return neighbours & self.open

    def fill(self, start: Bitboard, within: Bitboard) -> Bitboard:
        """Return the start and all cells of `within` that are connected with it (flood fill)."""
        region, frontier = start, start
        while frontier:
            frontier = self.around(frontier) & within & ~region
            region |= frontier
        return region

    def components(self, cells: Bitboard) -> int:
        """Return the number of connected components of a set."""
        components = 0
        while cells:
            lowest = cells & -cells  # the lowest set bit
            cells &= ~self.fill(lowest, cells)
            components += 1
        return components


def to_bitboard(cells: Iterable[int]) -> Bitboard:
    """Return the set of these cells."""
    return reduce(or_, (1 << cell for cell in cells), 0)
