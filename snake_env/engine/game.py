"""One game of Snake in plain Python: the place to read what the game is. `batch.Batch` plays many by the same rules."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from snake_env.engine.random_draws import GameChance
from snake_env.engine.rules import BLOCKED, TRIES_FOR_FOOD, Rules
from snake_env.engine.splitmix64 import below
from snake_env.engine.starts import READY, RandomStarts, StraightStarts
from snake_env.engine.state import BodyArray, State
from snake_env.engine.state_check import check_state
from snake_env.observations.planes import BODY, FOOD, HEAD, OBSTACLES


class Game:
    """One game, drawn on the planes that players see.

    The body plane counts for each cell the moves until the snake has left it, in units of `rules.body_unit`: one move
    lowers the whole plane, so the tail vanishes by itself, and a cell can be entered if it is free after this move.

    Attributes:
        planes: (4, H, W) head, body, food and obstacles, the live board: copy it before the next step.
        legal: a bit for each action that does not kill at once.
        length: cells of the snake.
        score: food eaten in this game.
        ate, died, won, starved: what the last step did.
        over: whether the game has ended.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        cells, dtype = rules.cells, np.dtype(rules.body_dtype)
        self._bytes = bytearray(4 * cells * dtype.itemsize)
        self._open_views()
        self._body_bytes = slice(BODY * cells * dtype.itemsize, (BODY + 1) * cells * dtype.itemsize)
        self._changing = slice(OBSTACLES * cells * dtype.itemsize)
        self._blank = bytes(OBSTACLES * cells * dtype.itemsize)
        self._full = int(np.iinfo(rules.body_dtype).max)  # marks a head, food or an obstacle
        self.planes[OBSTACLES] = rules.obstacle_map * self._full
        self._unit = rules.body_unit
        one_move_less = bytes(max(0, value - self._unit) for value in range(256))
        self._one_move_less = one_move_less if dtype.itemsize == 1 else None  # what each byte becomes
        self._open_cells: list[int] = rules.open_cells.tolist()
        self._next_pose: list[list[int]] = rules.next_pose.tolist()
        # For each pose, the actions that hit no wall: their bit in `legal` and the cell they lead to.
        self._ways = [
            [(1 << action, pose >> 2) for action, pose in enumerate(poses) if pose != BLOCKED]
            for poses in self._next_pose
        ]
        # Straight starts, drawn once: for each number the changing part of the board, pose, length and `legal`.
        self._known_starts: dict[int, tuple[bytes, int, int, int]] = {}
        self._steps_to_starve = rules.steps_to_starve
        self._food_cells = [-1] * rules.food
        self._chance = GameChance(rules)
        self._pose = self._hunger = 0
        self.legal = self.length = self.score = 0
        self.ate = self.died = self.won = self.starved = False
        self.over = True

    def _open_views(self) -> None:
        """See one buffer three ways: bytes to change many cells, single cells as numbers, and an array for players.

        Python reads a memoryview several times as fast as an array.
        """
        rules, cells = self.rules, self.rules.cells
        numbers: memoryview[int] = memoryview(self._bytes).cast("B" if rules.body_dtype is np.uint8 else "H")
        self._head, self._body, self._food = (
            numbers[plane * cells : (plane + 1) * cells] for plane in (HEAD, BODY, FOOD)
        )
        board: BodyArray = np.frombuffer(self._bytes, rules.body_dtype)
        self.planes = board.reshape(4, rules.height, rules.width)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy needs: all but the views, which would not share their buffer any more."""
        return {name: value for name, value in vars(self).items() if name not in ("_head", "_body", "_food", "planes")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on as a copy."""
        vars(self).update(state)
        self._open_views()

    def start(self, stream: int | None = None, starts: StraightStarts | RandomStarts | None = None) -> None:
        """Start a new game, with a new random stream and from other starts than the rules' if they are given."""
        if stream is not None:
            self._chance.set(stream)
        number, food_cell = self._chance.draw()
        if starts is None or starts is self.rules.starts:
            starts, known = self.rules.starts, self._known_starts.get(number)
        else:
            number, known = below(self._chance.last()[0], starts.count), None
        if known is None:
            self._set_up(*starts.pick(number))
            room = len(self._known_starts) * len(self._blank) < READY
            if isinstance(starts, StraightStarts) and starts is self.rules.starts and room:
                self._known_starts[number] = (bytes(self._bytes[self._changing]), self._pose, self.length, self.legal)
        else:
            self._bytes[self._changing], self._pose, self.length, self.legal = known
        self.score = self._hunger = 0
        self.ate = self.died = self.won = self.starved = self.over = False
        self._food_cells = food = [-1] * len(self._food_cells)
        self._add_food(0, food_cell)
        if len(food) > 1:
            for slot in range(1, len(food)):
                self._add_food(slot, self._chance.draw()[1])

    def step(self, action: int) -> None:
        """Move the snake; a fatal move leaves the board as it was.

        Args:
            action: in 0, ..., A - 1, already checked; the game is not over.
        """
        self._hunger += 1
        if not self.legal >> action & 1:
            self.ate, self.died, self.over = False, True, True
            return
        head = self._head
        head[self._pose >> 2] = 0
        self._pose = pose = self._next_pose[self._pose][action]
        cell = pose >> 2
        head[cell] = self._full
        if cell in self._food_cells:
            self._eat(cell)
        else:
            self.ate = False
            # Every cell of the body comes one move closer to being free.
            if self._one_move_less:
                board, body = self._bytes, self._body_bytes
                board[body] = board[body].translate(self._one_move_less)
            else:
                plane = self.planes[BODY]
                plane -= np.minimum(plane, self._unit)
            self._body[cell] = self.length * self._unit
            if self._hunger >= self._steps_to_starve:
                self.starved = self.over = True
        self._look_ahead()

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
            stream=np.array([self._chance.state], dtype=np.uint64),
        )

    def set_state(self, state: State | Mapping[str, Any]) -> None:
        """Go on from this game: arrays for N = 1.

        Raises:
            ValueError: the state is not one of one game under these rules.
        """
        given = check_state(state, self.rules, 1)
        order = np.argsort(given.body.reshape(-1), kind="stable")[-int(given.length[0]) :]
        self._set_up(order.tolist(), int(4 * given.head[0] + given.heading[0]))
        self._food_cells = given.food[0].tolist()
        for cell in self._food_cells:
            if cell >= 0:
                self._food[cell] = self._full
        self.score, self._hunger = int(given.score[0]), int(given.hunger[0])
        self._chance.set(int(given.stream[0]))
        self.ate = self.died = self.starved = False
        self.over = bool(given.over[0])
        self.won = self.over and self.length == len(self._open_cells)

    def _set_up(self, body: list[int], pose: int) -> None:
        """Put a snake on an empty board."""
        self._bytes[self._changing] = self._blank
        for moves, cell in enumerate(body, start=1):
            self._body[cell] = moves * self._unit
        self._pose, self.length = pose, len(body)
        self._head[pose >> 2] = self._full
        self._look_ahead()

    def _eat(self, cell: int) -> None:
        """Grow by the cell of the food: the tail stays."""
        self.ate = True
        self.length += 1
        self.score += 1
        self._hunger = 0
        self.won = self.over = self.length == len(self._open_cells)
        self._body[cell] = self.length * self._unit
        self._food[cell] = 0
        self._add_food(self._food_cells.index(cell), self._chance.draw()[1])

    def _add_food(self, slot: int, cell: int) -> None:
        """Put food on a free cell, each as likely: try random cells, `cell` first, then pick among those that are free.

        Nothing is free on a full board.
        """
        food, tries = self._food_cells, 1
        while self._body[cell] or cell in food:
            _, cell = self._chance.draw()
            if tries == TRIES_FOR_FOOD:
                free = [cell for cell in self._open_cells if not self._body[cell] and cell not in food]
                if not free:
                    food[slot] = -1
                    return
                cell = free[below(self._chance.last()[1], len(free))]
            tries += 1
        food[slot] = cell
        self._food[cell] = self._full

    def _look_ahead(self) -> None:
        """Find which actions keep the snake alive: the tail is free by the time the head arrives."""
        body, unit, legal = self._body, self._unit, 0
        for action, cell in self._ways[self._pose]:
            if body[cell] <= unit:
                legal |= action
        self.legal = legal
