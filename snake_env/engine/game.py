"""One game of Snake in plain Python: the place to read how the game works. `batch.Batch` plays N games in NumPy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from snake_env.engine.random_draws import GameRandomDraws
from snake_env.engine.rules import BLOCKED, FOOD_TRIES, Rules
from snake_env.engine.splitmix64 import below
from snake_env.engine.starts import CACHED_CELLS, RandomStarts, StraightStarts
from snake_env.engine.state import BODY, FOOD, HEAD, OBSTACLES, BodyArray, State
from snake_env.engine.state_check import check_state


class Game:
    """One game, kept as the planes of the observation "planes".

    The body plane holds for each cell the number of steps until the snake has left it, in units of `rules.body_unit`.
    Each step lowers the whole plane by one unit, so the tail vanishes by itself. A cell can be entered if it is free
    after the step.

    Attributes:
        planes: (4, H, W) head, body, food and obstacles. A step changes them in place: copy them to keep them.
        legal: an integer whose bit a is 1 if action a keeps the snake alive.
        length: number of cells of the snake.
        score: food eaten in this game.
        ate, died, won, starved: the events of the last step.
        over: whether the game has ended.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        cells, dtype = rules.cells, np.dtype(rules.body_dtype)
        self._bytes = bytearray(4 * cells * dtype.itemsize)
        self._bind_views()
        self._body_bytes = slice(BODY * cells * dtype.itemsize, (BODY + 1) * cells * dtype.itemsize)
        self._changing = slice(OBSTACLES * cells * dtype.itemsize)
        self._blank = bytes(OBSTACLES * cells * dtype.itemsize)
        self._mark = int(np.iinfo(rules.body_dtype).max)  # the value of a head, food or an obstacle in its plane
        self.planes[OBSTACLES] = rules.obstacle_map * self._mark
        self._unit = rules.body_unit
        one_step_less = bytes(max(0, value - self._unit) for value in range(256))
        self._one_step_less = one_step_less if dtype.itemsize == 1 else None  # the value of each byte after a step
        self._open_cells: list[int] = rules.open_cells.tolist()
        self._next_pose: list[list[int]] = rules.next_pose.tolist()
        self._first_row_without_neck = 4 * cells  # see `Rules.next_pose`
        # For each row, the actions that `next_pose` does not block: their bit in `legal` and the cell they lead to.
        self._targets = [
            [(1 << action, pose >> 2) for action, pose in enumerate(poses) if pose != BLOCKED]
            for poses in self._next_pose
        ]
        # A cache of straight starts: by number, the bytes that change in a game, pose, row, length and `legal`.
        self._cached_starts: dict[int, tuple[bytes, int, int, int, int]] = {}
        self._steps_to_starve = rules.steps_to_starve
        self._food_cells = [-1] * rules.food
        self._random_draws = GameRandomDraws(rules)
        self._pose = self._row = self._hunger = 0
        self.legal = self.length = self.score = 0
        self.ate = self.died = self.won = self.starved = False
        self.over = True

    def _bind_views(self) -> None:
        """Bind views of the bytes: a memoryview of each plane for single cells, and `planes` for observations.

        Python reads an item of a memoryview several times as fast as an item of an array.
        """
        rules, cells = self.rules, self.rules.cells
        numbers: memoryview[int] = memoryview(self._bytes).cast("B" if rules.body_dtype is np.uint8 else "H")
        self._head, self._body, self._food = (
            numbers[plane * cells : (plane + 1) * cells] for plane in (HEAD, BODY, FOOD)
        )
        board: BodyArray = np.frombuffer(self._bytes, rules.body_dtype)
        self.planes = board.reshape(4, rules.height, rules.width)

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without the views, which would lose their common buffer in a copy."""
        return {name: value for name, value in vars(self).items() if name not in ("_head", "_body", "_food", "planes")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the attributes and bind the views."""
        vars(self).update(state)
        self._bind_views()

    def start(self, stream: int | None = None, starts: StraightStarts | RandomStarts | None = None) -> None:
        """Start a new game.

        Args:
            stream: the state of a new random stream; None to continue with the present one.
            starts: other starts than those of the rules.
        """
        if stream is not None:
            self._random_draws.set(stream)
        number, food_cell = self._random_draws.draw()
        if starts is None or starts is self.rules.starts:
            starts, cached = self.rules.starts, self._cached_starts.get(number)
        else:
            number, cached = below(self._random_draws.last()[0], starts.count), None
        if cached is None:
            self._place_snake(*starts.pick(number))
            has_room = len(self._cached_starts) * len(self._blank) < CACHED_CELLS
            if isinstance(starts, StraightStarts) and starts is self.rules.starts and has_room:
                changing = bytes(self._bytes[self._changing])
                self._cached_starts[number] = changing, self._pose, self._row, self.length, self.legal
        else:
            self._bytes[self._changing], self._pose, self._row, self.length, self.legal = cached
        self.score = self._hunger = 0
        self.ate = self.died = self.won = self.starved = self.over = False
        self._food_cells = food = [-1] * len(self._food_cells)
        self._add_food(0, food_cell)
        if len(food) > 1:
            for slot in range(1, len(food)):
                self._add_food(slot, self._random_draws.draw()[1])

    def step(self, action: int) -> None:
        """Move the snake by one action; a fatal action leaves the board unchanged.

        Args:
            action: 0, ..., A - 1. The caller has checked it, and that the game is not over.
        """
        self._hunger += 1
        if not self.legal >> action & 1:
            self.ate, self.died, self.over = False, True, True
            return
        head = self._head
        head[self._pose >> 2] = 0
        self._pose = pose = self._next_pose[self._row][action]
        cell = pose >> 2
        head[cell] = self._mark
        if cell in self._food_cells:
            self._eat(cell)
        else:
            self.ate = False
            # Every cell of the body is one step closer to being free.
            if self._one_step_less:
                board, body = self._bytes, self._body_bytes
                board[body] = board[body].translate(self._one_step_less)
            else:
                plane = self.planes[BODY]
                plane -= np.minimum(plane, self._unit)
            self._body[cell] = self.length * self._unit
            if self._hunger >= self._steps_to_starve:
                self.starved = self.over = True
        self._find_legal()

    def state(self) -> State:
        """The game as arrays for N = 1, copied."""
        rules = self.rules
        return State(
            body=self.planes[None, BODY] // self._unit,
            head=np.array([self._pose >> 2]),
            heading=np.array([self._pose & 3]),
            food=np.array([self._food_cells]),
            obstacles=rules.obstacle_map.copy(),
            hunger=np.array([self._hunger]),
            score=np.array([self.score]),
            over=np.array([self.over]),
            stream=np.array([self._random_draws.state], dtype=np.uint64),
        )

    def set_state(self, state: State | Mapping[str, Any]) -> None:
        """Continue from a state with N = 1.

        Raises:
            ValueError: the state is not that of one game under these rules.
        """
        state = check_state(state, self.rules, 1)
        order = np.argsort(state.body.reshape(-1), kind="stable")[-int(state.length[0]) :]
        self._place_snake(order.tolist(), int(4 * state.head[0] + state.heading[0]))
        self._food_cells = state.food[0].tolist()
        for cell in self._food_cells:
            if cell >= 0:
                self._food[cell] = self._mark
        self.score, self._hunger = int(state.score[0]), int(state.hunger[0])
        self._random_draws.set(int(state.stream[0]))
        self.ate = self.died = self.starved = False
        self.over = bool(state.over[0])
        self.won = self.over and bool(state.full[0])

    def _place_snake(self, body: Sequence[int], pose: int) -> None:
        """Put a snake on an empty board."""
        self._bytes[self._changing] = self._blank
        for steps, cell in enumerate(body, start=1):
            self._body[cell] = steps * self._unit
        self._pose, self.length = pose, len(body)
        self._head[pose >> 2] = self._mark
        self._find_legal()

    def _eat(self, cell: int) -> None:
        """Grow by one cell and replace the food; the tail stays where it is."""
        self.ate = True
        self.length += 1
        self.score += 1
        self._hunger = 0
        self.won = self.over = self.length == len(self._open_cells)
        self._body[cell] = self.length * self._unit
        self._food[cell] = 0
        self._add_food(self._food_cells.index(cell), self._random_draws.draw()[1])

    def _add_food(self, slot: int, cell: int) -> None:
        """Put food on a free cell, chosen uniformly: try random cells, first `cell`, then choose among all free cells.

        Where no cell is free, the slot holds -1.
        """
        food, tries = self._food_cells, 1
        while self._body[cell] or cell in food:
            _, cell = self._random_draws.draw()
            if tries == FOOD_TRIES:
                free = [cell for cell in self._open_cells if not self._body[cell] and cell not in food]
                if not free:
                    food[slot] = -1
                    return
                cell = free[below(self._random_draws.last()[1], len(free))]
            tries += 1
        food[slot] = cell
        self._food[cell] = self._mark

    def _find_legal(self) -> None:
        """Find which actions keep the snake alive. The cell of the tail is free when the head arrives."""
        body, unit, legal = self._body, self._unit, 0
        self._row = self._pose if self.length > 1 else self._pose + self._first_row_without_neck
        for bit, cell in self._targets[self._row]:
            if body[cell] <= unit:
                legal |= bit
        self.legal = legal
