"""Flood fills on many boards at once, on bitboards: how far cells are, and how large the room around them is.

A row of a board is one number, a lane, with a bit for each column; the lanes of N games lie side by side and are
worked on as 64-bit words:

        game 0   game 1   game 2   game 3
        00101101 10110001 00011111 11100000     row 0 of four boards of width 7: one word

A fill grows by one cell in all four directions with shifts and ors of whole words. Between the boards lies at least one
bit that is never free, so what is shifted out of one board is masked away before it reaches the next.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env.state import BoolArray, IntArray

Lanes = NDArray[Any]  # (..., H, N') unsigned, N' a multiple of the lanes in a word
Words = NDArray[np.uint64]

UNREACHABLE = 1 << 16  # a distance greater than any on a board
CHECK_EVERY = 6  # rounds between looks at which games are done
EXACT_BITS = 24  # columns that a float32 adds up without rounding


def pack(cells: BoolArray) -> Lanes:
    """Boards (N, H, W) as lanes (H, N'): bit w of lane (h, n) is cells[n, h, w]."""
    N, H, W = cells.shape
    dtype = next(np.dtype(f"<u{size}") for size in (1, 2, 4, 8) if W < 8 * size or size == 8)
    lanes = np.zeros((H, _padded(N, dtype)), dtype=dtype)
    for start in range(0, W, EXACT_BITS):
        part = cells[:, :, start : start + EXACT_BITS]
        bits = np.float32(2) ** np.arange(part.shape[2], dtype=np.float32)
        numbers = part.astype(np.float32) @ bits  # (N, H), exact
        lanes[:, :N] |= numbers.T.astype(dtype) << dtype.type(start)
    return lanes


def distances(free: Lanes, sources: Lanes, targets: IntArray, wanted: BoolArray, width: int, *, wrap: bool) -> IntArray:
    """Moves from the nearest source to each target, by free cells: (S, A, N), UNREACHABLE where there is no way.

    Args:
        free: (H, N') cells that can be entered; targets count as reached where they are free.
        sources: (S, H, N') for each of S searches where it starts; these cells need not be free.
        targets: (A, N) cells.
        wanted: (A, N) whether a target matters; the others may come out UNREACHABLE.
        width: columns of the boards.
        wrap: whether the edges are joined.
    """
    A, N = targets.shape
    S = len(sources)
    found = np.full((S, A, N), UNREACHABLE)
    games = np.arange(N)  # those still searched; after a compaction, column i of the lanes belongs to games[i]
    row, col = np.divmod(targets, width)
    region, moves = sources.copy(), 0
    while len(games):
        shift, one = col.astype(free.dtype), free.dtype.type(1)
        search = np.arange(S)[:, None, None]
        at = (search * len(free) + row) * free.shape[1] + np.arange(len(games))  # (S, A, K) indices into region
        misses = np.zeros(at.shape, dtype=np.int64)
        for _ in range(CHECK_EVERY):
            misses += (region.take(at) >> shift) & one == 0
            before, region = region, grow(region, free, width, wrap=wrap)
        arrived = np.where(misses < CHECK_EVERY, moves + misses, UNREACHABLE)
        found[:, :, games] = np.minimum(found[:, :, games], arrived)
        moves += CHECK_EVERY
        growing = (region != before).any(axis=(0, 1))[: len(games)]
        missing = ((found[:, :, games] == UNREACHABLE) & wanted[:, games]).any(axis=(0, 1))
        keep = np.flatnonzero(growing & missing)
        games, row, col = games[keep], row[:, keep], col[:, keep]
        free, region = select(free, keep), select(region, keep)
    return found


def room(free: Lanes, games: IntArray, cells: IntArray, width: int, *, wrap: bool) -> tuple[IntArray, Lanes]:
    """The number of free cells connected to a free cell, itself included, and which they are.

    Args:
        free: (H, N') cells that can be entered.
        games: (K,) boards.
        cells: (K,) a cell on each of them.
        width: columns of the boards.
        wrap: whether the edges are joined.

    Returns:
        Sizes (K,) and regions (H, K').
    """
    free = select(free, games)
    region = np.zeros_like(free)
    row, col = np.divmod(cells, width)
    bit = np.left_shift(free.dtype.type(1), col.astype(free.dtype))
    region[row, np.arange(len(cells))] = bit & free[row, np.arange(len(cells))]
    while True:
        before = region
        for _ in range(CHECK_EVERY):
            region = grow(region, free, width, wrap=wrap)
        if np.array_equal(region, before):
            sizes = np.bitwise_count(region).sum(axis=0, dtype=np.int64)[: len(cells)]
            return sizes, region


def contains(region: Lanes, cells: IntArray, width: int) -> BoolArray:
    """Whether each cell lies in its game's region: (H, N') and (A, N) to (A, N)."""
    row, col = np.divmod(cells, width)
    lanes = region[row, np.arange(cells.shape[1])]
    return (lanes >> col.astype(region.dtype)) & region.dtype.type(1) == 1


def select(lanes: Lanes, games: IntArray) -> Lanes:
    """The lanes of some games: (..., H, N') to (..., H, K')."""
    chosen = np.zeros((*lanes.shape[:-1], _padded(len(games), lanes.dtype)), dtype=lanes.dtype)
    chosen[..., : len(games)] = lanes.take(games, axis=-1)
    return chosen


def grow(region: Lanes, free: Lanes, width: int, *, wrap: bool) -> Lanes:
    """The region and its free neighbours: (..., H, N') and (H, N') to (..., H, N')."""
    old: Words = region.view(np.uint64)
    new = old + old  # one column on: twice the number
    new |= old >> np.uint64(1)
    new |= old
    new[..., 1:, :] |= old[..., :-1, :]
    new[..., :-1, :] |= old[..., 1:, :]
    if wrap:
        new[..., 0, :] |= old[..., -1, :]
        new[..., -1, :] |= old[..., 0, :]
        lanes = new.view(region.dtype)
        last = region.dtype.type(width - 1)
        lanes |= region >> last
        lanes |= region << last
    new &= free.view(np.uint64)
    return new.view(region.dtype)


def _padded(games: int, dtype: np.dtype[Any]) -> int:
    lanes_in_a_word = 8 // dtype.itemsize
    return -(-games // lanes_in_a_word) * lanes_in_a_word
