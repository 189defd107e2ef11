"""A compact vector for small networks: for each action what it leads to, then what holds for all of them.

The layout is A blocks of `PER_ACTION`, one for each action, and then `OVERALL`: value k of action a has the index
a * len(PER_ACTION) + k. All values lie between 0 and 1. An action that kills has danger = 1 and 0 elsewhere.
The tail counts as leaving its cell with the move, also where the move eats and it stays for one step more.
"""

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env import flood
from snake_env.rules import BLOCKED, Rules
from snake_env.state import BoolArray, IntArray, State

PER_ACTION = (
    "danger",  # the move kills
    "eats",  # it reaches food
    "food_distance",  # moves from there to the nearest food by free cells, d / (d + H + W); 1 if there is no way
    "food_reachable",
    "nearest",  # no other action leads nearer to food
    "area",  # free cells that connect to there, as a share of the board
    "largest",  # no other action leads to more of them
    "holds_body",  # the area is at least as large as the snake is long
    "tail_distance",  # moves from there to the tail, d / (d + H + W); 1 if there is no way
    "tail_reachable",
    "straight",  # the heading stays
    "open_sides",  # free neighbours of the cell, of 4
    "splits",  # parts that the cell would cut its surroundings into, less one, of 3
)
OVERALL = (
    "length",  # share of the board that the snake fills
    "hunger",  # share of the hunger limit that has passed
)


