"""Chance for one game and for N: what the next draws mean, worked out for many at once and looked up one by one."""

import numpy as np

from snake_env.engine.rules import Rules
from snake_env.engine.splitmix64 import after, below, below_many, draw, halves, moved, outputs
from snake_env.engine.state import IntArray, StreamArray

AHEAD = 32  # draws of each game that are worked out at once
PART = 256  # games for which that is done at once: much fresh memory would cost more than the work in it

# One game has the first FEW draws of a stream one by one, since many a stream is left for another soon; then MANY.
FEW, MANY = 8, 256


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


class GameChance:
    """The random stream of one game, as `stream.draw` draws."""

    def __init__(self, rules: Rules) -> None:
        self._starts, self._open_cells = rules.starts.count, rules.open_cells
        self.set(0)

    @property
    def state(self) -> int:
        """The state of the stream."""
        return moved(self._end, -len(self._ahead))

    def set(self, state: int) -> None:
        """Go on from this state."""
        self._ahead: list[tuple[int, int]] = []  # what the next draws give, the last one first
        self._end = state  # after all of these
        self._few = FEW

    def draw(self) -> tuple[int, int]:
        """What a draw chooses: the number of a start, of those of the rules, and a cell for food."""
        if not self._ahead:
            self._look_up()
        return self._ahead.pop()

    def last(self) -> tuple[int, int]:
        """The two 32-bit numbers of the last draw."""
        _, bits, food_bits = draw(moved(self.state, -1))
        return bits, food_bits

    def _look_up(self) -> None:
        cells = self._open_cells
        if self._few:
            self._few -= 1
            self._end, bits, food_bits = draw(self._end)
            self._ahead.append((below(bits, self._starts), int(cells[below(food_bits, len(cells))])))
            return
        many, food_many = halves(outputs(np.array([self._end], dtype=np.uint64), MANY)[0, ::-1])
        self._end = moved(self._end, MANY)
        starts, food = below_many(many, self._starts), cells.take(below_many(food_many, len(cells)))
        self._ahead = list(zip(starts.tolist(), food.tolist(), strict=True))
