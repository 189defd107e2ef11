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

from snake_env.engine.state import BoolArray, IntArray

Lanes = NDArray[Any]  # (H + 2, N') unsigned, N' a multiple of the lanes in a word

BLOCK = 19  # rounds between looks at what was reached and which games are done: those of an open board of 10 x 10
GAP = 576  # bytes between rounds: at a multiple of 4096 a processor takes a read for one of what was just written
EXACT_BITS = 24  # columns that a float32 adds up without rounding


class Flood:
    """Fills boards of one kind; it keeps its memory from one to the next, as fresh memory costs as much as the work.

    Args:
        height: rows of the boards.
        width: columns of the boards.
        wrap: whether the edges are joined.

    Attributes:
        unreachable: a distance greater than any on these boards, where there is no way.
    """

    def __init__(self, height: int, width: int, *, wrap: bool) -> None:
        self._width, self._wrap = width, wrap
        self.unreachable = height * width
        self._dtype = next(np.dtype(f"<u{size}") for size in (1, 2, 4, 8) if size == 8 or 8 * size > width)
        row, col = np.divmod(np.arange(height * width), width)
        # For each cell its row and its bit in the lanes, and behind them no bit: that is what -1 finds, for no cell.
        self._row = np.append(row + 1, 0)
        self._bit = np.append(self._dtype.type(1) << col.astype(self._dtype), self._dtype.type(0))
        # What brings the columns around a cell to the lowest three bits: shifts to the right, then to the left.
        self._right, self._left = np.maximum(col - 1, 0).astype(self._dtype), (col == 0).astype(self._dtype)
        self._memory: Lanes = np.empty(0, dtype=self._dtype)

    def pack(self, cells: BoolArray) -> Lanes:
        """Boards (N, H, W) as lanes (H + 2, N'): bit w of lane (h + 1, n) is cells[n, h, w]."""
        N, H, W = cells.shape
        lanes = np.zeros((H + 2, _padded(N, self._dtype)), dtype=self._dtype)
        for start in range(0, W, EXACT_BITS):
            columns = cells[:, :, start : start + EXACT_BITS].astype(np.float32)
            bits = np.float32(2) ** np.arange(start, start + columns.shape[2], dtype=np.float32)
            numbers = columns.reshape(N * H, -1) @ bits  # exact
            lanes[1:-1, :N] += numbers.reshape(N, H).T.astype(self._dtype)
        return lanes

    def mark(self, like: Lanes, *cells: IntArray) -> Lanes:
        """Lanes of the same shape with some cells on each board: each (N,), -1 for none."""
        lanes = np.zeros_like(like)
        for some in cells:
            lanes.reshape(-1)[self._row.take(some) * lanes.shape[1] + np.arange(len(some))] |= self._bit.take(some)
        return lanes

    def fill(
        self, free: Lanes, sources: list[Lanes], rooms: int, games: IntArray, cells: IntArray
    ) -> tuple[IntArray, Lanes]:
        """Spread from S kinds of sources over free cells, on N boards.

        Args:
            free: (H + 2, N') cells that can be entered.
            sources: S times (H + 2, N') where each search starts; these cells need not be free.
            rooms: how many of the searches, from the first, go on until nothing grows any more. The others end when
                they have reached their targets.
            games: (Q,) on which board each of Q targets lies.
            cells: (Q,) the targets: what should be reached.

        Returns:
            The moves from the nearest source of each search to each target by free cells (S, Q), or `unreachable`; and
            the free cells that the first searches reached, (H + 2, rooms * N') lanes.
        """
        S, Q, N = len(sources), len(cells), free.shape[1]
        # The lanes of all searches lie side by side; `left` are those that are not done, `column` is where each now is.
        free, region = np.concatenate([free] * S, axis=1), np.concatenate(sources, axis=1)
        left, column, start = np.arange(S * N), np.arange(S * N), 0
        moves, reached = np.empty(S * Q, dtype=np.int64), np.empty_like(region[:, : rooms * N])
        # Of each target that is not reached yet: its number, lane, row and bit.
        missing, lane = np.arange(S * Q), np.add.outer(np.arange(S) * N, games).reshape(-1)
        row, bit = np.concatenate([self._row.take(cells)] * S), np.concatenate([self._bit.take(cells)] * S)
        size = (BLOCK + 1) * (region.size + GAP // free.itemsize)
        if len(self._memory) < size:
            self._memory = np.empty(size, dtype=self._dtype)
        while len(left):
            # One block: history[i] is the region after i more rounds, with a gap behind it.
            length = region.size + GAP // free.itemsize
            history = self._memory[: (BLOCK + 1) * length].reshape(BLOCK + 1, length)
            history[0, : region.size] = region.reshape(-1)
            _grow(history, free, self._width, wrap=self._wrap)
            seen = history[:BLOCK].take(row * free.shape[1] + column.take(lane), axis=1)  # (BLOCK, missing)
            seen &= bit
            hits = (seen != 0).view(np.uint8).sum(axis=0, dtype=np.uint8)  # BLOCK is small
            rounds = np.arange(start + BLOCK, start - 1, -1)  # by hits
            rounds[0] = self.unreachable
            moves[missing] = rounds.take(hits)
            start += BLOCK
            before, region = (history[i, : region.size].reshape(free.shape) for i in (-2, -1))
            if len(left) == S * N:
                reached[...] = region[:, : rooms * N]
            else:
                followed = int(np.searchsorted(left, rooms * N))
                reached[:, left[:followed]] = region[:, :followed]
            hidden = (hits == 0).nonzero()[0]
            wanted = np.arange(S * N) < rooms * N
            wanted[lane.take(hidden)] = True
            grown = np.bitwise_or.reduce(region[1:-1] ^ before[1:-1], axis=0)[: len(left)] != 0
            go_on = (grown & wanted.take(left)).nonzero()[0]
            column[left] = -1
            left, free, region = left.take(go_on), select(free, go_on), select(region, go_on)
            column[left] = np.arange(len(left))
            hidden = hidden[column.take(lane.take(hidden)) >= 0]
            missing, lane, row, bit = (array.take(hidden) for array in (missing, lane, row, bit))
        return moves.reshape(S, Q), reached

    def around(self, free: Lanes, games: IntArray, cells: IntArray) -> NDArray[np.uint16]:
        """Which of the 3 x 3 cells around each of K cells are free: (K,) nine bits, row by row from the top left."""
        rows = self._row.take(cells) + _BESIDE  # (3, K)
        if self._wrap:
            rows = (rows - 1) % (len(free) - 2) + 1
        lanes = free.reshape(-1).take(rows * free.shape[1] + games)
        at_left = self._left.take(cells)
        three = lanes >> self._right.take(cells) << at_left
        three &= 7
        if self._wrap:
            last = free.dtype.type(self._width - 1)
            three |= (lanes >> last) * at_left
            three |= (lanes & 1) * (cells % self._width == last) << 2
        above, level, below = three.astype(np.uint16)
        nine: NDArray[np.uint16] = above | level << 3 | below << 6
        return nine


def count(region: Lanes) -> IntArray:
    """Cells in each lane's board: (H + 2, N') to (N',)."""
    cells: IntArray = np.bitwise_count(region).sum(axis=0, dtype=np.int64)
    return cells


def select(lanes: Lanes, games: IntArray) -> Lanes:
    """The lanes of some games: (H + 2, N') to (H + 2, K')."""
    chosen = np.zeros((len(lanes), _padded(len(games), lanes.dtype)), dtype=lanes.dtype)
    chosen[:, : len(games)] = lanes.take(games, axis=1)
    return chosen


def _grow(history: Lanes, free: Lanes, width: int, *, wrap: bool) -> None:
    """Let history[i + 1] be history[i] and its free neighbours.

    Args:
        history: (BLOCK + 1, (H + 2) * N' and a gap) lanes; the first is given, the others are written.
        free: (H + 2, N') lanes.
        width: columns of the boards.
        wrap: whether the edges are joined.
    """
    open_words = free.reshape(-1).view(np.uint64)
    row = free.shape[1] * free.itemsize // 8  # words
    side = np.empty_like(open_words)
    last = free.dtype.type(width - 1)
    lanes = history[:, : free.size]
    for (old, new), (old_lanes, new_lanes) in zip(pairwise(lanes.view(np.uint64)), pairwise(lanes), strict=True):
        if wrap:
            board = old_lanes.reshape(free.shape)
            board[0], board[-1] = board[-2], board[1]
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
_BESIDE = np.array([[-1], [0], [1]])
