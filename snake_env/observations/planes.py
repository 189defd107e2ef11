"""The board as planes, one for each kind of thing on it: the default observation."""

from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import IntArray, State, as_items

HEAD, BODY, FOOD, OBSTACLES = range(4)


class Planes:
    """(4, H, W): head, body, food, obstacles.

    The dtype is uint8 up to 255 cells and uint16 above. Head, food and obstacles are the dtype's greatest number. The
    body is k * (greatest // (H * W)) for a cell that the snake leaves in k moves: its tail has k = 1, its head k =
    length. So dividing by the greatest number scales all planes to 0, ..., 1, and nothing is rounded.
    """

    def __init__(self, rules: Rules) -> None:
        self._greatest = int(np.iinfo(rules.body_dtype).max)
        self._unit = rules.body_unit
        self._offsets = np.empty((0, 0), dtype=np.int64)
        self.space = Box(0, self._greatest, (4, rules.height, rules.width), rules.body_dtype)
        blank = np.zeros((4, rules.cells), dtype=rules.body_dtype)
        blank[OBSTACLES, rules.obstacle_map.reshape(-1)] = self._greatest
        self._blank = blank.reshape(-1) if rules.obstacle_map.any() else None
        self._cells = rules.cells

    def __call__(self, state: State) -> NDArray[Any]:
        """(N, 4, H, W)."""
        N, cells = len(state.body), self._cells
        marks = np.concatenate((state.head[None], state.food.T)) + np.arange(N) * cells
        return self.draw(as_items((state.body * self._unit).reshape(N, cells)), marks)

    def draw(self, bodies: NDArray[np.void], marks: IntArray) -> NDArray[Any]:
        """(N, 4, H, W) from the plane of the bodies, and from where the rest is.

        Args:
            bodies: (N,) the plane of a game as one item.
            marks: (1 + F, N) the cells of heads and food, counted through the boards of all games.
        """
        N, cells = len(bodies), self._cells
        if self._offsets.shape != marks.shape:
            kinds = np.array([HEAD] + [FOOD] * (len(marks) - 1))
            self._offsets = cells * (kinds[:, None] + 3 * np.arange(N))  # a game is four boards long here
        planes = np.zeros((N, *self.space.shape), dtype=self.space.dtype)
        if self._blank is not None:
            planes.reshape(N, -1)[:] = self._blank
        planes.reshape(-1)[marks + self._offsets] = self._greatest
        # The body comes last: food that is nowhere, at -1, has fallen on the last cell before the plane of the food.
        planes.reshape(N, -1).view(bodies.dtype)[:, BODY] = bodies
        return planes
