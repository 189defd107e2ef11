"""What learners need to know of an environment: the shape of observations, and the number of actions."""

from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv


class Spaces(NamedTuple):
    """Of one game."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    actions: int


def spaces_of(envs: VectorEnv[Any, Any, Any]) -> Spaces:
    """The spaces of games that a learner can learn from.

    Raises:
        ValueError: observations that are no Box, actions that are not Discrete from 0 on, or autoreset of another kind
            than next-step.
    """
    seen, done = envs.single_observation_space, envs.single_action_space
    if not isinstance(seen, Box):
        raise ValueError(
            f"observations are {seen}; learners take them from a Box: wrap the environment, for example with "
            "gymnasium.wrappers.FlattenObservation"
        )
    if not isinstance(done, Discrete) or done.start != 0:
        raise ValueError(
            f"actions are {done}; learners choose among Discrete ones that begin with 0: wrap the environment, for "
            "example with gymnasium.wrappers.TransformAction"
        )
    mode = envs.metadata.get("autoreset_mode")
    if mode is not AutoresetMode.NEXT_STEP:
        raise ValueError(f"the environments have autoreset {mode}; make them with AutoresetMode.NEXT_STEP")
    return Spaces(seen.shape, seen.dtype, int(done.n))
