"""The board as four planes: head, body, food and obstacles. The default observation."""

from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import BODY, FOOD, HEAD, OBSTACLES, IntArray, State, as_items


class Planes:
    """(4, H, W): head, body, food, obstacles.

    The dtype is uint8 up to 255 cells and uint16 above. A cell with a head, food or an obstacle holds the dtype's
    maximum in that plane. In the body plane, a cell that is free in k steps holds k * (maximum // (H * W)): k = 1 at
    the tail, k = length at the head. Dividing by the maximum scales all planes to 0, ..., 1, without rounding.
    """

    def __init__(self, rules: Rules) -> None:
        self._maximum = int(np.iinfo(rules.body_dtype).max)
        self._unit = rules.body_unit
        self._offsets = np.empty((0, 0), dtype=np.int64)
        self.space = Box(0, self._maximum, (4, rules.height, rules.width), rules.body_dtype)
        blank = np.zeros((4, rules.cells), dtype=rules.body_dtype)
        blank[OBSTACLES, rules.obstacle_map.reshape(-1)] = self._maximum
        self._blank = blank.reshape(-1) if rules.obstacle_map.any() else None
        self._cells = rules.cells

    def __call__(self, state: State) -> NDArray[Any]:
        """(N, 4, H, W)."""
        N, cells = len(state.body), self._cells
        marks = np.concatenate((state.head[None], state.food.T)) + np.arange(N) * cells
        return self.draw(as_items((state.body * self._unit).reshape(N, cells)), marks)

    def draw(self, bodies: NDArray[np.void], marks: IntArray) -> NDArray[Any]:
        """(N, 4, H, W) from the body planes and the cells of heads and food.

        Args:
            bodies: (N,) the body plane of each game as one item.
            marks: (1 + F, N) the cells of heads and food, numbered through the boards of all games.
        """
        N, cells = len(bodies), self._cells
        if self._offsets.shape != marks.shape:
            kinds = np.array([HEAD] + [FOOD] * (len(marks) - 1))
            self._offsets = cells * (kinds[:, None] + 3 * np.arange(N))  # each game has four planes here
        planes = np.zeros((N, *self.space.shape), dtype=self.space.dtype)
        if self._blank is not None:
            planes.reshape(N, -1)[:] = self._blank
        planes.reshape(-1)[marks + self._offsets] = self._maximum
        # The body is written last: missing food, with cell -1, has marked the last cell of the plane before the food.
        planes.reshape(N, -1).view(bodies.dtype)[:, BODY] = bodies
        return planes
