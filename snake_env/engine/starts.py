"""Start positions: a straight snake anywhere on the board, or a random legal body, to practise with long snakes.

From every start at least one action keeps the snake alive. A body is listed from tail to head.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.splitmix64 import below, draw
from snake_env.engine.state import BodyArray, IntArray, as_items, read_only

SEARCHES, STEPS_PER_CELL = 20, 60  # limits of the search for the longest body, after which it counts as impossible
CACHED_CELLS = 1 << 20  # the boards of all straight starts are kept in memory up to this number of cells in total


@dataclass(frozen=True)
class StraightStarts:
    """All places for a straight snake of one length, with equal probability.

    Attributes:
        bodies: (L, S) cells of S starts from tail to head.
        poses: (S,) 4 * head + heading.
        steps_until_free: (cells + 1,) see `Rules.steps_until_free`.
    """

    bodies: IntArray
    poses: IntArray
    steps_until_free: BodyArray

    @classmethod
    def find(cls, neighbours: IntArray, open_cells: IntArray, length: int, steps_until_free: BodyArray) -> Self | None:
        """All straight starts on the board that `neighbours` describes, or None if there are none."""
        bodies, poses = [], []
        for tail in open_cells.tolist():
            for heading in range(4):
                body = [tail]
                while len(body) < length and body[-1] >= 0:
                    body.append(int(neighbours[body[-1], heading]))
                if body[-1] >= 0 and len(set(body)) == length and _can_move(neighbours, body, heading):
                    bodies.append(body)
                    poses.append(4 * body[-1] + heading)
        if not bodies:
            return None
        return cls(read_only(np.array(bodies).T), read_only(np.array(poses)), steps_until_free)

    @cached_property
    def count(self) -> int:
        """The number of starts."""
        return len(self.poses)

    @cached_property
    def longest(self) -> int:
        """The length of the snakes."""
        return len(self.bodies)

    @property
    def shortest(self) -> int:
        """The length of the snakes."""
        return len(self.bodies)

    @cached_property
    def _starts(self) -> tuple[tuple[tuple[int, ...], int], ...]:
        return tuple(zip(map(tuple, self.bodies.T.tolist()), self.poses.tolist(), strict=True))

    def pick(self, number: int) -> tuple[Sequence[int], int]:
        """The body and the pose of a start."""
        return self._starts[number]

    def place(self, numbers: IntArray) -> tuple[NDArray[np.void], int, IntArray]:
        """The starts with these numbers, (K,): boards (K,) with the snakes on them, their length, poses (K,)."""
        boards = self._draw(numbers) if self._boards is None else self._boards.take(numbers)
        return boards, self.longest, self.poses.take(numbers)

    @cached_property
    def _boards(self) -> NDArray[np.void] | None:
        small = self.count * len(self.steps_until_free) <= CACHED_CELLS
        return read_only(self._draw(np.arange(self.count))) if small else None

    def _draw(self, numbers: IntArray) -> NDArray[np.void]:
        boards = np.zeros((len(numbers), len(self.steps_until_free) - 1), dtype=self.steps_until_free.dtype)
        steps = self.steps_until_free[1 : self.longest + 1, None]
        boards[np.arange(len(numbers)), self.bodies.take(numbers, axis=1)] = steps
        return as_items(boards)


class RandomStarts:
    """Random legal bodies with a length from a range.

    A path grows from a random cell by random moves. Where it is stuck it backbites: the head links to a body cell next
    to it, and the part between them becomes the new end, in reverse order. Backbiting keeps the length and reaches
    every shape (Mansfield 1982; Oberdorf et al., "Secondary structures in long compact polymers", Phys. Rev. E 74,
    2006).

    Attributes:
        count: the number of starts: one for each value of 32 random bits.
        shortest, longest: the least and the greatest length.

    Raises:
        ValueError: no snake of the greatest length was found on this board.
    """

    count = 1 << 32

    def __init__(
        self, neighbours: IntArray, open_cells: IntArray, shortest: int, longest: int, steps_until_free: BodyArray
    ) -> None:
        self._neighbours = neighbours
        self._adjacent = [[cell for cell in row if cell >= 0] for row in neighbours.tolist()]
        self._open_cells: list[int] = open_cells.tolist()
        self.shortest, self.longest = shortest, longest
        self._steps_until_free = steps_until_free
        for stream in range(SEARCHES):
            self._known = self._grow(stream, longest)
            if self._known:
                return
        raise ValueError(
            f"found no room for a snake of length {longest} on a board with {len(open_cells)} free cells; "
            "choose a smaller initial_length, fewer obstacles or a larger board"
        )

    def pick(self, number: int) -> tuple[list[int], int]:
        """The body and the pose of a start."""
        stream, length_bits, heading_bits = draw(number)
        length = self.shortest + below(length_bits, self.longest - self.shortest + 1)
        # The search can fail on a board full of obstacles; the front of a body known to fit is a legal body too.
        body = self._grow(stream, length) or self._known[-length:]
        around = self._neighbours[body[-1]].tolist()
        if len(body) > 1:
            heading = (around.index(body[-2]) + 2) % 4
        else:  # a single cell looks towards a free neighbour
            headings = [heading for heading in range(4) if around[heading] >= 0]
            heading = headings[below(heading_bits, len(headings))]
        return body, 4 * body[-1] + heading

    def place(self, numbers: IntArray) -> tuple[NDArray[np.void], IntArray, IntArray]:
        """The starts with these numbers, (K,): boards (K,) with the snakes on them, lengths and poses (K,)."""
        steps = self._steps_until_free
        boards = np.zeros((len(numbers), len(steps) - 1), dtype=steps.dtype)
        lengths, poses = np.empty((2, len(numbers)), dtype=np.int64)
        for i, number in enumerate(numbers.tolist()):
            body, poses[i] = self.pick(number)
            lengths[i] = len(body)
            boards[i, body] = steps[1 : len(body) + 1]
        return as_items(boards), lengths, poses

    def _grow(self, stream: int, length: int) -> list[int]:
        """A body of this length, or an empty list if the search took too long."""
        stream, bits, _ = draw(stream)
        body = [self._open_cells[below(bits, len(self._open_cells))]]
        for _ in range(STEPS_PER_CELL * len(self._open_cells)):
            if len(body) == length and self._has_exit(body):
                return body
            stream, bits, turn = draw(stream)
            if turn & 1:
                body.reverse()
            adjacent = self._adjacent[body[-1]]
            free = [cell for cell in adjacent if cell not in body]
            if not free:
                bite = body.index(adjacent[below(bits, len(adjacent))])
                body[bite + 1 :] = body[:bite:-1]
            elif len(body) < length:
                body.append(free[below(bits, len(free))])
        return []

    def _has_exit(self, body: list[int]) -> bool:
        blocked = body[1:]
        return any(cell not in blocked for cell in self._adjacent[body[-1]] if len(body) != 2 or cell != body[0])


def _can_move(neighbours: IntArray, body: list[int], heading: int) -> bool:
    """Whether some action keeps the snake alive."""
    targets = [int(neighbours[body[-1], (heading + turn) % 4]) for turn in (-1, 0, 1)]
    return any(cell >= 0 and cell not in body[1:] for cell in targets)
