"""Cycles checked independently of how they were found, and boards that have none."""

import numpy as np
import pytest

from agents.board import Grid
from agents.hamiltonian import find_cycle


def beside(grid: Grid, first: int, second: int) -> bool:
    """Whether two cells share a side, from rows and columns alone."""
    (row, col), (other_row, other_col) = divmod(first, grid.width), divmod(second, grid.width)
    down, right = abs(row - other_row), abs(col - other_col)
    if grid.wrap:
        down, right = min(down, grid.height - down), min(right, grid.width - right)
    return down + right == 1


def check(grid: Grid) -> None:
    cycle = list(find_cycle(grid))
    assert sorted(cycle) == sorted(set(range(grid.cells)) - grid.obstacles)
    assert all(beside(grid, here, there) for here, there in zip(cycle, cycle[1:] + cycle[:1], strict=True))


@pytest.mark.parametrize("height", range(4, 10))
@pytest.mark.parametrize("width", range(4, 10))
def test_every_open_board_that_has_a_cycle(height: int, width: int) -> None:
    check(Grid(height, width, wrap=True))
    if height % 2 == 0 or width % 2 == 0:
        check(Grid(height, width, wrap=False))
    else:
        with pytest.raises(ValueError, match=r"."):
            find_cycle(Grid(height, width, wrap=False))


def obstacles(text: str) -> Grid:
    rows = text.split()
    cells = {r * len(rows[0]) + c for r, row in enumerate(rows) for c, sign in enumerate(row) if sign == "#"}
    return Grid(len(rows), len(rows[0]), False, frozenset(cells))


def test_around_obstacles() -> None:
    check(obstacles("...... .##... .##... ......"))
    check(obstacles("......  ......  ..##..  ..##..  ......  ......"))
    check(obstacles(".......  .......  .......  ...#...  .......  .......  ......."))


@pytest.mark.parametrize(
    "text",
    [
        "......  .#....  ......  ......",  # one colour of a chess board has a cell more than the other
        "......  #.....  .#....  ......",  # a dead end
        ".....#  ......  ......  .....#  ###.##  ......  ......",  # two rooms joined by one cell
    ],
)
def test_boards_without_a_cycle(text: str) -> None:
    with pytest.raises(ValueError, match="cycle"):
        find_cycle(obstacles(text))


def test_the_same_board_has_the_same_cycle() -> None:
    grid = Grid(6, 7, False, frozenset({16, 17}))
    np.testing.assert_array_equal(find_cycle(grid), find_cycle(Grid(6, 7, False, frozenset({16, 17}))))
