"""A compact vector for small networks: for each action what it leads to, then what holds for all of them.

The layout is A blocks of `PER_ACTION`, one for each action, and then `OVERALL`: value k of action a has the index
a * len(PER_ACTION) + k. All values lie between 0 and 1. An action that kills has danger = 1 and 0 elsewhere.
The tail counts as leaving its cell with the move, also where the move eats and it stays for one step more.
"""

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env.engine.rules import BLOCKED, Rules
from snake_env.engine.state import State
from snake_env.observations import flood

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
        self._flood = flood.Flood(rules.height, rules.width, wrap=rules.walls == "wrap")
        # Where each action leads from each pose; a fatal one gets cell 0 and is masked.
        self._cell = np.where(rules.next_pose == BLOCKED, 0, rules.next_pose >> 2).T.copy()  # (A, 4 * cells)
        turned = np.where(rules.next_pose == BLOCKED, -1, rules.next_pose & 3)
        self._straight = (turned == np.arange(4 * rules.cells)[:, None] % 4).T.copy()  # (A, 4 * cells)
        self._blocked = (rules.next_pose == BLOCKED).T.copy()
        # d / (d + H + W) by distance d, then 1 where there is no way and 0 where the move kills.
        distance = np.arange(rules.cells)
        squashed = distance / (distance + rules.height + rules.width)
        self._squashed = np.concatenate((squashed, (1.0, 0.0))).astype(np.float32)
        self.names = [f"{action}.{name}" for action in rules.action_names for name in PER_ACTION] + list(OVERALL)
        self.space = Box(0, 1, (len(self.names),), np.float32)

    def __call__(self, state: State) -> NDArray[np.float32]:
        """(N, A * len(PER_ACTION) + len(OVERALL))."""
        rules = self._rules
        N, cells, A = len(state.body), rules.cells, len(rules.action_names)
        no_way = self._flood.unreachable  # a distance, and the next one is that of a fatal move
        games = np.arange(N)
        pose = 4 * state.head + state.heading
        length = state.length
        cell = self._cell.take(pose, axis=1)  # (A, N)
        # The tail, with 1, is free after a move, and then the cell with 2 is the tail.
        free_cells = (state.body <= 1) & ~state.obstacles
        safe = free_cells.reshape(-1).take(games * cells + cell) & ~self._blocked.take(pose, axis=1)
        free = self._flood.pack(free_cells)
        food = self._flood.mark(free, *state.food.T)
        tail_cell = state.head.copy()
        second = (state.body == 2).reshape(-1).nonzero()[0]  # of every snake longer than one cell
        second_game = second // cells
        tail_cell[second_game] = second - second_game * cells

        chosen = safe.reshape(-1).nonzero()[0]  # safe moves, as indices into (A, N)
        game, target = chosen % N, cell.take(chosen)
        # With one piece of food, what it reaches is one room; the rooms of cells outside it are filled on their own.
        rooms = int(rules.food == 1)
        moves, reached = self._flood.fill(free, [food, self._flood.mark(free, tail_cell)], rooms, game, target)
        distances = np.full((2, A * N), no_way + 1)
        distances[0, chosen], distances[1, chosen] = moves
        to_food, to_tail = distances.reshape(2, A, N)
        food_reachable = to_food < no_way

        area = np.zeros((A, N), dtype=np.int64)
        if rooms:
            area += food_reachable * flood.count(reached)[:N]
        alone = (safe & (area == 0)).reshape(-1).nonzero()[0]
        if len(alone):
            lone, none = alone % N, np.empty(0, dtype=np.int64)
            around = flood.select(free, lone)
            _, reached = self._flood.fill(around, [self._flood.mark(around, cell.take(alone))], 1, none, none)
            area.reshape(-1)[alone] = flood.count(reached)[: len(lone)]
        pattern = np.zeros((A, N), dtype=np.uint16)
        pattern.reshape(-1)[chosen] = self._flood.around(free, game, target)

        values = np.zeros((N, A * len(PER_ACTION) + len(OVERALL)), dtype=np.float32)
        by_action = values[:, : A * len(PER_ACTION)].reshape(N, A, len(PER_ACTION)).transpose(2, 1, 0)  # (K, A, N)
        by_action[0] = ~safe
        by_action[1] = safe & (cell == state.food.T[:, None]).any(axis=0)
        by_action[2] = self._squashed.take(to_food)
        by_action[3] = food_reachable
        by_action[4] = safe & (to_food == to_food.min(axis=0))
        by_action[5] = area / len(rules.open_cells)
        by_action[6] = safe & (area == area.max(axis=0))
        by_action[7] = safe & (area >= length)
        by_action[8] = self._squashed.take(to_tail)
        by_action[9] = to_tail < no_way
        by_action[10] = safe & self._straight.take(pose, axis=1)
        by_action[11] = _SIDES.take(pattern)
        by_action[12] = _SPLITS.take(pattern)
        values[:, -2] = length / len(rules.open_cells)
        values[:, -1] = np.minimum(state.hunger / rules.steps_to_starve, 1)
        return values


# For nine cells, three by three (see `Flood.around`): which share of the four sides of the middle is free, and how many
# runs of free cells around it contain a side, less one, of 3. The ring goes clockwise from above.
_RING = np.arange(512)[:, None] >> np.array([1, 2, 5, 8, 7, 6, 3, 0]) & 1
_SIDES = (_RING[:, ::2].sum(axis=1) / 4).astype(np.float32)
# A run ends at a free cell whose next is not free. Runs of a corner alone touch no side.
_ENDS = (_RING & ~np.roll(_RING, -1, axis=1) & 1).sum(axis=1)
_LONE_CORNERS = (_RING & ~np.roll(_RING, 1, axis=1) & ~np.roll(_RING, -1, axis=1) & 1)[:, 1::2].sum(axis=1)
_PARTS = np.where(_RING.all(axis=1), 1, _ENDS - _LONE_CORNERS)
_SPLITS = (np.maximum(_PARTS - 1, 0) / 3).astype(np.float32)
