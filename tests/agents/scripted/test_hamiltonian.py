"""Hamiltonian cycles are checked cell by cell, and boards without one by a search of all paths."""

from itertools import pairwise, product

import numpy as np
import pytest

from agents.scripted import hamiltonian
from agents.scripted.board import Grid
from agents.scripted.hamiltonian import find_cycle

SIDES = range(4, 10)


def grid_of(text: str, *, wrap: bool = False) -> Grid:
    rows = text.split()
    obstacles = {
        row * len(rows[0]) + col for row, line in enumerate(rows) for col, sign in enumerate(line) if sign == "#"
    }
    return Grid(len(rows), len(rows[0]), wrap, frozenset(obstacles))


def are_adjacent(grid: Grid, a: int, b: int) -> bool:
    (row, col), (other_row, other_col) = divmod(a, grid.width), divmod(b, grid.width)
    down, right = abs(row - other_row), abs(col - other_col)
    if grid.wrap:
        down, right = min(down, grid.height - down), min(right, grid.width - right)
    return down + right == 1


def check(grid: Grid, cycle: tuple[int, ...]) -> None:
    """Assert that a cycle visits every free cell once, and that each cell is adjacent to the next."""
    assert sorted(cycle) == [cell for cell in range(grid.height * grid.width) if cell not in grid.obstacles]
    assert all(are_adjacent(grid, a, b) for a, b in pairwise([*cycle, cycle[0]]))


def has_cycle(grid: Grid) -> bool:
    """Return whether the board has a Hamiltonian cycle, by trying all paths."""
    free = [cell for cell in range(grid.height * grid.width) if cell not in grid.obstacles]

    def closes(path: list[int]) -> bool:
        if len(path) == len(free):
            return are_adjacent(grid, path[-1], path[0])
        ahead = [cell for cell in free if cell not in path and are_adjacent(grid, path[-1], cell)]
        return any(closes([*path, cell]) for cell in ahead)

    return closes(free[:1])


def scattered(height: int, width: int, obstacles: int, *, wrap: bool, rng: np.random.Generator) -> Grid:
    return Grid(height, width, wrap, frozenset(rng.permutation(height * width)[:obstacles].tolist()))


def around_a_tree(height: int, width: int, share: float, rng: np.random.Generator) -> Grid:
    """Return a board with a cycle: the outline of a random tree of 2 x 2 blocks, and obstacles elsewhere."""
    blocks = {(0, 0)}
    while len(blocks) < share * height * width / 4:
        row, col = sorted(blocks)[rng.integers(len(blocks))]
        down, right = [(-1, 0), (0, 1), (1, 0), (0, -1)][rng.integers(4)]
        if 0 <= row + down < height // 2 and 0 <= col + right < width // 2:
            blocks.add((row + down, col + right))
    cells = {(2 * row + i) * width + 2 * col + j for row, col in blocks for i in (0, 1) for j in (0, 1)}
    return Grid(height, width, False, frozenset(range(height * width)) - cells)


@pytest.mark.parametrize(("height", "width"), list(product(SIDES, SIDES)))
def test_open_boards(height: int, width: int) -> None:
    check(Grid(height, width, True), find_cycle(Grid(height, width, True)))
    walled = Grid(height, width, False)
    if height % 2 and width % 2:
        with pytest.raises(
            ValueError, match=f"board of {height} x {width} .* has no Hamiltonian cycle: .* chess board"
        ):
            find_cycle(walled)
    else:
        check(walled, find_cycle(walled))


@pytest.mark.parametrize(("height", "width"), [(64, 64), (64, 63), (63, 64), (5, 64)])
def test_large_boards(height: int, width: int) -> None:
    check(Grid(height, width, True), find_cycle(Grid(height, width, True)))


BOARDS = {
    "pillars": """
        ..........
        ..........
        ..#..#..#.
        ..........
        ..........
        ..#..#..#.
        ..........
        ..........""",
    "a ring": """
        ......
        .####.
        .####.
        ......""",
    "rooms": """
        ...#......
        ...#......
        ..........
        ..........
        ...#......
        ...#......""",
    "a corner": """
        ..##
        ..##
        ....
        ....""",
    "blocks whose cycles do not merge at once": """
        ###..#####
        ###....###
        ##......##
        ##......##
        ..........
        ..........
        ##......##
        ##......##""",
}


@pytest.mark.parametrize("name", BOARDS)
def test_boards_with_obstacles(name: str) -> None:
    grid = grid_of(BOARDS[name])
    check(grid, find_cycle(grid))


def test_a_wrapping_board_with_links_between_cells_of_one_colour() -> None:
    grid = grid_of(
        """
        .......
        ..#....
        .......
        ....#..
        .......""",
        wrap=True,
    )
    check(grid, find_cycle(grid))


NONE = {
    "a dead end": (
        "row 0, column 1 is a dead end",
        """
        #.##
        ....
        ....
        ....""",
    ),
    "more black than white cells": (
        "8 black and 6 white cells, so a cycle needs 2 or more links between two black cells, and there are 0",
        """
        ....
        ..#.
        .#..
        ....""",
    ),
    "two rooms joined by a corridor": (
        "a complete search found none",
        """
        ..##..
        ......
        ..##..
        ..##..""",
    ),
}


@pytest.mark.parametrize("name", NONE)
def test_boards_without_a_cycle(name: str) -> None:
    message, text = NONE[name]
    grid = grid_of(text)
    assert not has_cycle(grid)
    with pytest.raises(ValueError, match=f"has no Hamiltonian cycle: .*{message}.*choose"):
        find_cycle(grid)


@pytest.mark.parametrize("wrap", [False, True])
def test_small_boards_against_all_paths(wrap: bool) -> None:
    """Every result is right, and on these small boards no search ends without one."""
    rng = np.random.default_rng(0)
    found = set()
    for _ in range(150):
        height, width = (int(side) for side in rng.integers(4, 6, size=2))
        grid = scattered(height, width, int(rng.integers(1, 8)), wrap=wrap, rng=rng)
        try:
            check(grid, find_cycle(grid))
            found.add("a cycle")
        except ValueError as error:
            found.add(str(error).split(":")[1][:20])
            assert not has_cycle(grid), grid
    assert "a cycle" in found
    assert len(found) >= 3, found


@pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
def test_outlines_of_trees(share: float) -> None:
    rng = np.random.default_rng(round(10 * share))
    for _ in range(10):
        grid = around_a_tree(20, 18, share, rng)
        check(grid, find_cycle(grid))


def test_the_same_board_has_the_same_cycle() -> None:
    grid = around_a_tree(12, 14, 0.7, np.random.default_rng(3))
    assert find_cycle.__wrapped__(grid) == find_cycle.__wrapped__(grid)
    assert find_cycle(grid) is find_cycle(Grid(12, 14, False, frozenset(sorted(grid.obstacles))))


def test_a_search_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamiltonian, "BUDGET", 0)
    with pytest.raises(ValueError, match=r"no Hamiltonian cycle was found on this board .* there may be one"):
        find_cycle.__wrapped__(grid_of(BOARDS["pillars"]))
    monkeypatch.setattr(hamiltonian, "TRIES", 0)
    with pytest.raises(ValueError, match=r"no Hamiltonian cycle was found on this wrapping board .* there may be one"):
        find_cycle.__wrapped__(grid_of("##... ##... ..... ..... .....", wrap=True))
