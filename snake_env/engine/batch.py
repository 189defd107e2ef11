"""N games of Snake at once in NumPy: the same games as `game.Game`, bit for bit, at millions of steps a second.

Three things make a step fast:
- Turns, moves and collisions are one gather from `Rules.next_pose`. After each step it gives the target of every action
  and the action mask. The next step selects one of these targets; the snake dies if the mask forbids the action.
- No body is shifted. `_body` holds for each cell the number of steps until it is free, in units of `Rules.body_unit` as
  in the observation "planes". A step is one subtraction over all boards and one write at each head: the tails vanish by
  themselves.
- Single games are indexed only after an event: food eaten, a death, a new game. Random draws for them are read from
  tables (see `random_draws`). Starvation and full boards are tested only once a game can have reached either.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.random_draws import RandomDraws
from snake_env.engine.rules import FOOD_TRIES, Rules
from snake_env.engine.splitmix64 import below_many
from snake_env.engine.starts import RandomStarts, StraightStarts
from snake_env.engine.state import BoolArray, IntArray, State, StreamArray, as_items
from snake_env.engine.state_check import check_state


class Outcome(NamedTuple):
    """The events of a step."""

    died: BoolArray  # (N,) ran into a wall, an obstacle or itself
    won: BoolArray  # (N,) filled the board
    starved: BoolArray  # (N,) reached the hunger limit
    meals: IntArray  # (K,) indices of the games in which the snake ate
    deaths: IntArray  # (K,) indices of the games in which it died


class Batch:
    """N games under the same rules.

    Attributes:
        action_mask: (N, A) bool, whether each action keeps the snake alive; each step changes it in place.
        length: (N,) number of cells of each snake.
        start_length: (N,) length of each snake at the start of its game; length - start_length is the score.
        playing: (N,) whether each game is not over; the next step resets the others.
        random_draws: the random streams of the games.
    """

    def __init__(self, rules: Rules, num_games: int) -> None:
        self.rules = rules
        N, A, F, cells = num_games, len(rules.action_names), rules.food, rules.cells
        # The last element is a sentinel behind the last game: blocked poses are clipped to it, and it is never free.
        self._cells = np.zeros(N * cells + 1, dtype=rules.body_dtype)
        self._cells[-1] = np.iinfo(rules.body_dtype).max
        self._aging = np.zeros((N, cells), dtype=rules.body_dtype)  # what a step subtracts from each cell
        self._unit = rules.body_unit
        # The value of a tail's cell, as arrays: np.minimum with a scalar is slow.
        self._units = np.full((N, cells), self._unit, dtype=rules.body_dtype)
        self._tails = np.full((N, A), self._unit, dtype=rules.body_dtype)
        self._first_cell = np.arange(N) * cells  # (N,) index of each game's first cell in _cells
        self._first_cells = np.repeat(self._first_cell, A).reshape(N, A)
        self._first_action = np.arange(N) * A  # (N,) index of its first action in _next_pose and action_mask
        self._next_pose = np.empty((N, A), dtype=np.int64)
        self._target = np.empty((N, A), dtype=np.int64)
        self._pose = np.zeros(N, dtype=np.int64)
        # Indices of heads and food in _cells. Missing food has the index before its game's first cell.
        self._marks = np.tile(self._first_cell - 1, (1 + F, 1))
        self._bind_views()
        self.random_draws = RandomDraws(rules, N)
        # Bounds that let most steps skip the tests for starvation, for full boards and for snakes without a neck.
        self._clock = 0
        self._deadline = np.zeros(N, dtype=np.int64)  # the clock at which each game starves
        self._first_deadline = 0  # no game starves before this clock
        self._longest = 0  # no snake is longer than this
        self._shortest = rules.cells  # no snake is shorter than this
        self.action_mask = np.zeros((N, A), dtype=bool)
        self.length = np.zeros(N, dtype=np.int64)
        self.start_length = np.zeros(N, dtype=np.int64)
        self.playing = np.zeros(N, dtype=bool)
        self._ended = np.arange(N)  # indices of the games that are not playing

    def _bind_views(self) -> None:
        """Bind views that share the memory of `_cells`, `_aging` and `_marks`."""
        self._body = self._cells[:-1].reshape(self._aging.shape)
        self._bodies, self._agings = as_items(self._body), as_items(self._aging)
        self._empty = as_items(np.zeros_like(self._body[:1]))[0]
        self._head, self._food = self._marks[0], self._marks[1:]

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without the views, which would lose the shared memory in a copy."""
        views = ("_body", "_bodies", "_agings", "_head", "_food")
        return {name: value for name, value in vars(self).items() if name not in views}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the attributes and bind the views."""
        vars(self).update(state)
        self._bind_views()

    def start(
        self,
        rows: IntArray,
        streams: StreamArray | None = None,
        starts: StraightStarts | RandomStarts | None = None,
    ) -> None:
        """Start new games.

        Args:
            rows: (K,) indices of the games.
            streams: (K,) uint64 states of new random streams; None to continue with the present ones.
            starts: other starts than those of the rules.
        """
        if streams is not None:
            self.random_draws.set(rows, streams)
        drawn = self.random_draws.draw(rows)
        self._bodies[rows] = self._place_snakes(rows, drawn, starts or self.rules.starts)
        np.add(self._pose >> 2, self._first_cell, out=self._head)
        self._place_food(rows, drawn, rows)
        self.playing[rows] = True
        self._ended = (~self.playing).nonzero()[0]
        self._find_targets()

    def step(self, actions: IntArray) -> Outcome:
        """Move every snake by one action; a game that is over is reset instead.

        Args:
            actions: (N,) int64, 0, ..., A - 1. The caller has checked them.
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
        drawn = self.random_draws.draw(rows)
        bodies = self._place_snakes(new, drawn[: len(new)], self.rules.starts)
        np.add(self._pose >> 2, self._first_cell, out=self._head)

        # A fatal action leaves the board unchanged, and the tail stays where the snake has eaten.
        np.minimum(self._body, self._units, out=self._aging)
        self._agings[deaths] = self._agings[meals] = self._empty
        self._body -= self._aging
        self._bodies[new] = bodies
        self.length[meals] += 1
        self._cells[self._head] = self.rules.steps_until_free.take(self.length)

        self._clock += 1
        self._longest += 1
        if self._clock < self._first_deadline and self._longest < len(self.rules.open_cells):
            starved, won = np.zeros(len(died), dtype=bool), np.zeros(len(died), dtype=bool)
            self.playing, self._ended = ~died, deaths
        else:
            starved, won = self._find_starved(~(ate | died)), self._find_won(ate)
            self.playing = ~(died | starved | won)
            self._ended = (~self.playing).nonzero()[0]
        self._place_food(rows, drawn, new)
        self._find_targets()
        return Outcome(died, won, starved, meals, deaths)

    @property
    def full(self) -> BoolArray:
        """(N,) whether each snake covers every cell without an obstacle."""
        full: BoolArray = self.length == len(self.rules.open_cells)
        return full

    @property
    def won(self) -> BoolArray:
        """(N,) whether each game is over with a full board."""
        won: BoolArray = ~self.playing & self.full
        return won

    def board(self) -> tuple[NDArray[np.void], IntArray]:
        """Return the body planes as items (N,), and the cells of heads and food (1 + F, N); see `Planes.draw`."""
        return self._bodies, self._marks

    def state(self) -> State:
        """The games as arrays. Some share memory with the games: read them before the next step, or copy them."""
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
            stream=self.random_draws.states,
        )

    def set_state(self, state: State | Mapping[str, Any]) -> None:
        """Continue from a state of N games.

        Raises:
            ValueError: the state is not that of N games under these rules.
        """
        N = len(self.playing)
        state = check_state(state, self.rules, N)
        np.multiply(state.body.reshape(self._body.shape), self._unit, out=self._body)
        self._pose[:] = 4 * state.head + state.heading
        self._head[:], self._food[:] = state.head + self._first_cell, state.food.T + self._first_cell
        self.random_draws.set(np.arange(N), state.stream)
        self._deadline[:] = self._clock + self.rules.steps_to_starve - state.hunger
        self._first_deadline, self._longest, self._shortest = 0, self.rules.cells, 1
        self.playing[:], self.length[:] = ~state.over, state.length
        self._ended = state.over.nonzero()[0]
        self.start_length[:] = state.length - state.score
        self._find_targets()

    def _find_targets(self) -> None:
        """Find the target of each action of the next step, and which actions keep the snake alive."""
        row = self._pose if self._shortest > 1 else self.rules.pose_row(self._pose, self.length)
        self.rules.next_pose.take(row, axis=0, out=self._next_pose, mode="clip")
        np.right_shift(self._next_pose, 2, out=self._target)
        self._target += self._first_cells
        # The cell of the tail is free when the head arrives.
        np.less_equal(self._cells.take(self._target, mode="clip"), self._tails, out=self.action_mask)

    def _find_starved(self, can_starve: BoolArray) -> BoolArray:
        starved: BoolArray = (self._deadline <= self._clock) & self.playing & can_starve
        self._first_deadline = int(self._deadline.min())
        return starved

    def _find_won(self, ate: BoolArray) -> BoolArray:
        self._longest = int(self.length.max())
        won: BoolArray = self.full & ate
        return won

    def _place_snakes(self, rows: IntArray, drawn: IntArray, starts: StraightStarts | RandomStarts) -> NDArray[np.void]:
        """Set pose and length of new snakes in the games `rows`, from their random draws; return their boards."""
        if starts is self.rules.starts:
            numbers = self.random_draws.starts.take(drawn)
        else:
            numbers = below_many(self.random_draws.last(rows)[0], starts.count)
        bodies, lengths, self._pose[rows] = starts.place(numbers)
        self.length[rows] = self.start_length[rows] = lengths
        self._longest, self._shortest = max(self._longest, starts.longest), min(self._shortest, starts.shortest)
        return bodies

    def _place_food(self, rows: IntArray, drawn: IntArray, new: IntArray) -> None:
        """Put food on the boards of the games `rows`, from their random draws.

        The games `new` among them have no food yet; in the others, the snake has eaten the food under its head.
        """
        cells = self.random_draws.cells.take(drawn)
        self._deadline[rows] = self._clock + self.rules.steps_to_starve
        if len(self._food) == 1:
            self._add_food(0, rows, cells)
            return
        self._food[:, new] = self._first_cell.take(new) - 1
        slots = np.argmax(self._food[:, rows] == self._head[rows], axis=0)  # 0 for a new game
        for slot in range(len(self._food)):
            here = (slots == slot).nonzero()[0]
            self._add_food(slot, rows.take(here), cells.take(here))
        for slot in range(1, len(self._food)):
            self._add_food(slot, new, self.random_draws.cells.take(self.random_draws.draw(new)))

    def _add_food(self, slot: int, rows: IntArray, cell: IntArray) -> None:
        """Put food on a free cell, chosen uniformly: try random cells, first `cell`, then choose among all free cells.

        Where no cell is free, the slot holds the index before the game's first cell.
        """
        food, several = self._food[slot], len(self._food) > 1
        for _ in range(FOOD_TRIES):
            taken = self._cells.take(cell) != 0
            if several:
                food[rows] = self._first_cell.take(rows) - 1
                taken |= (self._food.take(rows, axis=1) == cell).any(axis=0)
            food[rows] = cell
            rows = rows.take(taken.nonzero()[0])
            if not len(rows):
                return
            cell = self.random_draws.cells.take(self.random_draws.draw(rows))
        open_cells, first_cell = self.rules.open_cells, self._first_cell.take(rows)
        food[rows] = first_cell - 1
        free = self._body.take(rows, axis=0).take(open_cells, axis=1) == 0  # (K, open cells)
        for other in self._food.take(rows, axis=1):
            free &= open_cells != (other - first_cell)[:, None]
        rank = below_many(self.random_draws.last(rows)[1], free.sum(axis=1, dtype=np.uint64))
        cell = first_cell + open_cells[np.argmax(np.cumsum(free, axis=1) > rank[:, None], axis=1)]
        food[rows] = np.where(free.any(axis=1), cell, first_cell - 1)
