"""The board as planes, one for each kind of thing on it: the default observation."""

from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env.rules import Rules
from snake_env.state import BodyArray, IntArray, State

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
        self.space = Box(0, self._greatest, (4, rules.height, rules.width), rules.body_dtype)
        blank = np.zeros((4, rules.cells), dtype=rules.body_dtype)
        blank[OBSTACLES, rules.obstacle_map.reshape(-1)] = self._greatest
        self._blank = blank if rules.obstacle_map.any() else None

    def __call__(self, state: State) -> NDArray[Any]:
        """(N, 4, H, W)."""
        return self.draw(state.body, state.head, state.food)

    def draw(self, body: BodyArray, head: IntArray, all_food: IntArray) -> NDArray[Any]:
        """(N, 4, H, W) from the part of a state that it shows."""
        N, H, W = body.shape
        cells = H * W
        planes = np.zeros((N, 4, cells), dtype=body.dtype)
        if self._blank is not None:
            planes[:] = self._blank
        np.multiply(body.reshape(N, cells), self._unit, out=planes[:, BODY])
        flat = planes.reshape(-1)
        first = np.arange(HEAD, 4 * cells * N, 4 * cells)  # index of each game's first cell
        flat[first + head] = self._greatest
        for food in all_food.T:
            there = food >= 0
            if there.all():
                flat[first + (FOOD * cells + food)] = self._greatest
            else:
                flat[(first + (FOOD * cells + food))[there]] = self._greatest
        return planes.reshape(N, 4, H, W)
