"""Flood fills on many boards at once, on bitboards: how far cells are, and how large the room around them is.

A row of a board is one number, a lane, with a bit for each column; the lanes of N games lie side by side and are
worked on as 64-bit words:

        game 0   game 1   game 2   game 3
        00000000 00000000 00000000 00000000     a row that is never free, above and below
        00101101 10110001 00011111 01100000     row 0 of four boards of width 7: one word
        ...

A fill grows by one cell in all four directions with shifts and ors of whole words. Between two boards lies at least one
bit that is never free, so what is shifted out of one board is masked away before it reaches the next.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env.state import BoolArray, IntArray

Lanes = NDArray[Any]  # (H + 2, N') unsigned, N' a multiple of the lanes in a word

UNREACHABLE = 1 << 16  # a distance greater than any on a board
BLOCK = 10  # rounds between looks at what was reached and which games are done
GAP = 576  # bytes between rounds: at a multiple of 4096 a processor takes a read for one of what was just written
EXACT_BITS = 24  # columns that a float32 adds up without rounding


def pack(cells: BoolArray) -> Lanes:
    """Boards (N, H, W) as lanes (H + 2, N'): bit w of lane (h + 1, n) is cells[n, h, w]."""
    N, H, W = cells.shape
    dtype = next(np.dtype(f"<u{size}") for size in (1, 2, 4, 8) if size == 8 or 8 * size > W)
    lanes = np.zeros((H + 2, _padded(N, dtype)), dtype=dtype)
    for start in range(0, W, EXACT_BITS):
        bits = np.float32(2) ** np.arange(min(EXACT_BITS, W - start), dtype=np.float32)
        columns = cells[:, :, start : start + EXACT_BITS].astype(np.float32)
        numbers = columns.reshape(N * H, -1) @ bits  # exact
        lanes[1:-1, :N] += numbers.reshape(N, H).T.astype(dtype) * dtype.type(1 << start)
    return lanes


def mark(like: Lanes, cells: IntArray, width: int) -> Lanes:
    """Lanes of the same shape with one cell on each board: (N,) cells, -1 for none."""
    lanes = np.zeros_like(like)
    row, col = np.divmod(cells, width)  # row is -1 for no cell: the row above the board, which is cleared again
    at = (row + 1) * lanes.shape[1] + np.arange(len(cells))
    lanes.reshape(-1)[at] = like.dtype.type(1) << col.astype(like.dtype)
    lanes[0] = 0
    return lanes


class Flood:
    """Fills boards of one kind; it keeps its memory from one to the next, as fresh memory costs as much as the work.

    Args:
        width: columns of the boards.
        wrap: whether the edges are joined.
    """

    def __init__(self, width: int, *, wrap: bool) -> None:
        self._width, self._wrap = width, wrap
        self._memory: Lanes = np.empty(0, dtype=np.uint8)

    def fill(
        self, free: Lanes, sources: list[Lanes], targets: tuple[IntArray, IntArray, IntArray]
    ) -> tuple[IntArray, NDArray[Any]]:
        """Spread from S kinds of sources over free cells, on N boards, until nothing grows any more.

        Args:
            free: (H + 2, N') cells that can be entered.
            sources: S times (H + 2, N') where each search starts; these cells need not be free.
            targets: (Q,) searches, (Q,) games and (Q,) cells: what should be reached by which search on which board.

        Returns:
            The moves from the nearest source to each target (Q,), UNREACHABLE where there is no way by free cells; and
            the free cells that each search reached, (S, H + 2, N') lanes.
        """
        search, game, cell = targets
        rows, N = free.shape
        moves = np.full(len(cell), UNREACHABLE)
        missing = np.arange(len(cell))  # targets not reached yet
        row, col = np.divmod(cell, self._width)
        row_of_search = search * rows + row + 1
        bit = free.dtype.type(1) << col.astype(free.dtype)
        reached = np.stack(sources)  # (S, H + 2, N')
        games, column, region, start = np.arange(N), np.arange(N), reached, 0  # column: where each game's lane now is
        size = (BLOCK + 1) * (region.size + GAP // free.itemsize)
        if len(self._memory) < size or self._memory.dtype != free.dtype:
            self._memory = np.empty(size, dtype=free.dtype)
        while len(games):
            # One block: history[i] is the region after i more rounds, with a gap behind it.
            length = region.size + GAP // free.itemsize
            history = self._memory[: (BLOCK + 1) * length].reshape(BLOCK + 1, length)
            history[0, : region.size] = region.reshape(-1)
            _grow(history, np.stack([free] * len(sources)), self._width, wrap=self._wrap)
            at = row_of_search[missing] * free.shape[1] + column[game[missing]]
            lanes = history[:BLOCK].take(at, axis=1)  # (BLOCK, missing targets)
            hits = ((lanes & bit[missing]) != 0).sum(axis=0, dtype=np.uint8)  # BLOCK is small
            found = np.flatnonzero(hits)
            moves[missing[found]] = start + BLOCK - hits[found].astype(np.int64)
            start += BLOCK
            before, region = (history[i, : region.size].reshape(region.shape) for i in (-2, -1))
            grown = region[:, 1:-1] != before[:, 1:-1]
            growing = grown.any(axis=(0, 1))[: len(games)]
            done = np.flatnonzero(~growing)
            if len(done):
                reached[:, :, games[done]] = region[:, :, done]
                column[games[done]] = -1
                left = np.flatnonzero(growing)
                games, free, region = games[left], select(free, left), select(region, left)
                column[games] = np.arange(len(games))
            missing = missing[(hits == 0) & (column[game[missing]] >= 0)]
        return moves, reached


def count(region: Lanes) -> IntArray:
    """Cells in each lane's board: (..., H + 2, N') to (..., N')."""
    cells: IntArray = np.bitwise_count(region).sum(axis=-2, dtype=np.int64)
    return cells


def select(lanes: NDArray[Any], games: IntArray) -> NDArray[Any]:
    """The lanes of some games: (..., N') to (..., K')."""
    chosen = np.zeros((*lanes.shape[:-1], _padded(len(games), lanes.dtype)), dtype=lanes.dtype)
    chosen[..., : len(games)] = lanes.take(games, axis=-1)
    return chosen


def _grow(history: NDArray[Any], free: NDArray[Any], width: int, *, wrap: bool) -> None:
    """Let history[i + 1] be history[i] and its free neighbours.

    Args:
        history: (BLOCK + 1, S * (H + 2) * N' and a gap) lanes; the first is given, the others are written.
        free: (S, H + 2, N') lanes.
        width: columns of the boards.
        wrap: whether the edges are joined.
    """
    open_words = free.reshape(-1).view(np.uint64)
    row = free.shape[-1] * free.itemsize // 8  # words
    side = np.empty_like(open_words)
    last = free.dtype.type(width - 1)
    for old_lanes, new_lanes in pairwise(history[:, : free.size]):
        if wrap:
            boards = old_lanes.reshape(free.shape)
            boards[:, 0], boards[:, -1] = boards[:, -2], boards[:, 1]
        old, new = old_lanes.view(np.uint64), new_lanes.view(np.uint64)
        np.add(old, old, out=new)  # one column on: twice the number
        np.right_shift(old, _ONE, out=side)
        new |= side
        new |= old
        new[row:] |= old[:-row]
        new[:-row] |= old[row:]
        if wrap:
            new_lanes |= old_lanes >> last
            new_lanes |= old_lanes << last
        new &= open_words


def _padded(games: int, dtype: np.dtype[Any]) -> int:
    lanes_in_a_word = 8 // dtype.itemsize
    return -(-games // lanes_in_a_word) * lanes_in_a_word


_ONE = np.uint64(1)
