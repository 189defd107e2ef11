"""What both environments are made from: the rules, what players see, what a step is worth, and how games are drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.starts import RandomStarts, StraightStarts
from snake_env.engine.state import State
from snake_env.observations.encoder import build_observation
from snake_env.rendering.renderer import render_frame
from snake_env.rewards import DistanceReward, Shaping, build_reward

RESET_OPTIONS = ("initial_length", "reset_mask")
HINTS = {  # for arguments that `gymnasium.make` and `make_vec` take, or seem to take
    "max_episode_steps": "hunger_limit ends games, and vectorization_mode='sync' knows a limit of steps",
    "autoreset_mode": "give vector_kwargs={'autoreset_mode': ...} if Gymnasium is to make a vector of single games",
}


class RuleArguments(TypedDict, total=False):
    """The keyword arguments of `Rules`, as both environments take them; lists may stand for tuples."""

    height: int
    width: int
    walls: str
    obstacles: str | float | Sequence[float] | None
    food: int
    initial_length: int | Sequence[int]
    hunger_limit: int | None
    actions: str


class Task:
    """One kind of Snake: rules, observation, reward and render mode, checked.

    Raises:
        ValueError: an argument outside what is allowed.
        TypeError: an argument that there is not.
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
            # Python's own words: some libraries try arguments, and look for them in the error.
            raise TypeError(
                f"got an unexpected keyword argument {', '.join(map(repr, unknown))}; the environment takes {known}"
                + "".join(f"; {HINTS[name]}" for name in unknown if name in HINTS)
            )
        arguments: dict[str, Any] = dict(rules)
        self.rules = Rules(**arguments)
        self.observe = build_observation(observation, self.rules)
        self.reward = build_reward(reward)
        self.action_space = Discrete(len(self.rules.action_names))
        self._other: tuple[Any, StraightStarts | RandomStarts] = None, self.rules.starts  # of the last initial_length

    def starts(self, options: Mapping[str, Any] | None) -> StraightStarts | RandomStarts:
        """Where the games of a reset with these options start.

        Raises:
            ValueError: an unknown option, or an initial_length that the board has no room for.
        """
        if not options:
            return self.rules.starts
        if not isinstance(options, Mapping):
            raise ValueError(f"options is {options!r}; give a dictionary, such as {{'initial_length': 5}}")
        unknown = sorted(set(options) - set(RESET_OPTIONS))
        if unknown:
            raise ValueError(
                f"reset has no options {', '.join(map(repr, unknown))}; it takes 'initial_length', "
                "and where there are many games 'reset_mask'"
            )
        if "initial_length" not in options:
            return self.rules.starts
        given = repr(options["initial_length"])
        if given != self._other[0]:
            self._other = given, replace(self.rules, initial_length=options["initial_length"]).starts
        return self._other[1]

    def shaping(self, num_games: int) -> Shaping | None:
        """The potential of the reward for N games, if it has one."""
        return Shaping(self.rules, self.reward, num_games) if isinstance(self.reward, DistanceReward) else None

    def frame(self, state: State, game: int = 0) -> NDArray[np.uint8]:
        """The picture of one game."""
        return render_frame(state, game, wrap=self.rules.walls == "wrap")
