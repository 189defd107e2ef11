"""Chance for N games: what their next draws mean, worked out for many draws at once and looked up one by one."""

import numpy as np

from snake_env.rules import Rules
from snake_env.state import IntArray, StreamArray
from snake_env.stream import after, below_many, halves, outputs

AHEAD = 32  # draws of each game that are worked out at once
PART = 256  # games for which that is done at once: much fresh memory would cost more than the work in it


class Chance:
    """The random streams of N games, each as `stream.draw` draws, with tables of what the next draws of each give.

    Attributes:
        starts: (N * AHEAD,) the number of the start that a draw chooses among those of the rules.
        cells: (N * AHEAD,) the cell that it chooses for food, counted through the boards of all games.
    """

    def __init__(self, rules: Rules, num_games: int) -> None:
        self._rules = rules
        self._states = np.zeros(num_games, dtype=np.uint64)  # before the first draw of the tables
        self._first = np.arange(num_games) * AHEAD  # (N,) where each game begins in the tables
        self._next = self._first.copy()  # (N,) where its next draw lies
        self._sure = AHEAD  # draws that every game has left, or more
        self._first_cell = np.arange(num_games)[:, None] * rules.cells
        self.starts = np.empty(num_games * AHEAD, dtype=np.int64)
        self.cells = np.empty(num_games * AHEAD, dtype=np.int64)
        self.set(np.arange(num_games), self._states)

    @property
    def states(self) -> StreamArray:
        """(N,) uint64 state of each stream, a new array."""
        return after(self._states, self._next - self._first)

    def set(self, rows: IntArray, states: StreamArray) -> None:
        """Let the games `rows`, (K,), go on from these states, (K,) uint64."""
        self._states[rows] = states
        self._next[rows] = self._first[rows]
        for begin in range(0, len(rows), PART):
            self._look_up(rows[begin : begin + PART])

    def draw(self, rows: IntArray) -> IntArray:
        """(K,) where in the tables one draw for each of the games `rows` lies, until the next call; no game twice."""
        if not self._sure:
            used = self._next - self._first
            self._sure = AHEAD - int(used.max())  # more than was known, if not every draw was one of the same game
            if not self._sure:
                low = (used >= AHEAD // 2).nonzero()[0]
                self.set(low, self.states[low])
                self._sure = AHEAD // 2
        self._sure -= 1
        drawn = self._next.take(rows)
        self._next[rows] = drawn + 1
        return drawn

    def last(self, rows: IntArray) -> tuple[StreamArray, StreamArray]:
        """The two 32-bit numbers, each (K,), of the last draw for each of the games `rows`."""
        states = after(self._states[rows], self._next[rows] - self._first[rows] - 1)
        return halves(outputs(states, 1)[:, 0])

    def _look_up(self, rows: IntArray) -> None:
        bits, food_bits = halves(outputs(self._states[rows], AHEAD))
        open_cells = self._rules.open_cells
        cells = open_cells.take(below_many(food_bits, len(open_cells)))
        cells += self._first_cell[rows]
        self.starts.reshape(-1, AHEAD)[rows] = below_many(bits, self._rules.starts.count)
        self.cells.reshape(-1, AHEAD)[rows] = cells
