"""What players see, by name: each observation is a function from a state of N games to an array (N, ...).

By name, because `gymnasium.make_vec` takes no wrappers for native vector environments, and a specification must be
JSON. The larger ones have a file of their own.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, Protocol

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import State
from snake_env.observations.ego import Ego
from snake_env.observations.features import Features
from snake_env.observations.planes import Planes
from snake_env.rendering.renderer import draw_boards


class Encoder(Protocol):
    """An observation of one kind of game."""

    @property
    def space(self) -> Box:
        """Where the observation of one game lies."""
        ...

    def __call__(self, state: State) -> NDArray[Any]:
        """(N, *space.shape) of the space's dtype, a new array that shares nothing with the state."""
        ...


class Rgb:
    """The rendered board, for learners from pixels: (H * tile, W * tile, 3) uint8.

    Args:
        rules: of the games.
        tile: pixels for the side of a cell, 4 to 128.
    """

    def __init__(self, rules: Rules, tile: int = 8) -> None:
        if not isinstance(tile, int | np.integer) or not 4 <= tile <= 128:
            raise ValueError(f"observation 'rgb' has tile={tile!r}; choose 4 to 128 pixels for the side of a cell")
        self._tile = int(tile)
        self.space = Box(0, 255, (rules.height * self._tile, rules.width * self._tile, 3), np.uint8)

    def __call__(self, state: State) -> NDArray[np.uint8]:
        """(N, H * tile, W * tile, 3)."""
        return draw_boards(state, self._tile)


OBSERVATIONS: dict[str, Callable[..., Encoder]] = {
    "planes": Planes,
    "ego": Ego,
    "features": Features,
    "rgb": Rgb,
}


def build_observation(given: str | Mapping[str, Any], rules: Rules) -> Encoder:
    """An observation from its name, or from {"name": ..., and its options}.

    Raises:
        ValueError: an unknown name or option.
    """
    options: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {"name": given}
    name = options.pop("name", None)
    if not isinstance(name, str) or name not in OBSERVATIONS:
        raise ValueError(f"observation is {given!r}; name one of {', '.join(map(repr, OBSERVATIONS))}")
    known = list(signature(OBSERVATIONS[name]).parameters)[1:]
    for key, value in options.items():
        if key not in known:
            raise ValueError(f"observation {name!r} has {key}={value!r}; it takes {', '.join(known) or 'no options'}")
    return OBSERVATIONS[name](rules, **options)