class Features:
    """(A * len(PER_ACTION) + len(OVERALL),) float32 in 0, ..., 1, named by `names`."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._flood = flood.Flood(rules.width, wrap=rules.walls == "wrap")
        # Where each action leads from each pose; a fatal one gets cell 0 and is masked.
        self._cell = np.where(rules.next_pose == BLOCKED, 0, rules.next_pose >> 2).T.copy()  # (A, 4 * cells)
        turned = np.where(rules.next_pose == BLOCKED, -1, rules.next_pose & 3)
        self._straight = (turned == np.arange(4 * rules.cells)[:, None] % 4).T.copy()  # (A, 4 * cells)
        self._blocked = (rules.next_pose == BLOCKED).T.copy()
        self._ring = _ring(rules)  # (8, cells)
        # d / (d + H + W) by distance d, and 1 for all that is farther than any cell of a board.
        distance = np.arange(rules.cells)
        self._squashed = np.append(distance / (distance + rules.height + rules.width), 1.0)
        self.names = [f"{action}.{name}" for action in rules.action_names for name in PER_ACTION] + list(OVERALL)
        self.space = Box(0, 1, (len(self.names),), np.float32)

    def __call__(self, state: State) -> NDArray[np.float32]:
        """(N, A * len(PER_ACTION) + len(OVERALL))."""
        rules = self._rules
        N, H, W = state.body.shape
        A = len(rules.action_names)
        pose = 4 * state.head + state.heading
        length = state.length
        cell = self._cell.take(pose, axis=1)  # (A, N)
        # The tail, with 1, is free after a move, and then the cell with 2 is the tail.
        free_cells = (state.body <= 1) & ~state.obstacles
        first = np.arange(N) * H * W
        safe = free_cells.reshape(-1).take(first + cell) & ~self._blocked.take(pose, axis=1)
        free = flood.pack(free_cells)
        food = np.bitwise_or.reduce([flood.mark(free, slot, W) for slot in state.food.T])
        eats = safe & (cell == state.food.T[:, None]).any(axis=0)
        tail_cell = state.head.copy()
        second = (state.body == 2).reshape(-1).nonzero()[0]  # of every snake longer than one cell
        second_game = second // (H * W)
        tail_cell[second_game] = second - second_game * (H * W)

        chosen = safe.reshape(-1).nonzero()[0]  # safe moves, as indices into (A, N)
        game, target = np.tile(np.arange(N), A).take(chosen), cell.take(chosen)
        targets = (np.repeat((0, 1), len(game)), np.concatenate((game, game)), np.concatenate((target, target)))
        sources = [food, flood.mark(free, tail_cell, W)]
        moves, reached = self._flood.fill(free, sources, targets)
        distances = np.full((2, A * N), flood.UNREACHABLE)
        distances[:, chosen] = moves.reshape(2, -1)
        to_food, to_tail = distances.reshape(2, A, N)
        food_reachable = to_food < flood.UNREACHABLE

        # With one piece of food, what it reaches is one room; the rooms of cells outside it are filled on their own.
        area = np.zeros((A, N), dtype=np.int64)
        if rules.food == 1:
            area += food_reachable * flood.count(reached[0])[:N]
        action, lone = np.nonzero(safe & (area == 0))
        if len(lone):
            around = flood.select(free, lone)
            none = np.empty(0, dtype=np.int64)
            start = [flood.mark(around, cell[action, lone], W)]
            _, reached = self._flood.fill(around, start, (none, none, none))
            area[action, lone] = flood.count(reached[0])[: len(lone)]
        pattern = np.zeros(A * N, dtype=np.uint8)
        pattern[chosen] = self._surroundings(free_cells, game, target)
        sides, parts = _SIDES.take(pattern).reshape(A, N), _PARTS.take(pattern).reshape(A, N)

        values = np.zeros((N, A * len(PER_ACTION) + len(OVERALL)), dtype=np.float32)
        by_action = values[:, : A * len(PER_ACTION)].reshape(N, A, len(PER_ACTION)).transpose(2, 1, 0)  # (K, A, N)
        unsafe = ~safe
        by_action[0] = unsafe
        by_action[1] = eats
        by_action[2] = safe * self._squashed.take(to_food, mode="clip")
        by_action[3] = food_reachable
        by_action[4] = safe & (to_food == to_food.min(axis=0))
        by_action[5] = area / len(rules.open_cells)
        by_action[6] = safe & (area == area.max(axis=0))
        by_action[7] = safe & (area >= length)
        by_action[8] = safe * self._squashed.take(to_tail, mode="clip")
        by_action[9] = to_tail < flood.UNREACHABLE
        by_action[10] = safe & self._straight.take(pose, axis=1)
        by_action[11] = safe * sides / 4
        by_action[12] = safe * np.maximum(parts - 1, 0) / 3
        values[:, -2] = length / len(rules.open_cells)
        values[:, -1] = np.minimum(state.hunger / rules.steps_to_starve, 1)
        return values

    def _surroundings(self, free_cells: BoolArray, game: IntArray, cell: IntArray) -> NDArray[np.uint8]:
        """(K,) which of the 8 cells around each of K cells are free, a bit for each in the order of `_ring`."""
        N, cells = len(free_cells), self._rules.cells
        padded = np.zeros((N, cells + 1), dtype=bool)  # the last cell is what lies outside the board
        padded[:, :cells] = free_cells.reshape(N, cells)
        ring = self._ring.take(cell, axis=1)
        ring += game * (cells + 1)
        pattern: NDArray[np.uint8] = np.packbits(padded.take(ring), axis=0, bitorder="little")[0]
        return pattern


def _ring(rules: Rules) -> IntArray:
    """(8, cells) the cells around each cell, clockwise from above; `cells` for one outside the board."""
    row, col = np.divmod(np.arange(rules.cells)[:, None], rules.width)
    rows, cols = row + np.array([-1, -1, 0, 1, 1, 1, 0, -1]), col + np.array([0, 1, 1, 1, 0, -1, -1, -1])
    inside = (rows >= 0) & (rows < rules.height) & (cols >= 0) & (cols < rules.width)
    cells = rows % rules.height * rules.width + cols % rules.width
    return (cells if rules.walls == "wrap" else np.where(inside, cells, rules.cells)).T.copy()


# For each pattern of a ring (bit i: its cell i is free): free sides, and runs of free cells that contain a side.
_RING_BITS = np.arange(256)[:, None] >> np.arange(8) & 1
_SIDES = _RING_BITS[:, ::2].sum(axis=1)
# A run ends at a free cell whose next is not free. Runs of a corner alone touch no side.
_ENDS = (_RING_BITS & ~np.roll(_RING_BITS, -1, axis=1) & 1).sum(axis=1)
_LONE_CORNERS = (_RING_BITS & ~np.roll(_RING_BITS, 1, axis=1) & ~np.roll(_RING_BITS, -1, axis=1) & 1)[:, 1::2].sum(
    axis=1
)
_PARTS = np.where(np.arange(256) == 255, 1, _ENDS - _LONE_CORNERS)
