"""Random draws for N games and for one game: start positions and food cells, computed in advance and read from tables.

A draw of `splitmix64` gives two 32-bit numbers. The first chooses a start, the second a cell for food.
"""

import numpy as np

from snake_env.engine.rules import Rules
from snake_env.engine.splitmix64 import advance, advance_many, below, below_many, draw, halves, outputs
from snake_env.engine.state import IntArray, StreamArray

AHEAD = 32  # draws of each game that are computed at once
BLOCK = 256  # games for which they are computed at once: larger arrays would cost more than the computation in them

# One game computes the first FEW draws of a stream one at a time, since it may soon get another one; then MANY at once.
FEW, MANY = 8, 256


class RandomDraws:
    """The random streams of N games, and tables of their next draws.

    Attributes:
        starts: (N * AHEAD,) for each draw the number of a start, of those of the rules.
        cells: (N * AHEAD,) for each draw a cell for food, numbered through the boards of all games.
    """

    def __init__(self, rules: Rules, num_games: int) -> None:
        self._rules = rules
        self._states = np.zeros(num_games, dtype=np.uint64)  # before the first draw of the tables
        self._first = np.arange(num_games) * AHEAD  # (N,) index of each game's first draw in the tables
        self._next = self._first.copy()  # (N,) index of its next draw
        self._draws_left = AHEAD  # a lower bound on the draws that each game has left in the tables
        self._first_cell = np.arange(num_games)[:, None] * rules.cells
        self.starts = np.empty(num_games * AHEAD, dtype=np.int64)
        self.cells = np.empty(num_games * AHEAD, dtype=np.int64)
        self.set(np.arange(num_games), self._states)

    @property
    def states(self) -> StreamArray:
        """(N,) uint64 state of each stream, a new array."""
        return advance_many(self._states, self._next - self._first)

    def set(self, rows: IntArray, states: StreamArray) -> None:
        """Set the streams of the games `rows`, (K,), to these states, (K,) uint64."""
        self._states[rows] = states
        self._next[rows] = self._first[rows]
        for begin in range(0, len(rows), BLOCK):
            self._fill_tables(rows[begin : begin + BLOCK])

    def draw(self, rows: IntArray) -> IntArray:
        """Draw once for each of the games `rows`, (K,), all different.

        Returns:
            (K,) the indices of the draws in `starts` and `cells`, valid until the next call.
        """
        if not self._draws_left:
            used = self._next - self._first
            self._draws_left = AHEAD - int(used.max())  # the exact number; positive unless one game used all its draws
            if not self._draws_left:
                low = (used >= AHEAD // 2).nonzero()[0]
                self.set(low, self.states[low])
                self._draws_left = AHEAD // 2
        self._draws_left -= 1
        drawn = self._next.take(rows)
        self._next[rows] = drawn + 1
        return drawn

    def last(self, rows: IntArray) -> tuple[StreamArray, StreamArray]:
        """The two 32-bit numbers, each (K,), of the last draw of each of the games `rows`."""
        states = advance_many(self._states[rows], self._next[rows] - self._first[rows] - 1)
        return halves(outputs(states, 1)[:, 0])

    def _fill_tables(self, rows: IntArray) -> None:
        bits, food_bits = halves(outputs(self._states[rows], AHEAD))
        open_cells = self._rules.open_cells
        cells = open_cells.take(below_many(food_bits, len(open_cells)))
        cells += self._first_cell[rows]
        self.starts.reshape(-1, AHEAD)[rows] = below_many(bits, self._rules.starts.count)
        self.cells.reshape(-1, AHEAD)[rows] = cells


class GameRandomDraws:
    """The random stream of one game, and its next draws."""

    def __init__(self, rules: Rules) -> None:
        self._starts, self._open_cells = rules.starts.count, rules.open_cells
        self.set(0)

    @property
    def state(self) -> int:
        """The state of the stream."""
        return advance(self._end, -len(self._ahead))

    def set(self, state: int) -> None:
        """Set the state of the stream."""
        self._ahead: list[tuple[int, int]] = []  # the next draws, the last one first
        self._end = state  # after all of them
        self._few = FEW

    def draw(self) -> tuple[int, int]:
        """The number of a start, of those of the rules, and a cell for food."""
        if not self._ahead:
            self._compute_ahead()
        return self._ahead.pop()

    def last(self) -> tuple[int, int]:
        """The two 32-bit numbers of the last draw."""
        _, bits, food_bits = draw(advance(self.state, -1))
        return bits, food_bits

    def _compute_ahead(self) -> None:
        cells = self._open_cells
        if self._few:
            self._few -= 1
            self._end, bits, food_bits = draw(self._end)
            self._ahead.append((below(bits, self._starts), int(cells[below(food_bits, len(cells))])))
            return
        many, food_many = halves(outputs(np.array([self._end], dtype=np.uint64), MANY)[0, ::-1])
        self._end = advance(self._end, MANY)
        starts, food = below_many(many, self._starts), cells.take(below_many(food_many, len(cells)))
        self._ahead = list(zip(starts.tolist(), food.tolist(), strict=True))
