"""Flood fills on bitboards, for N games at once: distances between cells, and the areas of free cells around them.

A bitboard holds each row of a board as one unsigned integer, with a bit for each column. The rows of N games lie next
to each other in memory, and operations work on 64-bit words of several games:

        game 0   game 1   game 2   game 3
        00000000 00000000 00000000 00000000     a row that is never free, above and below the board
        00101101 10110001 00011111 01100000     row 0 of four boards of width 7: one word
        ...

A fill grows by one cell in all four directions with shifts and bitwise "or" of whole words. Between the rows of two
games there is at least one bit that is never free. It stops bits that are shifted out of one board.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.state import BoolArray, IntArray, read_only

# (H + 2, N') unsigned integers: the rows of N boards, where N' is N rounded up to whole words.
Bitboards = NDArray[Any]

BLOCK = 19  # steps between two checks of which targets are reached: an open board of 10 x 10 needs no more
# Bytes between the arrays of two steps. At distances that are multiples of 4096 bytes, a read waits for a recent write
# (4K aliasing).
GAP = 576
EXACT_BITS = 24  # columns whose bits a float32 adds without rounding


class Flood:
    """Flood fills on boards of one size. Memory is kept between calls: allocating it takes as long as a fill.

    Args:
        height: rows of the boards.
        width: columns of the boards.
        wrap: whether the edges are joined.

    Attributes:
        unreachable: the distance of a cell to which there is no path, greater than all others on these boards.
    """

    def __init__(self, height: int, width: int, *, wrap: bool) -> None:
        self._width, self._wrap = width, wrap
        self.unreachable = height * width
        self._dtype = next(np.dtype(f"<u{size}") for size in (1, 2, 4, 8) if size == 8 or 8 * size > width)
        row, col = np.divmod(np.arange(height * width), width)
        # For each cell its row and its bit in a bitboard; the last element has no bit, for the index -1 (no cell).
        self._row = np.append(row + 1, 0)
        self._bit = np.append(self._dtype.type(1) << col.astype(self._dtype), self._dtype.type(0))
        # Shifts to the right, then to the left, that move the columns around a cell to the lowest three bits.
        self._right, self._left = np.maximum(col - 1, 0).astype(self._dtype), (col == 0).astype(self._dtype)
        self._memory: Bitboards = np.empty(0, dtype=self._dtype)

    def pack(self, cells: BoolArray) -> Bitboards:
        """Pack boards (N, H, W) into bitboards (H + 2, N'): bit w of row (h + 1, n) is cells[n, h, w]."""
        N, H, W = cells.shape
        boards = np.zeros((H + 2, _padded(N, self._dtype)), dtype=self._dtype)
        for start in range(0, W, EXACT_BITS):
            columns = cells[:, :, start : start + EXACT_BITS].astype(np.float32)
            bits = np.float32(2) ** np.arange(start, start + columns.shape[2], dtype=np.float32)
            numbers = columns.reshape(N * H, -1) @ bits  # exact
            boards[1:-1, :N] += numbers.reshape(N, H).T.astype(self._dtype)
        return boards

    def mark(self, like: Bitboards, *cells: IntArray) -> Bitboards:
        """Return bitboards of the same shape with these cells set; each of `cells` is (N,), a cell per board or -1."""
        boards = np.zeros_like(like)
        for cell in cells:
            boards.reshape(-1)[self._row.take(cell) * boards.shape[1] + np.arange(len(cell))] |= self._bit.take(cell)
        return boards

    def fill(
        self, free: Bitboards, sources: list[Bitboards], complete: int, games: IntArray, cells: IntArray
    ) -> tuple[IntArray, Bitboards]:
        """Run S breadth-first searches over free cells on each of N boards.

        Args:
            free: (H + 2, N') the cells that can be entered.
            sources: S times (H + 2, N') the cells where each search starts; they need not be free.
            complete: the number of searches, from the first on, that continue until they have reached all connected
                cells. The others end when they have reached their targets.
            games: (Q,) index of the board of each target.
            cells: (Q,) cell of each target.

        Returns:
            The steps from the nearest source of each search to each target over free cells (S, Q), or `unreachable`;
            and the free cells that the complete searches reached, (H + 2, complete * N') bitboards.
        """
        S, Q, N = len(sources), len(cells), free.shape[1]
        # The boards of all searches lie next to each other. `active` are the indices of those that are not finished,
        # `position` is the index of each board among them.
        free, region = np.concatenate([free] * S, axis=1), np.concatenate(sources, axis=1)
        active, position, start = np.arange(S * N), np.arange(S * N), 0
        steps, reached = np.empty(S * Q, dtype=np.int64), np.empty_like(region[:, : complete * N])
        # For each target that is not reached yet: its index, board, row and bit.
        missing, board = np.arange(S * Q), np.add.outer(np.arange(S) * N, games).reshape(-1)
        row, bit = np.concatenate([self._row.take(cells)] * S), np.concatenate([self._bit.take(cells)] * S)
        size = (BLOCK + 1) * (region.size + GAP // free.itemsize)
        if len(self._memory) < size:
            self._memory = np.empty(size, dtype=self._dtype)
        while len(active):
            # history[i] is the region after i more steps, followed by a gap.
            length = region.size + GAP // free.itemsize
            history = self._memory[: (BLOCK + 1) * length].reshape(BLOCK + 1, length)
            history[0, : region.size] = region.reshape(-1)
            _grow(history, free, self._width, wrap=self._wrap)
            seen = history[:BLOCK].take(row * free.shape[1] + position.take(board), axis=1)  # (BLOCK, missing)
            seen &= bit
            hits = (seen != 0).view(np.uint8).sum(axis=0, dtype=np.uint8)  # no overflow: BLOCK < 256
            distance = np.arange(start + BLOCK, start - 1, -1)  # by the number of hits
            distance[0] = self.unreachable
            steps[missing] = distance.take(hits)
            start += BLOCK
            before, region = (history[i, : region.size].reshape(free.shape) for i in (-2, -1))
            if len(active) == S * N:
                reached[...] = region[:, : complete * N]
            else:
                end = int(np.searchsorted(active, complete * N))
                reached[:, active[:end]] = region[:, :end]
            unseen = (hits == 0).nonzero()[0]
            required = np.arange(S * N) < complete * N
            required[board.take(unseen)] = True
            grown = np.bitwise_or.reduce(region[1:-1] ^ before[1:-1], axis=0)[: len(active)] != 0
            kept = (grown & required.take(active)).nonzero()[0]
            position[active] = -1
            active, free, region = active.take(kept), select(free, kept), select(region, kept)
            position[active] = np.arange(len(active))
            unseen = unseen[position.take(board.take(unseen)) >= 0]
            missing, board, row, bit = (array.take(unseen) for array in (missing, board, row, bit))
        return steps.reshape(S, Q), reached

    def neighbourhood(self, free: Bitboards, games: IntArray, cells: IntArray) -> NDArray[np.uint16]:
        """The 3 x 3 cells around each of K cells: (K,) nine bits, 1 if free, row by row from the top left."""
        rows = self._row.take(cells) + _ROWS_AROUND  # (3, K)
        if self._wrap:
            rows = (rows - 1) % (len(free) - 2) + 1
        words = free.reshape(-1).take(rows * free.shape[1] + games)
        at_left = self._left.take(cells)
        three = words >> self._right.take(cells) << at_left
        three &= 7
        if self._wrap:
            last = free.dtype.type(self._width - 1)
            three |= (words >> last) * at_left
            three |= (words & 1) * (cells % self._width == last) << 2
        above, middle, below = three.astype(np.uint16)
        nine: NDArray[np.uint16] = above | middle << 3 | below << 6
        return nine


def count(region: Bitboards) -> IntArray:
    """Count the cells that are set on each board: (H + 2, N') to (N',)."""
    cells: IntArray = np.bitwise_count(region).sum(axis=0, dtype=np.int64)
    return cells


def select(boards: Bitboards, games: IntArray) -> Bitboards:
    """Select the bitboards of some games: (H + 2, N') to (H + 2, K')."""
    chosen = np.zeros((len(boards), _padded(len(games), boards.dtype)), dtype=boards.dtype)
    chosen[:, : len(games)] = boards.take(games, axis=1)
    return chosen


def _grow(history: Bitboards, free: Bitboards, width: int, *, wrap: bool) -> None:
    """Set history[i + 1] to history[i] and its free neighbours, for each i.

    Args:
        history: (BLOCK + 1, (H + 2) * N' + a gap) bitboards; the first is read, the others are written.
        free: (H + 2, N') the cells that can be entered.
        width: columns of the boards.
        wrap: whether the edges are joined.
    """
    open_words = free.reshape(-1).view(np.uint64)
    row = free.shape[1] * free.itemsize // 8  # words in a row
    side = np.empty_like(open_words)
    last = free.dtype.type(width - 1)
    steps = history[:, : free.size]
    for (old, new), (old_rows, new_rows) in zip(pairwise(steps.view(np.uint64)), pairwise(steps), strict=True):
        if wrap:
            board = old_rows.reshape(free.shape)
            board[0], board[-1] = board[-2], board[1]
        np.add(old, old, out=new)  # a shift by one column: doubling
        np.right_shift(old, _ONE, out=side)
        new |= side
        new |= old
        new[row:] |= old[:-row]
        new[:-row] |= old[row:]
        if wrap:
            new_rows |= old_rows >> last
            new_rows |= old_rows << last
        new &= open_words


def _padded(games: int, dtype: np.dtype[Any]) -> int:
    per_word = 8 // dtype.itemsize
    return -(-games // per_word) * per_word


_ONE = np.uint64(1)
_ROWS_AROUND = read_only(np.array([[-1], [0], [1]]))
