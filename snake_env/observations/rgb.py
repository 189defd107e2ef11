"""The rendered board, for agents that learn from pixels."""

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import State
from snake_env.rendering.renderer import draw_boards
from snake_env.rendering.tiles import LARGEST_TILE, SMALLEST_TILE


class Rgb:
    """(H * tile, W * tile, 3) uint8, the board without its walls and without the score.

    Args:
        rules: of the games.
        tile: side of a cell in pixels, 4 to 128.
    """

    def __init__(self, rules: Rules, tile: int = 8) -> None:
        if not isinstance(tile, int | np.integer) or not SMALLEST_TILE <= tile <= LARGEST_TILE:
            raise ValueError(
                f"observation 'rgb' has tile={tile!r}; "
                f"choose {SMALLEST_TILE} to {LARGEST_TILE} pixels for the side of a cell"
            )
        self._tile = int(tile)
        self.space = Box(0, 255, (rules.height * self._tile, rules.width * self._tile, 3), np.uint8)

    def __call__(self, state: State) -> NDArray[np.uint8]:
        """(N, H * tile, W * tile, 3)."""
        return draw_boards(state, self._tile)
