"""Observations by name.

They have names, because `gymnasium.make_vec` applies no wrappers to native vector environments, and because the
arguments of an environment must be JSON.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, Protocol

from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import State
from snake_env.observations.ego import Ego
from snake_env.observations.features import Features
from snake_env.observations.planes import Planes
from snake_env.observations.rgb import Rgb


class ObservationFunction(Protocol):
    """A function from states to observations, for games under the same rules."""

    @property
    def space(self) -> Box:
        """The observation space of one game."""
        ...

    def __call__(self, state: State) -> NDArray[Any]:
        """(N, *space.shape) of the space's dtype, a new array that shares no memory with the state."""
        ...


OBSERVATIONS: dict[str, Callable[..., ObservationFunction]] = {
    "planes": Planes,
    "ego": Ego,
    "features": Features,
    "rgb": Rgb,
}


def build_observation(observation: str | Mapping[str, Any], rules: Rules) -> ObservationFunction:
    """Build an observation from its name, or from {"name": ..., and its options}.

    Raises:
        ValueError: an unknown name or option, or an invalid value.
    """
    options: dict[str, Any] = dict(observation) if isinstance(observation, Mapping) else {"name": observation}
    name = options.pop("name", None)
    if not isinstance(name, str) or name not in OBSERVATIONS:
        raise ValueError(f"observation is {observation!r}; choose one of {', '.join(map(repr, OBSERVATIONS))}")
    known = list(signature(OBSERVATIONS[name]).parameters)[1:]
    for key, value in options.items():
        if key not in known:
            raise ValueError(f"observation {name!r} has {key}={value!r}; it takes {', '.join(known) or 'no options'}")
    return OBSERVATIONS[name](rules, **options)
