"""N games of Snake at once, in NumPy: the same rules and the same bytes as `game.Game`, millions of steps a second.

How a step stays cheap:
- `Rules.next_pose` makes turning, moving and hitting something one gather. Where each action would lead is looked up
  for all actions at once, for the action mask; a step only picks among what was found, and dying is picking an action
  that the mask forbids.
- No body is ever shifted. `_body` counts for each cell the moves until it is free, in units of `Rules.body_unit` as
  players see it, so a move is one subtraction over the whole batch and one write at each head: tails vanish by
  themselves.
- Single rows are touched only where something happened: a meal, a death, a new game. What chance has for them is worked
  out beforehand. Starving and winning are tested only from the step on at which the first game can be due.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.random_draws import Chance
from snake_env.engine.rules import TRIES_FOR_FOOD, Rules
from snake_env.engine.splitmix64 import below_many
from snake_env.engine.starts import RandomStarts, StraightStarts
from snake_env.engine.state import BoolArray, IntArray, State, StreamArray, as_items
from snake_env.engine.state_check import check_state


class Outcome(NamedTuple):
    """What the last step did."""

    died: BoolArray  # (N,) which ran into a wall, an obstacle or themselves
    won: BoolArray  # (N,) which filled the board
    starved: BoolArray  # (N,) which reached the hunger limit
    meals: IntArray  # (K,) the numbers of the games that ate
    deaths: IntArray  # (K,) the numbers of the games that died


class Batch:
    """N games under the same rules.

    Attributes:
        action_mask: (N, A) whether each action keeps the snake alive; changed in place by each step.
        length: (N,) cells of each snake.
        start_length: (N,) cells each snake had at the start of its game, so length - start_length is the score.
        playing: (N,) games that go on; the others have ended and start anew with the next step.
        chance: the random streams of the games.
    """

    def __init__(self, rules: Rules, num_games: int) -> None:
        self.rules = rules
        N, A, F, cells = num_games, len(rules.action_names), rules.food, rules.cells
        # One more cell behind the last game: the sentinel that blocked poses are clipped to. It never becomes free.
        self._cells = np.zeros(N * cells + 1, dtype=rules.body_dtype)
        self._cells[-1] = np.iinfo(rules.body_dtype).max
        self._aging = np.zeros((N, cells), dtype=rules.body_dtype)  # what a move takes from each cell
        self._unit = rules.body_unit
        # What a cell of the tail holds, for all cells and for all actions: np.minimum with one number is slow.
        self._units = np.full((N, cells), self._unit, dtype=rules.body_dtype)
        self._tails = np.full((N, A), self._unit, dtype=rules.body_dtype)
        self._first_cell = np.arange(N) * cells  # (N,) where each game begins in _cells
        self._first_cells = np.repeat(self._first_cell, A).reshape(N, A)
        self._first_action = np.arange(N) * A  # (N,) where each game begins in _next_pose and action_mask
        self._next_pose = np.empty((N, A), dtype=np.int64)
        self._target = np.empty((N, A), dtype=np.int64)
        self._pose = np.zeros(N, dtype=np.int64)
        # Where heads and food are, as indices into _cells. Food that is nowhere is one before its game's first cell.
        self._marks = np.tile(self._first_cell - 1, (1 + F, 1))
        self._open_views()
        self.chance = Chance(rules, N)
        # The tests for starving and for a full board wait until a game can be due.
        self._clock = 0
        self._deadline = np.zeros(N, dtype=np.int64)  # the clock at which each game starves
        self._first_deadline = 0  # no game starves before
        self._longest = 0  # no snake is longer
        self.action_mask = np.zeros((N, A), dtype=bool)
        self.length = np.zeros(N, dtype=np.int64)
        self.start_length = np.zeros(N, dtype=np.int64)
        self.playing = np.zeros(N, dtype=bool)
        self._ended = np.arange(N)  # the games that do not go on

    def _open_views(self) -> None:
        """See one memory in several ways."""
        self._body = self._cells[:-1].reshape(self._aging.shape)
        self._bodies, self._agings = as_items(self._body), as_items(self._aging)
        self._empty = as_items(np.zeros_like(self._body[:1]))[0]
        self._head, self._food = self._marks[0], self._marks[1:]

    def __getstate__(self) -> dict[str, Any]:
        """What a copy needs: all but the views, which would not share their memory any more."""
        views = ("_body", "_bodies", "_agings", "_head", "_food")
        return {name: value for name, value in vars(self).items() if name not in views}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on as a copy."""
        vars(self).update(state)
        self._open_views()

    def start(
        self,
        rows: IntArray,
        streams: StreamArray | None = None,
        starts: StraightStarts | RandomStarts | None = None,
    ) -> None:
        """Start new games in `rows`, with new random streams (K,) and from other starts than the rules' if given."""
        if streams is not None:
            self.chance.set(rows, streams)
        drawn = self.chance.draw(rows)
        self._bodies[rows] = self._begin(rows, drawn, starts or self.rules.starts)
        np.add(self._pose >> 2, self._first_cell, out=self._head)
        self._put_food(rows, drawn, rows)
        self.playing[rows] = True
        self._ended = (~self.playing).nonzero()[0]
        self._look_ahead()

    def step(self, actions: IntArray) -> Outcome:
        """Move every game by one action; a game that was over starts anew instead.

        Args:
            actions: (N,) int64 in 0, ..., A - 1, already checked.
        """
        choice = self._first_action + actions
        died = self.action_mask.take(choice) < self.playing
        deaths = died.nonzero()[0]
        pose = self._next_pose.take(choice)
        pose[deaths] = self._pose.take(deaths)
        self._pose = pose
        reached = self._target.take(choice)
        ate = self._food[0] == reached if len(self._food) == 1 else (self._food == reached).any(axis=0)
        ate &= self.playing
        meals = ate.nonzero()[0]
        new = self._ended
        rows = np.concatenate((new, meals))
        drawn = self.chance.draw(rows)
        bodies = self._begin(new, drawn[: len(new)], self.rules.starts)
        np.add(self._pose >> 2, self._first_cell, out=self._head)

        # A fatal move leaves the board as it was, and the tail stays after a meal.
        np.minimum(self._body, self._units, out=self._aging)
        self._agings[deaths] = self._agings[meals] = self._empty
        self._body -= self._aging
        self._bodies[new] = bodies
        self.length[meals] += 1
        self._cells[self._head] = self.rules.times.take(self.length)

        self._clock += 1
        self._longest += 1
        if self._clock < self._first_deadline and self._longest < len(self.rules.open_cells):
            starved, won = np.zeros(len(died), dtype=bool), np.zeros(len(died), dtype=bool)
            self.playing, self._ended = ~died, deaths
        else:
            starved, won = self._find_starved(ate | died), self._find_won(ate)
            self.playing = ~(died | starved | won)
            self._ended = (~self.playing).nonzero()[0]
        self._put_food(rows, drawn, new)
        self._look_ahead()
        return Outcome(died, won, starved, meals, deaths)

    def board(self) -> tuple[NDArray[np.void], IntArray]:
        """The plane of each body as one item (N,), and where heads and food are (1 + F, N); see `Planes.draw`."""
        return self._bodies, self._marks

    def state(self) -> State:
        """The games as arrays that share memory with them: read them before the next step, or copy."""
        rules = self.rules
        return State(
            body=self._body.reshape(-1, rules.height, rules.width) // self._unit,
            head=self._pose >> 2,
            heading=self._pose & 3,
            food=(self._food - self._first_cell).T,
            obstacles=rules.obstacle_map,
            hunger=self._clock + rules.steps_to_starve - self._deadline,
            score=self.length - self.start_length,
            over=~self.playing,
            stream=self.chance.states,
        )

    def set_state(self, state: State | Mapping[str, Any]) -> None:
        """Go on from these N games.

        Raises:
            ValueError: the state is not one of N games under these rules.
        """
        N = len(self.playing)
        given = check_state(state, self.rules, N)
        np.multiply(given.body.reshape(self._body.shape), self._unit, out=self._body)
        self._pose[:] = 4 * given.head + given.heading
        self._head[:], self._food[:] = given.head + self._first_cell, given.food.T + self._first_cell
        self.chance.set(np.arange(N), given.stream)
        self._deadline[:] = self._clock + self.rules.steps_to_starve - given.hunger
        self._first_deadline, self._longest = 0, self.rules.cells
        self.playing[:], self.length[:] = ~given.over, given.length
        self._ended = given.over.nonzero()[0]
        self.start_length[:] = given.length - given.score
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Find where each action would lead with the next move, and which keep the snake alive."""
        self.rules.next_pose.take(self._pose, axis=0, out=self._next_pose, mode="clip")
        np.right_shift(self._next_pose, 2, out=self._target)
        self._target += self._first_cells
        # The tail is free by the time the head arrives.
        np.less_equal(self._cells.take(self._target, mode="clip"), self._tails, out=self.action_mask)

    def _find_starved(self, spared: BoolArray) -> BoolArray:
        starved: BoolArray = (self._deadline <= self._clock) & self.playing & ~spared
        self._first_deadline = int(self._deadline.min())
        return starved

    def _find_won(self, ate: BoolArray) -> BoolArray:
        self._longest = int(self.length.max())
        won: BoolArray = (self.length == len(self.rules.open_cells)) & ate
        return won

    def _begin(self, rows: IntArray, drawn: IntArray, starts: StraightStarts | RandomStarts) -> NDArray[np.void]:
        """Give new snakes to the games `rows`, as they have `drawn`; what to put on their boards."""
        if starts is self.rules.starts:
            numbers = self.chance.starts.take(drawn)
        else:
            numbers = below_many(self.chance.last(rows)[0], starts.count)
        bodies, lengths, self._pose[rows] = starts.place(numbers)
        self.length[rows] = self.start_length[rows] = lengths
        self._longest = max(self._longest, starts.longest)
        return bodies

    def _put_food(self, rows: IntArray, drawn: IntArray, new: IntArray) -> None:
        """Put food on the boards of the games `rows`, as they have `drawn`.

        The games `new` among them have none yet; the others have eaten what lies under their heads.
        """
        cells = self.chance.cells.take(drawn)
        self._deadline[rows] = self._clock + self.rules.steps_to_starve
        if len(self._food) == 1:
            self._add_food(0, rows, cells)
            return
        self._food[:, new] = self._first_cell.take(new) - 1
        slots = np.argmax(self._food[:, rows] == self._head[rows], axis=0)  # a new game starts with slot 0
        for slot in range(len(self._food)):
            here = (slots == slot).nonzero()[0]
            self._add_food(slot, rows.take(here), cells.take(here))
        for slot in range(1, len(self._food)):
            self._add_food(slot, new, self.chance.cells.take(self.chance.draw(new)))

    def _add_food(self, slot: int, rows: IntArray, cell: IntArray) -> None:
        """Put food on a free cell, each as likely: try random cells, then pick among those that are free."""
        food, several = self._food[slot], len(self._food) > 1
        for _ in range(TRIES_FOR_FOOD):
            taken = self._cells.take(cell) != 0
            if several:
                food[rows] = self._first_cell.take(rows) - 1
                taken |= (self._food.take(rows, axis=1) == cell).any(axis=0)
            food[rows] = cell
            rows = rows.take(taken.nonzero()[0])
            if not len(rows):
                return
            cell = self.chance.cells.take(self.chance.draw(rows))
        open_cells, first_cell = self.rules.open_cells, self._first_cell.take(rows)
        food[rows] = first_cell - 1
        free = self._body.take(rows, axis=0).take(open_cells, axis=1) == 0  # (K, open cells)
        for other in self._food.take(rows, axis=1):
            free &= open_cells != (other - first_cell)[:, None]
        rank = below_many(self.chance.last(rows)[1], free.sum(axis=1, dtype=np.uint64))
        cell = first_cell + open_cells[np.argmax(np.cumsum(free, axis=1) > rank[:, None], axis=1)]
        food[rows] = np.where(free.any(axis=1), cell, first_cell - 1)
