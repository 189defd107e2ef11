"""A short vector for small networks: features of each action, then features of the game.

The layout is A blocks of `PER_ACTION`, one for each action, and then `OVERALL`: feature k of action a has the index
a * len(PER_ACTION) + k. All values lie between 0 and 1. A fatal action has danger = 1, and 0 for the other features.
The cell of the tail counts as free after the action, even if the snake eats and the tail stays for one more step.
"""

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env.engine.rules import BLOCKED, Rules
from snake_env.engine.state import State, read_only
from snake_env.observations import flood

PER_ACTION = (
    "danger",  # the action is fatal
    "eats",  # it leads to food
    "food_distance",  # d / (d + H + W) for d steps from there to the nearest food by free cells; 1 if there is no path
    "food_reachable",  # there is a path
    "nearest",  # no other action has a shorter path to food
    "area",  # number of free cells connected to there, as a share of the cells without obstacles
    "largest",  # no other action has a larger area
    "holds_body",  # the area has at least as many cells as the snake
    "tail_distance",  # d / (d + H + W) for d steps from there to the tail; 1 if there is no path
    "tail_reachable",  # there is a path
    "straight",  # it keeps the heading
    "open_sides",  # number of free neighbours of the cell, divided by 4
    "splits",  # number of parts that the cell divides its surroundings into, minus one, divided by 3
)
OVERALL = (
    "length",  # of the snake, as a share of the cells without obstacles
    "hunger",  # steps since the last food, as a share of the hunger limit
)


class Features:
    """(A * len(PER_ACTION) + len(OVERALL),) float32 between 0 and 1; `names` holds the name of each value."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._flood = flood.Flood(rules.height, rules.width, wrap=rules.walls == "wrap")
        # By row of `next_pose`: the cell that each action leads to; 0 where the action is blocked, which is masked.
        self._cell = np.where(rules.next_pose == BLOCKED, 0, rules.next_pose >> 2).T.copy()  # (A, 8 * cells)
        heading = np.where(rules.next_pose == BLOCKED, -1, rules.next_pose & 3)
        self._straight = (heading == np.arange(8 * rules.cells)[:, None] % 4).T.copy()  # (A, 8 * cells)
        self._blocked = (rules.next_pose == BLOCKED).T.copy()
        # d / (d + H + W) by distance d, then 1 if there is no path, and 0 for a fatal action.
        distance = np.arange(rules.cells)
        squashed = distance / (distance + rules.height + rules.width)
        self._squashed = np.concatenate((squashed, (1.0, 0.0))).astype(np.float32)
        self.names = [f"{action}.{name}" for action in rules.action_names for name in PER_ACTION] + list(OVERALL)
        self.space = Box(0, 1, (len(self.names),), np.float32)

    def __call__(self, state: State) -> NDArray[np.float32]:
        """(N, A * len(PER_ACTION) + len(OVERALL))."""
        rules = self._rules
        N, cells, A = len(state.body), rules.cells, len(rules.action_names)
        no_path = self._flood.unreachable  # as a distance; no_path + 1 is that of a fatal action
        games = np.arange(N)
        length = state.length
        row = rules.pose_row(4 * state.head + state.heading, length)
        cell = self._cell.take(row, axis=1)  # (A, N)
        # The cell with 1, the tail, is free after the step, and the cell with 2 is the tail then.
        free_cells = (state.body <= 1) & ~state.obstacles
        safe = free_cells.reshape(-1).take(games * cells + cell) & ~self._blocked.take(row, axis=1)
        free = self._flood.pack(free_cells)
        food = self._flood.mark(free, *state.food.T)
        tail_cell = state.head.copy()
        second = (state.body == 2).reshape(-1).nonzero()[0]  # of every snake longer than one cell
        second_game = second // cells
        tail_cell[second_game] = second - second_game * cells

        chosen = safe.reshape(-1).nonzero()[0]  # safe actions, as indices into (A, N)
        game, target = chosen % N, cell.take(chosen)
        # With one piece of food, the fill from the food gives the area of all targets from which it can be reached. The
        # areas of the other targets are filled separately.
        complete = int(rules.food == 1)
        steps, reached = self._flood.fill(free, [food, self._flood.mark(free, tail_cell)], complete, game, target)
        distances = np.full((2, A * N), no_path + 1)
        distances[0, chosen], distances[1, chosen] = steps
        to_food, to_tail = distances.reshape(2, A, N)
        food_reachable = to_food < no_path

        area = np.zeros((A, N), dtype=np.int64)
        if complete:
            area += food_reachable * flood.count(reached)[:N]
        separate = (safe & (area == 0)).reshape(-1).nonzero()[0]
        if len(separate):
            separate_games, none = separate % N, np.empty(0, dtype=np.int64)
            boards = flood.select(free, separate_games)
            _, reached = self._flood.fill(boards, [self._flood.mark(boards, cell.take(separate))], 1, none, none)
            area.reshape(-1)[separate] = flood.count(reached)[: len(separate_games)]
        pattern = np.zeros((A, N), dtype=np.uint16)
        pattern.reshape(-1)[chosen] = self._flood.neighbourhood(free, game, target)

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
        by_action[9] = to_tail < no_path
        by_action[10] = safe & self._straight.take(row, axis=1)
        by_action[11] = _SIDES.take(pattern)
        by_action[12] = _SPLITS.take(pattern)
        values[:, -2] = length / len(rules.open_cells)
        values[:, -1] = np.minimum(state.hunger / rules.steps_to_starve, 1)
        return values


def _pattern_tables() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Tables for the 512 patterns of 3 x 3 cells (see `Flood.neighbourhood`).

    The first has the share of the four sides that are free. The second has the number of parts, which are runs of free
    cells in the ring around the middle that contain a side, minus one, divided by 3.
    """
    # The ring goes clockwise from the cell above.
    ring = np.arange(512)[:, None] >> np.array([1, 2, 5, 8, 7, 6, 3, 0]) & 1
    # A run ends at a free cell whose next cell is not free. A run that is a single corner contains no side.
    ends = (ring & ~np.roll(ring, -1, axis=1) & 1).sum(axis=1)
    lone_corners = (ring & ~np.roll(ring, 1, axis=1) & ~np.roll(ring, -1, axis=1) & 1)[:, 1::2].sum(axis=1)
    parts = np.where(ring.all(axis=1), 1, ends - lone_corners)
    sides, splits = ring[:, ::2].sum(axis=1) / 4, np.maximum(parts - 1, 0) / 3
    return read_only(sides.astype(np.float32)), read_only(splits.astype(np.float32))


_SIDES, _SPLITS = _pattern_tables()
