"""Hamiltonian cycles: closed paths that visit every free cell of a board once.

A snake that follows one never runs into itself, and fills the board.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache

import numpy as np

from agents.scripted.board import Grid
from agents.scripted.two_factor import Link, OutOfBudgetError, search_cycle

Cells = list[tuple[int, int]]  # (row, col)

BUDGET = 1000  # branches of a search; each takes less than a millisecond on 20 x 20
TRIES = 2000  # sets of seam links to try on a wrapping board with links between cells of one colour
TRY_BUDGET = 20  # branches of the search with each set


@lru_cache(maxsize=64)
def find_cycle(grid: Grid) -> tuple[int, ...]:
    """Return the free cells in the order of a Hamiltonian cycle: each is adjacent to the next, the last to the first.

    Boards without obstacles have a known cycle. Boards with obstacles need a search; its result is deterministic.

    Raises:
        ValueError: the board has no Hamiltonian cycle, or none was found; the message says which, and why.
    """
    H, W = grid.height, grid.width
    if not grid.obstacles:
        if H % 2 == 0:
            return tuple(row * W + col for row, col in comb(H, W))
        if W % 2 == 0:
            return tuple(row * W + col for col, row in comb(W, H))
        if grid.wrap and H >= W:
            return tuple(row * W + col for row, col in twist(H, W))
        if grid.wrap:
            return tuple(row * W + col for col, row in twist(W, H))
    return tuple(_search(grid))


def comb(height: int, width: int) -> Cells:
    """Return a cycle on a board with an even number of rows: to and fro along the rows, back by the first column."""
    cells = []
    for row in range(height):
        cols = range(1, width)
        cells += [(row, col) for col in (cols if row % 2 == 0 else reversed(cols))]
    return cells + [(row, 0) for row in reversed(range(height))]


def twist(height: int, width: int) -> Cells:
    """Return a cycle on a wrapping board with two odd sides, height >= width.

    Each row is a ring, which the cycle follows once around from its start column. Rightwards, it ends one column to the
    left of its start; leftwards, one column to the right. The next row starts there. After a rows rightwards and b rows
    leftwards, the start column has moved by b - a: once around the ring if b = (height + width) / 2.
    """
    cells, start = [], 0
    for row in range(height):
        step = -1 if row < (height + width) // 2 else 1
        cells += [(row, (start + step * k) % width) for k in range(width)]
        start -= step
    return cells


def _search(grid: Grid) -> Sequence[int]:
    """Search for a cycle on any board, by a chess board's colouring of the cells (see `two_factor`)."""
    H, W = grid.height, grid.width
    board = f"this {'wrapping ' if grid.wrap else ''}board of {H} x {W} with {len(grid.obstacles)} obstacles"
    advice = "choose other obstacles, another size, or a player that needs no cycle, such as 'safe-greedy'"
    cells = [cell for cell in range(grid.cells) if cell not in grid.obstacles]
    for cell in cells:
        if len(grid.adjacent[cell]) < 2:
            raise ValueError(
                f"{board} has no Hamiltonian cycle: row {cell // W}, column {cell % W} is a dead end; {advice}"
            )
    is_black = [(cell // W + cell % W) % 2 == 0 for cell in range(grid.cells)]
    black, white = ([cell for cell in cells if is_black[cell] == colour] for colour in (True, False))
    excess = len(black) - len(white)
    # If joined edges are an odd number of cells apart, links across the seam connect cells of one colour.
    seams = [(a, b) for a in cells for b in grid.adjacent[a] if a < b and is_black[a] == is_black[b]]
    larger = [link for link in seams if is_black[link[0]] == (excess > 0)]
    smaller = [link for link in seams if is_black[link[0]] != (excess > 0)]
    if abs(excess) > len(larger):
        raise ValueError(
            f"{board} has no Hamiltonian cycle: coloured like a chess board, it has {len(black)} black and "
            f"{len(white)} white cells, so a cycle needs {abs(excess)} or more links between two "
            f"{'black' if excess > 0 else 'white'} cells, and there are {len(larger)}; {advice}"
        )
    other_colour = [[b for b in around if is_black[a] != is_black[b]] for a, around in enumerate(grid.adjacent)]
    squares = [
        (a, b, c, d)
        for a, (_, b, d, _) in enumerate(grid.neighbours.tolist())
        if b in other_colour[a] and d in other_colour[a]
        for c in set(other_colour[b]) & set(other_colour[d]) - {a}
    ]
    try:
        if seams:
            for fixed in _seam_choices(larger, smaller, abs(excess)):
                with suppress(OutOfBudgetError):
                    if cycle := search_cycle(other_colour, black, squares, fixed, budget=TRY_BUDGET):
                        return cycle
            raise OutOfBudgetError
        if cycle := search_cycle(other_colour, black, squares, budget=BUDGET):
            return cycle
    except OutOfBudgetError:
        raise ValueError(
            f"no Hamiltonian cycle was found on {board}, but the search was not complete: there may be one; {advice}"
        ) from None
    raise ValueError(f"{board} has no Hamiltonian cycle: a complete search found none; {advice}")


def _seam_choices(larger: list[Link], smaller: list[Link], excess: int) -> Iterator[tuple[Link, ...]]:
    """Yield random sets of seam links that balance the colours, with few more links than necessary.

    Each cell has two links. With x links between two cells of the larger colour and y links between two cells of the
    smaller one, counting the ends of all links by colour gives x - y = excess.
    """
    rng = np.random.default_rng(0)
    tried = set()
    for number in range(TRIES):
        y = min(number % 4, len(smaller), len(larger) - excess)
        chosen = [larger[i] for i in rng.permutation(len(larger))[: excess + y]]
        chosen += [smaller[i] for i in rng.permutation(len(smaller))[:y]]
        choice = tuple(sorted(chosen))
        if choice not in tried:
            tried.add(choice)
            yield choice
