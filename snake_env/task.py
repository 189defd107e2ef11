"""The parts that both environments share: rules, observation, reward and action space, built from the arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.starts import RandomStarts, StraightStarts
from snake_env.engine.state import State
from snake_env.observations.registry import build_observation
from snake_env.rendering.renderer import render_frame
from snake_env.rewards import DistanceReward, Shaping, build_reward

RESET_OPTIONS = ("initial_length", "reset_mask")
HINTS = {  # for arguments that belong to other environments or to other vectorization modes
    "max_episode_steps": "hunger_limit truncates games; for a limit of steps, use vectorization_mode='sync'",
    "autoreset_mode": "with vectorization_mode='sync' or 'async', use vector_kwargs={'autoreset_mode': ...}",
}


class RuleArguments(TypedDict, total=False):
    """The keyword arguments of `Rules`, as both environments take them; lists may replace tuples."""

    height: int
    width: int
    walls: str
    obstacles: str | float | Sequence[float] | None
    food: int
    initial_length: int | Sequence[int]
    hunger_limit: int | None
    actions: str


class Task:
    """The rules, observation function, reward and action space of an environment, built from its arguments.

    Attributes:
        rules: the rules of the games.
        observe: the observation function.
        reward: the reward.
        action_space: of one game.

    Raises:
        ValueError: an invalid argument.
        TypeError: an unknown argument.
    """

    def __init__(
        self,
        observation: str | Mapping[str, Any],
        reward: str | Mapping[str, Any],
        render_mode: str | None,
        render_modes: Sequence[str],
        rules: RuleArguments,
    ) -> None:
        if render_mode is not None and render_mode not in render_modes:
            raise ValueError(
                f"render_mode is {render_mode!r}; choose None or one of {', '.join(map(repr, render_modes))}"
            )
        unknown = sorted(set(rules) - set(RuleArguments.__annotations__))
        if unknown:
            known = ", ".join([*RuleArguments.__annotations__, "observation", "reward", "render_mode"])
            # The words of Python's own error: some libraries try an argument and search the error for them.
            raise TypeError(
                f"got an unexpected keyword argument {', '.join(map(repr, unknown))}; the environment takes {known}"
                + "".join(f"; {HINTS[name]}" for name in unknown if name in HINTS)
            )
        arguments: dict[str, Any] = dict(rules)
        self.rules = Rules(**arguments)
        self.observe = build_observation(observation, self.rules)
        self.reward = build_reward(reward)
        self.action_space = Discrete(len(self.rules.action_names))
        # A cache of the starts for the last initial_length that a reset changed.
        self._cached_starts: tuple[Any, StraightStarts | RandomStarts] = None, self.rules.starts

    def starts(self, options: Mapping[str, Any] | None) -> StraightStarts | RandomStarts:
        """Return the starts of the games of a reset with these options.

        Raises:
            ValueError: an unknown option, or an initial_length that does not fit on the board.
        """
        if not options:
            return self.rules.starts
        if not isinstance(options, Mapping):
            raise ValueError(f"options is {options!r}; give a dictionary, such as {{'initial_length': 5}}")
        unknown = sorted(set(options) - set(RESET_OPTIONS))
        if unknown:
            raise ValueError(
                f"reset has no option {', '.join(map(repr, unknown))}; it takes 'initial_length', "
                "and in a vector environment 'reset_mask'"
            )
        if "initial_length" not in options:
            return self.rules.starts
        key = repr(options["initial_length"])
        if key != self._cached_starts[0]:
            self._cached_starts = key, replace(self.rules, initial_length=options["initial_length"]).starts
        return self._cached_starts[1]

    def shaping(self, num_games: int) -> Shaping | None:
        """The shaping of the reward for N games, if it has one."""
        return Shaping(self.rules, self.reward, num_games) if isinstance(self.reward, DistanceReward) else None

    def frame(self, state: State, game: int = 0) -> NDArray[np.uint8]:
        """Render one game as an image (H', W', 3) uint8."""
        return render_frame(state, game, wrap=self.rules.walls == "wrap")
