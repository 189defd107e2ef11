"""What each move leads into: the cells that a snake can still reach after it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env import flood
from snake_env.rules import BLOCKED, Rules
from snake_env.state import IntArray, State

TURNS = np.array([-1, 0, 1])  # to the left, straight on, to the right, as the snake looks


class Reach:
    """(N, 3, H, W) for the moves left, straight on and right: where the snake can get by free cells after the move.

    A plane is true on these cells, the one that the move leads to included, and false everywhere for a move that kills.
    The tail counts as leaving its cell with the move.
    """

    def __init__(self, rules: Rules) -> None:
        self._flood = flood.Flood(rules.width, wrap=rules.walls == "wrap")
        pose = np.arange(4 * rules.cells)
        actions = len(rules.action_names)
        # As actions of the environment: relative ones are these turns, absolute ones count from the heading.
        taken = TURNS[:, None] + 1 if actions == len(TURNS) else (pose + TURNS[:, None]) % actions
        next_pose = rules.next_pose[pose, taken]  # (3, 4 * cells)
        self._blocked = next_pose == BLOCKED
        self._cell = np.where(self._blocked, 0, next_pose >> 2)

    def __call__(self, state: State) -> NDArray[np.bool_]:
        """(N, 3, H, W)."""
        N, _, W = state.body.shape
        pose = 4 * state.head + state.heading
        cell = self._cell.take(pose, axis=1)  # (3, N)
        free_cells = (state.body <= 1) & ~state.obstacles
        safe = ~self._blocked.take(pose, axis=1) & free_cells.reshape(N, -1)[np.arange(N), cell]
        free = flood.pack(free_cells)
        sources = [flood.mark(free, cells, W) for cells in np.where(safe, cell, -1)]
        nothing: IntArray = np.empty(0, dtype=np.int64)
        _, regions = self._flood.fill(free, sources, (nothing, nothing, nothing))
        reached: NDArray[Any] = flood.unpack(regions, N, W).swapaxes(0, 1)
        return reached.view(np.bool_)
