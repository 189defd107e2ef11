"""Sets of cells as the bits of one whole number, so that a search moves whole fronts at once."""

from collections.abc import Iterable
from functools import lru_cache

from agents.scripted.board import Grid

Cells = int  # a set: bit c is cell c = row * W + col


class Bitboard:
    """Sets of cells of one grid.

    Attributes:
        beside: for each cell the neighbours that exist.
        open: the cells without an obstacle.
    """

    def __init__(self, grid: Grid) -> None:
        H, W = grid.height, grid.width
        everything = (1 << grid.cells) - 1
        left = sum(1 << row * W for row in range(H))  # the first column
        self._width, self._wrap = W, grid.wrap
        self._left, self._right = left, left << W - 1
        self._not_left, self._not_right = everything & ~left, everything & ~(left << W - 1)
        self._across = W * (H - 1)  # from the first row to the last
        self.beside = grid.beside
        self.open = everything & ~cells_of(grid.obstacles)

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, grid: Grid) -> "Bitboard":
        """The sets of this grid."""
        return cls(grid)

    def around(self, cells: Cells) -> Cells:
        """All cells beside these that are no obstacles."""
        W = self._width
        beside = (cells & self._not_right) << 1 | (cells & self._not_left) >> 1 | cells << W | cells >> W
        if self._wrap:
            beside |= (cells & self._right) >> W - 1 | (cells & self._left) << W - 1
            beside |= cells >> self._across | cells << self._across
        return beside & self.open

    def fill(self, start: Cells, free: Cells) -> Cells:
        """The start and all that is connected with it by free cells."""
        region, front = start, start
        while front:
            front = self.around(front) & free & ~region
            region |= front
        return region

    def parts(self, cells: Cells) -> int:
        """Into how many connected parts these cells fall."""
        parts = 0
        while cells:
            cells &= ~self.fill(cells & -cells, cells)
            parts += 1
        return parts


def cells_of(numbers: Iterable[int]) -> Cells:
    """The set of these cells, each given once."""
    return sum(1 << cell for cell in numbers)
