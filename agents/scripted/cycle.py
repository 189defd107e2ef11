"""Players that follow a Hamiltonian cycle, and so never die, but for a start that is lost to every player."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.scripted.board import BoardAgent, Boards, BoolArray, Grid, IntArray
from agents.scripted.hamiltonian import find_cycle
from agents.scripted.safe_greedy import SafeGreedyAgent

FAR = np.int16(1 << 14)  # more moves than any way has


@dataclass(frozen=True)
class Route:
    """A Hamiltonian cycle of a grid. A place is a cell's number on the cycle; L is the cycle's length.

    Attributes:
        cells: (L,) the cell at each place.
        places: (cells,) the place of each cell, -1 for an obstacle.
        gaps: (cells, 4) places from a cell forward to the cell up, right, down, left of it; 0 where there is none.
    """

    cells: IntArray
    places: IntArray
    gaps: IntArray

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, grid: Grid) -> "Route":
        """The cycle that `find_cycle` gives."""
        cells = np.array(find_cycle(grid))
        places = np.full(grid.cells, -1)
        places[cells] = np.arange(len(cells))
        gaps = (places[grid.neighbours] - places[:, None]) % len(cells)
        return cls(cells, places, np.where(grid.neighbours >= 0, gaps, 0))

    @cached_property
    def moves(self) -> NDArray[np.int16]:
        """(L, L) moves[d, p]: the fewest from place p to place p + d when each leads forward and none beyond p + d.

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
        return moves


@dataclass(frozen=True)
class Walk:
    """What lies ahead of N heads, forward or backward on the cycle.

    Attributes:
        sign: 1 forward, -1 backward.
        start: (N,) places of the heads.
        gaps: (N, 4) places from the head on to the cell up, right, down, left of it; 0 where there is none.
        times: (N, L - 1) moves until the cell at 1, 2, ... places on is free.
        food: (N, L - 1) whether there is food on it.
    """

    sign: int
    start: IntArray
    gaps: IntArray
    times: IntArray
    food: BoolArray

    @classmethod
    def look(cls, route: Route, boards: Boards, sign: int) -> "Walk":
        """Look along the cycle."""
        L = len(route.cells)
        start = route.places[boards.head]
        ahead = route.cells[(start[:, None] + sign * np.arange(1, L)) % L]
        steps_until_free = np.take_along_axis(boards.steps_until_free, ahead, axis=1)
        food = np.take_along_axis(boards.food, ahead, axis=1)
        return cls(sign, start, sign * route.gaps[boards.head] % L, times, food)

    @cached_property
    def room(self) -> IntArray:
        """(N,) how often the snake can eat on this walk without running into itself, L for as often as it likes.

        That is so if the body lies in order: ahead come the tail, then the rest of the body, then the neck, whatever is
        between them. A snake that eats k times on its way to the tail comes by k free cells at least, so the tail,
        which stays for k moves, is gone when the head arrives; and so is every cell after it.
        """
        L = self.steps_until_free.shape[1] + 1
        body = self.steps_until_free > 0
        first_free = np.minimum.accumulate(np.where(body, self.steps_until_free, L)[:, ::-1], axis=1)[:, ::-1]  # from there on
        room: IntArray = np.where(body & (self.steps_until_free > first_free), np.arange(1, L) - self.steps_until_free, L).min(axis=1)
        return room


class CycleAgent(BoardAgent):
    """Follows a Hamiltonian cycle, forward or backward.

    Which way is read off the board at each step: that in which the body lies in order (see `Walk.room`), and following
    the cycle keeps it so. A snake of up to three cells is always in order one way or the other. A longer one that
    starts across the cycle may be so in neither; then it goes where it has more room to grow, and plays safe greedy
    while it has none.
    """

    name = "cycle"

    def __init__(self, *, walls: str = "solid", actions: str = "absolute") -> None:
        super().__init__(walls=walls, actions=actions)
        self._without_room = SafeGreedyAgent(walls=walls, actions=actions)

    def choose(self, boards: Boards, allowed: BoolArray) -> IntArray:
        """A direction for each game.

        Raises:
            ValueError: the board has no Hamiltonian cycle, or none was found.
        """
        route = Route.of(boards.grid)
        rooms, directions = [], []
        for walk in (Walk.look(route, boards, 1), Walk.look(route, boards, -1)):
            blocked = ~(allowed & (walk.gaps == 1)).any(axis=1)
            rooms.append(np.where(blocked, -1, walk.room))
            directions.append(self.follow(route, walk, boards, allowed))
        chosen = np.where(rooms[0] >= rooms[1], *directions)
        lost = np.flatnonzero(np.max(rooms, axis=0) < 0)
        if len(lost):
            chosen[lost] = self._without_room.choose(boards.only(lost), allowed[lost])
        return chosen

    def follow(self, route: Route, walk: Walk, boards: Boards, allowed: BoolArray) -> IntArray:  # noqa: ARG002
        """(N,) the direction of the next cell on the walk; a subclass may look at the rest, too."""
        return np.asarray((walk.gaps == 1).argmax(axis=1))


class ShortcutAgent(CycleAgent):
    """Follows a Hamiltonian cycle and leaves parts of it out on the way to food.

    A step to any cell up to the tail keeps the body in order, so it is as safe as the cycle itself. Of the ways to the
    next food that are made of such steps it takes the shortest. But what it leaves out ends up between the parts of its
    body, where food is a whole round away; so a snake that fills half of the board leaves nothing out any more. On
    10 x 10 it takes 15 steps per food and the cycle 25; without that limit it would be 24.
    """

    name = "shortcut"

    def follow(self, route: Route, walk: Walk, boards: Boards, allowed: BoolArray) -> IntArray:
        """(N,) the direction that leads to food soonest and keeps the body in order."""
        L = len(route.cells)
        to_tail, to_food = (
            np.where(there.any(axis=1), there.argmax(axis=1) + 1, L - 1)[:, None]
            for there in (walk.steps_until_free > 0, walk.food)
        )
        keeps_order = allowed & (walk.gaps > 0) & (walk.gaps <= np.minimum(to_tail, to_food))
        rest = np.maximum(to_food - walk.gaps, 0)
        # A way back from the food to a neighbour is as long as the way there, and leads forward if that is backward.
        place = walk.start[:, None] + (walk.gaps if walk.sign > 0 else -to_food)
        moves = np.where(keeps_order, route.moves[rest, place % L], FAR)
        # Of equally short ways, the one with the longest step comes first: its end is nearer to the food.
        best = np.lexsort((-walk.gaps, moves), axis=1)[:, 0]
        may_skip = (walk.room == L) & (2 * boards.length < L)
        return np.where(may_skip, best, super().follow(route, walk, boards, allowed))
