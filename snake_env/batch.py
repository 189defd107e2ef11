"""N games of Snake at once, in NumPy: the same rules and the same bytes as `game.Game`, millions of steps a second.

How a step stays cheap:
- `Rules.next_pose` makes turning, moving and hitting something one gather. Where each action would lead is looked up
  for all actions at once, for the action mask; a step only picks among what was found, and dying is picking an action
  that the mask forbids.
- No body is ever shifted. `_body` counts for each cell the moves until it is free, so a move is one subtraction over
  the whole batch and one write at each head: tails vanish by themselves.
- Single rows are touched only where something happened: a meal, a death, a new game. Starving and winning are tested
  only from the step on at which the first game can be due.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from snake_env.rules import TRIES_FOR_FOOD, Rules
from snake_env.snapshot import check_state
from snake_env.starts import RandomStarts, StraightStarts
from snake_env.state import BodyArray, BoolArray, IntArray, State, StreamArray
from snake_env.stream import below_many, draw_many


class Outcome(NamedTuple):
    """What the last step did to each game."""

    ate: BoolArray  # (N,) food
    died: BoolArray  # (N,) ran into a wall, an obstacle or itself
    won: BoolArray  # (N,) filled the board
    starved: BoolArray  # (N,) reached the hunger limit


class Batch:
    """N games under the same rules.

    Attributes:
        action_mask: (N, A) whether each action keeps the snake alive; changed in place by each step.
        length: (N,) cells of each snake.
        start_length: (N,) cells each snake had at the start of its game, so length - start_length is the score.
        over: (N,) games that have ended and start anew with the next step.
        streams: (N,) state of each game's random stream.
    """

    def __init__(self, rules: Rules, num_games: int) -> None:
        self.rules = rules
        N, A, cells = num_games, len(rules.action_names), rules.cells
        # One more cell behind the last game: the sentinel that blocked poses are clipped to. It never becomes free.
        self._cells = np.zeros(N * cells + 1, dtype=rules.body_dtype)
        self._cells[-1] = np.iinfo(rules.body_dtype).max
        self._body = self._cells[:-1].reshape(N, cells)
        self._aging = np.zeros((N, cells), dtype=bool)  # where the body gets one move closer to being free
        self._first_cell = np.arange(N) * cells  # (N,) where each game begins in _cells
        self._first_cells = np.repeat(self._first_cell, A).reshape(N, A)
        self._first_action = np.arange(N) * A  # (N,) where each game begins in _next_pose and action_mask
        self._next_pose = np.empty((N, A), dtype=np.int64)
        self._target = np.empty((N, A), dtype=np.int64)
        self._pose = np.zeros(N, dtype=np.int64)
        self._food = np.full((rules.food, N), -1, dtype=np.int64)
        self.streams = np.zeros(N, dtype=np.uint64)
        # The tests for starving and for a full board wait until a game can be due.
        self._clock = 0
        self._deadline = np.zeros(N, dtype=np.int64)  # the clock at which each game starves
        self._first_deadline = 0  # no game starves before
        self._longest = 0  # no snake is longer
        self.action_mask = np.zeros((N, A), dtype=bool)
        self.length = np.zeros(N, dtype=np.int64)
        self.start_length = np.zeros(N, dtype=np.int64)
        self.over = np.ones(N, dtype=bool)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy needs: all but the view of the bodies, which would not share their memory any more."""
        return {name: value for name, value in vars(self).items() if name != "_body"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on as a copy."""
        vars(self).update(state)
        self._body = self._cells[:-1].reshape(len(self.over), -1)

    def start(
        self,
        rows: IntArray,
        streams: StreamArray | None = None,
        starts: StraightStarts | RandomStarts | None = None,
    ) -> None:
        """Start new games in `rows`, with new random streams (K,) and from other starts than the rules' if given."""
        if streams is not None:
            self.streams[rows] = streams
        self.over[rows] = True
        self._renew(rows, np.zeros(self._food.shape, dtype=bool), starts or self.rules.starts)
        self.over[rows] = False
        self._look_ahead()

    def step(self, actions: IntArray) -> Outcome:
        """Move every game by one action; a game that was over starts anew instead.

        Args:
            actions: (N,) int64 in 0, ..., A - 1, already checked.
        """
        choice = self._first_action + actions
        moved = self.action_mask.take(choice)
        moved &= ~self.over
        died = moved == self.over  # neither moved nor waiting for a new game
        self._pose = np.where(moved, self._next_pose.take(choice), self._pose)
        head = self._pose >> 2
        eaten = self._food == head  # (F, N)
        eaten &= moved
        ate = eaten[0] if len(eaten) == 1 else eaten.any(axis=0)

        # The tail stays after a meal, and nothing moves in a game that ends with this step.
        self._aging[np.flatnonzero(ate | died)] = False
        self._body -= self._aging.view(np.uint8)
        self.length += ate
        self._cells[self._first_cell + head] = self.length.astype(self._cells.dtype)

        self._clock += 1
        starved = self._find_starved(ate, moved)
        won = self._find_won(ate)
        self._renew(np.flatnonzero(ate | self.over), eaten, self.rules.starts)
        self.over = died | won
        self.over |= starved
        self._look_ahead()
        return Outcome(ate, died, won, starved)

    def board(self) -> tuple[BodyArray, IntArray, IntArray]:
        """Body, head and food of the state, without the work of the rest."""
        body = self._body.reshape(-1, self.rules.height, self.rules.width)
        return body, self._pose >> 2, self._food.T

    def state(self) -> State:
        """The games as arrays that share memory with them: read them before the next step, or copy."""
        rules = self.rules
        body, head, food = self.board()
        return State(
            body=body,
            head=head,
            heading=self._pose & 3,
            food=food,
            obstacles=rules.obstacle_map,
            hunger=self._clock + rules.steps_to_starve - self._deadline,
            score=self.length - self.start_length,
            over=self.over,
            stream=self.streams,
        )

    def set_state(self, state: State | Mapping[str, Any]) -> None:
        """Go on from these N games.

        Raises:
            ValueError: the state is not one of N games under these rules.
        """
        given = check_state(state, self.rules, len(self.over))
        self._body[:] = given.body.reshape(self._body.shape)
        self._pose[:] = 4 * given.head + given.heading
        self._food[:], self.streams[:] = given.food.T, given.stream
        self._deadline[:] = self._clock + self.rules.steps_to_starve - given.hunger
        self._first_deadline, self._longest = 0, self.rules.cells
        self.over[:], self.length[:] = given.over, given.length
        self.start_length[:] = given.length - given.score
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Find what ages with the next move, where each action would lead, and which keep the snake alive."""
        np.not_equal(self._body, 0, out=self._aging)
        self.rules.next_pose.take(self._pose, axis=0, out=self._next_pose, mode="clip")
        np.right_shift(self._next_pose, 2, out=self._target)
        self._target += self._first_cells
        # The tail, with 1, is free by the time the head arrives.
        np.less_equal(self._cells.take(self._target, mode="clip"), 1, out=self.action_mask)

    def _find_starved(self, ate: BoolArray, moved: BoolArray) -> BoolArray:
        if self._clock < self._first_deadline:
            return np.zeros(len(ate), dtype=bool)
        starved = (self._deadline <= self._clock) & moved & ~ate
        self._first_deadline = int(self._deadline.min())
        return starved

    def _find_won(self, ate: BoolArray) -> BoolArray:
        room = len(self.rules.open_cells)
        self._longest += 1
        if self._longest < room:
            return np.zeros(len(ate), dtype=bool)
        self._longest = int(self.length.max())
        won: BoolArray = (self.length == room) & ate
        return won

    def _renew(self, rows: IntArray, eaten: BoolArray, starts: StraightStarts | RandomStarts) -> None:
        """Start those of the games `rows` that are over, and replace the food that the others ate: (F, N)."""
        bits, food_bits = draw_many(self.streams, rows)
        new = np.flatnonzero(self.over.take(rows))
        self._place(rows.take(new), starts.pick_many(bits.take(new)))
        self._deadline[rows] = self._clock + self.rules.steps_to_starve
        if len(eaten) == 1:
            self._add_food(0, rows, food_bits)
            return
        slots = np.argmax(eaten[:, rows], axis=0)  # a new game starts with slot 0
        for slot in range(len(eaten)):
            here = np.flatnonzero(slots == slot)
            self._add_food(slot, rows.take(here), food_bits.take(here))
        for slot in range(1, len(eaten)):
            self._add_food(slot, rows.take(new), draw_many(self.streams, rows.take(new))[1])

    def _place(self, rows: IntArray, snakes: tuple[IntArray, IntArray, IntArray]) -> None:
        """Put new snakes on empty boards."""
        bodies, moves, poses = snakes
        self._body[rows] = 0
        first_cell = self._first_cell.take(rows)
        for cells, left in zip(bodies, moves, strict=True):
            self._cells[first_cell + cells] = left
        self._pose[rows] = poses
        self.length[rows] = self.start_length[rows] = moves[-1]
        self._longest = max(self._longest, len(bodies))
        if len(self._food) > 1:
            self._food[:, rows] = -1

    def _add_food(self, slot: int, rows: IntArray, bits: StreamArray) -> None:
        """Put food on a free cell, each as likely: try random cells, then pick among those that are free."""
        open_cells, food = self.rules.open_cells, self._food[slot]
        for _ in range(TRIES_FOR_FOOD):
            cell = open_cells.take(below_many(bits, len(open_cells)))
            taken = self._cells.take(self._first_cell.take(rows) + cell) != 0
            if len(self._food) > 1:
                food[rows] = -1
                taken |= (self._food.take(rows, axis=1) == cell).any(axis=0)
            food[rows] = cell
            rows = rows.take(np.flatnonzero(taken))
            if not len(rows):
                return
            _, bits = draw_many(self.streams, rows)
        food[rows] = -1
        free = self._body.take(rows, axis=0).take(open_cells, axis=1) == 0  # (K, open cells)
        for other in self._food.take(rows, axis=1):
            free &= open_cells != other[:, None]
        rank = below_many(bits, free.sum(axis=1, dtype=np.uint64))
        cell = open_cells[np.argmax(np.cumsum(free, axis=1) > rank[:, None], axis=1)]
        food[rows] = np.where(free.any(axis=1), cell, -1)
