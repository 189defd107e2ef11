"""The spaces of an environment, checked for what learners support."""

from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv


class Spaces(NamedTuple):
    """Observations and actions of one game."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    n_actions: int


def spaces_of(envs: VectorEnv[Any, Any, Any]) -> Spaces:
    """Return the shape and dtype of observations, and the number of actions.

    Raises:
        ValueError: observations other than a Box, actions other than Discrete from 0 on, or another autoreset mode than
            next-step.
    """
    observations, actions = envs.single_observation_space, envs.single_action_space
    if not isinstance(observations, Box):
        raise ValueError(
            f"observations are {observations}; learners need a Box: wrap the environment, for example with "
            "gymnasium.wrappers.FlattenObservation"
        )
    if not isinstance(actions, Discrete) or actions.start != 0:
        raise ValueError(
            f"actions are {actions}; learners need Discrete actions that start at 0: wrap the environment, for "
            "example with gymnasium.wrappers.TransformAction"
        )
    mode = envs.metadata.get("autoreset_mode")
    if mode is not AutoresetMode.NEXT_STEP:
        raise ValueError(f"the environments have autoreset {mode}; make them with AutoresetMode.NEXT_STEP")
    return Spaces(observations.shape, observations.dtype, int(actions.n))
