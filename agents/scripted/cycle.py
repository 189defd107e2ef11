"""Players that follow a Hamiltonian cycle. They never die, except in games that are lost from the start."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.scripted.board import BoardAgent, Boards, Grid
from agents.scripted.hamiltonian import find_cycle
from agents.scripted.safe_greedy import SafeGreedyAgent
from agents.types import BoolArray, IntArray

FAR = np.int16(1 << 14)  # more moves than any path has


@dataclass(frozen=True)
class Route:
    """A Hamiltonian cycle of a grid, of length L. The place of a cell is its index on the cycle.

    Attributes:
        cells: (L,) the cell at each place.
        places: (cells,) the place of each cell; -1 for an obstacle.
        gaps: (cells, 4) steps along the cycle from a cell to its neighbour up, right, down, left; 0 if there is none.
    """

    cells: IntArray
    places: IntArray
    gaps: IntArray

    @classmethod
    @lru_cache(maxsize=8)
    def for_grid(cls, grid: Grid) -> "Route":
        """Return the cycle that `find_cycle` finds; cached."""
        cells = np.array(find_cycle(grid))
        places = np.full(grid.cells, -1)
        places[cells] = np.arange(len(cells))
        gaps = (places[grid.neighbours] - places[:, None]) % len(cells)
        gaps = np.where(grid.neighbours >= 0, gaps, 0)
        for array in (cells, places, gaps):
            array.setflags(write=False)  # shared by all agents
        return cls(cells, places, gaps)

    @cached_property
    def moves(self) -> NDArray[np.int16]:
        """(L, L) moves[d, p]: fewest moves from place p to place p + d, all forward on the cycle and not beyond p + d.

        moves[d, p] = 1 + min over the neighbours q of p, with d' = q - p <= d, of moves[d - d', q]
        """
        L = len(self.cells)
        moves = np.full((L, L), FAR)
        moves[0] = 0
        gaps = self.gaps[self.cells]  # (L, 4) by place
        targets = (np.arange(L)[:, None] + gaps) % L
        for d in range(1, L):
            rest = moves[np.maximum(d - gaps, 0), targets]
            moves[d] = 1 + np.where((gaps > 0) & (gaps <= d), rest, FAR).min(axis=1)
        moves.setflags(write=False)
        return moves


@dataclass(frozen=True)
class Walk:
    """The cells ahead of N heads on the cycle, forward or backward.

    Attributes:
        sign: 1 forward, -1 backward.
        start: (N,) places of the heads.
        gaps: (N, 4) steps of the walk from the head to its neighbour up, right, down, left; 0 if there is none.
        steps_until_free: (N, L - 1) moves until the cell 1, 2, ... steps ahead is free.
        food: (N, L - 1) whether there is food on the cell 1, 2, ... steps ahead.
    """

    sign: int
    start: IntArray
    gaps: IntArray
    steps_until_free: IntArray
    food: BoolArray

    @classmethod
    def from_boards(cls, route: Route, boards: Boards, sign: int) -> "Walk":
        """Return the cells ahead of each head, forward (1) or backward (-1)."""
        L = len(route.cells)
        start = route.places[boards.head]
        ahead = route.cells[(start[:, None] + sign * np.arange(1, L)) % L]
        steps_until_free = np.take_along_axis(boards.steps_until_free, ahead, axis=1)
        food = np.take_along_axis(boards.food, ahead, axis=1)
        return cls(sign, start, sign * route.gaps[boards.head] % L, steps_until_free, food)

    @cached_property
    def room(self) -> IntArray:
        """(N,) how often the snake can eat on this walk without running into itself; L if there is no limit.

        There is no limit if the body lies in order: ahead are first the tail, then the rest of the body up to the neck,
        with any cells between them. A snake that eats k times on its way to the tail passes at least k free cells. The
        tail stays for k more moves, so it is gone when the head arrives, and so is every cell after it.
        """
        L = self.steps_until_free.shape[1] + 1
        steps, body = self.steps_until_free, self.steps_until_free > 0
        first_free = np.minimum.accumulate(np.where(body, steps, L)[:, ::-1], axis=1)[:, ::-1]  # from each cell on
        room: IntArray = np.where(body & (steps > first_free), np.arange(1, L) - steps, L).min(axis=1)
        return room


class CycleAgent(BoardAgent):
    """Follows a Hamiltonian cycle, forward or backward.

    At each step, it goes in the direction of the cycle in which the body lies in order (see `Walk.room`); following the
    cycle keeps the body in order. A snake of at most three cells is always in order in one of the two directions. A
    longer snake that starts across the cycle may be in order in neither: then it goes where it has more room, and plays
    safe greedy while both directions are blocked.
    """

    name = "cycle"

    def __init__(self, *, walls: str = "solid", actions: str = "absolute") -> None:
        super().__init__(walls=walls, actions=actions)
        self._fallback = SafeGreedyAgent(walls=walls, actions=actions)

    def choose(self, boards: Boards, allowed: BoolArray) -> IntArray:
        """Return a direction for each game.

        Raises:
            ValueError: the board has no Hamiltonian cycle, or none was found.
        """
        route = Route.for_grid(boards.grid)
        rooms, directions = [], []
        for walk in (Walk.from_boards(route, boards, 1), Walk.from_boards(route, boards, -1)):
            blocked = ~(allowed & (walk.gaps == 1)).any(axis=1)
            rooms.append(np.where(blocked, -1, walk.room))
            directions.append(self.follow(route, walk, boards, allowed))
        chosen = np.where(rooms[0] >= rooms[1], *directions)
        lost = np.flatnonzero(np.max(rooms, axis=0) < 0)
        if len(lost):
            chosen[lost] = self._fallback.choose(boards.select(lost), allowed[lost])
        return chosen

    def follow(self, route: Route, walk: Walk, boards: Boards, allowed: BoolArray) -> IntArray:  # noqa: ARG002
        """Return the direction of the next cell on the walk, (N,); subclasses may leave out cells."""
        return np.asarray((walk.gaps == 1).argmax(axis=1))


class ShortcutAgent(CycleAgent):
    """Follows a Hamiltonian cycle, with shortcuts to food.

    A shortcut is a step to a cell further ahead on the cycle, but not beyond the tail. It keeps the body in order, so
    it is as safe as the cycle itself. Of the paths to the next food that consist of such steps, the player takes the
    shortest. The cells left out then lie between parts of the body, and food on them is a whole round away; so a snake
    that fills half of the board takes no more shortcuts. On 10 x 10 boards it needs 15 steps per food, the cycle
    without shortcuts 25, and shortcuts without that limit 24.
    """

    name = "shortcut"

    def follow(self, route: Route, walk: Walk, boards: Boards, allowed: BoolArray) -> IntArray:
        """Return the direction of a shortest path to food that keeps the body in order, (N,)."""
        L = len(route.cells)
        to_tail, to_food = (
            np.where(there.any(axis=1), there.argmax(axis=1) + 1, L - 1)[:, None]
            for there in (walk.steps_until_free > 0, walk.food)
        )
        keeps_order = allowed & (walk.gaps > 0) & (walk.gaps <= np.minimum(to_tail, to_food))
        rest = np.maximum(to_food - walk.gaps, 0)
        # Backward, the path from the food to the neighbour is looked up: it leads forward and has the same length.
        place = walk.start[:, None] + (walk.gaps if walk.sign > 0 else -to_food)
        moves = np.where(keeps_order, route.moves[rest, place % L], FAR)
        # Of equally short paths, the one with the longest first step is taken.
        best = np.lexsort((-walk.gaps, moves), axis=1)[:, 0]
        may_skip = (walk.room == L) & (2 * boards.length < L)
        return np.where(may_skip, best, super().follow(route, walk, boards, allowed))
