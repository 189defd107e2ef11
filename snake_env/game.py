"""One game of Snake in plain Python: the place to read what the game is. `batch.Batch` plays many by the same rules."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from snake_env.planes import BODY, FOOD, HEAD, OBSTACLES
from snake_env.rules import BLOCKED, TRIES_FOR_FOOD, Rules
from snake_env.snapshot import check_state
from snake_env.starts import RandomStarts, StraightStarts
from snake_env.state import BodyArray, State
from snake_env.stream import below, draw


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
        self._one_move_less = bytes(max(0, value - self._unit) for value in range(256))
        self._open_cells: list[int] = rules.open_cells.tolist()
        self._next_pose: list[list[int]] = rules.next_pose.tolist()
        # For each pose, the actions that hit no wall: their bit in `legal` and the cell they lead to.
        self._ways = [
            [(1 << action, pose >> 2) for action, pose in enumerate(poses) if pose != BLOCKED]
            for poses in self._next_pose
        ]
        self._steps_to_starve = rules.steps_to_starve
        self._food_cells = [-1] * rules.food
        self._pose = self._hunger = self._stream = 0
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
            self._stream = stream
        self._stream, bits, food_bits = draw(self._stream)
        body, pose = (starts or self.rules.starts).pick(bits)
        self._set_up(pose, body, [-1] * self.rules.food)
        self.score = self._hunger = 0
        self.ate = self.died = self.won = self.starved = self.over = False
        self._add_food(0, food_bits)
        for slot in range(1, self.rules.food):
            self._stream, _, food_bits = draw(self._stream)
            self._add_food(slot, food_bits)
        self._look_ahead()

    def step(self, action: int) -> None:
        """Move the snake; a fatal move leaves the board as it was.

        Args:
            action: in 0, ..., A - 1, already checked; the game is not over.
        """
        self._hunger += 1
        if not self.legal >> action & 1:
            self.ate, self.died, self.over = False, True, True
            return
        self._head[self._pose >> 2] = 0
        self._pose = self._next_pose[self._pose][action]
        cell = self._pose >> 2
        self._head[cell] = self._full
        if cell in self._food_cells:
            self._eat(cell)
        else:
            self.ate = False
            self._age()
            self._body[cell] = self.length * self._unit
            self.starved = self.over = self._hunger >= self._steps_to_starve
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
            stream=np.array([self._stream], dtype=np.uint64),
        )

    def set_state(self, state: State | Mapping[str, Any]) -> None:
        """Go on from this game: arrays for N = 1.

        Raises:
            ValueError: the state is not one of one game under these rules.
        """
        given = check_state(state, self.rules, 1)
        order = np.argsort(given.body.reshape(-1), kind="stable")[-int(given.length[0]) :]
        self._set_up(int(4 * given.head[0] + given.heading[0]), order.tolist(), given.food[0].tolist())
        self.score, self._hunger, self._stream = int(given.score[0]), int(given.hunger[0]), int(given.stream[0])
        self.ate = self.died = self.won = self.starved = False
        self.over = bool(given.over[0])
        self._look_ahead()

    def _set_up(self, pose: int, body: list[int], food: list[int]) -> None:
        self._bytes[self._changing] = self._blank
        for moves, cell in enumerate(body, start=1):
            self._body[cell] = moves * self._unit
        self._pose, self.length = pose, len(body)
        self._head[pose >> 2] = self._full
        self._food_cells = food
        for cell in food:
            if cell >= 0:
                self._food[cell] = self._full

    def _eat(self, cell: int) -> None:
        """Grow by the cell of the food: the tail stays."""
        self.ate = True
        self.length += 1
        self.score += 1
        self._hunger = 0
        self.won = self.over = self.length == len(self._open_cells)
        self._body[cell] = self.length * self._unit
        self._food[cell] = 0
        self._stream, _, food_bits = draw(self._stream)
        self._add_food(self._food_cells.index(cell), food_bits)

    def _age(self) -> None:
        """Bring every cell of the body one move closer to being free."""
        if self.planes.itemsize == 1:
            self._bytes[self._body_bytes] = self._bytes[self._body_bytes].translate(self._one_move_less)
        else:
            body = self.planes[BODY]
            body -= np.minimum(body, self._unit)

    def _add_food(self, slot: int, bits: int) -> None:
        """Put food on a free cell, each as likely: try random cells, then pick among those that are free."""
        self._food_cells[slot] = -1
        for _ in range(TRIES_FOR_FOOD):
            cell = self._open_cells[below(bits, len(self._open_cells))]
            if not self._body[cell] and cell not in self._food_cells:
                break
            self._stream, _, bits = draw(self._stream)
        else:
            free = [cell for cell in self._open_cells if not self._body[cell] and cell not in self._food_cells]
            if not free:
                return
            cell = free[below(bits, len(free))]
        self._food_cells[slot] = cell
        self._food[cell] = self._full

    def _look_ahead(self) -> None:
        """Find which actions keep the snake alive: the tail is free by the time the head arrives."""
        body, unit, legal = self._body, self._unit, 0
        for action, cell in self._ways[self._pose]:
            if body[cell] <= unit:
                legal |= action
        self.legal = legal
