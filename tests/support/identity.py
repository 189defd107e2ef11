"""The smallest task that a learner can solve: take the action that is shown. A correct learner needs seconds."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

import nn
from agents.policies.networks import NetworkBuilder

Array = NDArray[Any]


def identity_network(width: int) -> NetworkBuilder:
    """Makes a network without parameters whose output is its input (B, width), to choose a learner's values by hand."""

    def build(
        shape: Sequence[int],  # noqa: ARG001  part of the interface
        n_actions: int,  # noqa: ARG001
        rng: np.random.Generator,
        *,
        channels: Sequence[int],  # noqa: ARG001
        hidden: Sequence[int],  # noqa: ARG001
    ) -> nn.Sequential:
        return nn.Sequential([nn.LeakyReLU(1.0)], input_shape=(width,), rng=rng)

    return build


class Identity(VectorEnv[Array, Array, Array]):
    """N games of `length` steps with next-step autoreset: reward 1 for the action that the observation shows, else 0.

    Args:
        num_envs: N.
        actions: A; an observation is one of A unit vectors.
        length: steps of a game; the first one of game i is i % length steps longer, so that they do not end
            together.
        truncated: whether games are truncated at their end, rather than terminated.
        masked: whether one of the wrong actions is forbidden in each step; taking it raises an AssertionError.
        dtype: of observations: a float, or uint8 with 255 for 1.
    """

    metadata: ClassVar[dict[str, Any]] = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # type: ignore[misc]

    def __init__(
        self,
        num_envs: int,
        *,
        actions: int = 3,
        length: int = 5,
        truncated: bool = False,
        masked: bool = False,
        dtype: type[np.generic] = np.float32,
    ) -> None:
        self.num_envs, self._actions, self._length = num_envs, actions, length
        self._truncated, self._masked = truncated, masked
        high = 255 if dtype is np.uint8 else 1
        self._shown = (np.eye(actions) * high).astype(dtype)
        self.single_observation_space = Box(0, high, (actions,), dtype)
        self.single_action_space = Discrete(actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        self._rng = np.random.default_rng(seed)
        self._time = -(np.arange(self.num_envs) % self._length)
        return self._observe()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        new = self._time == self._length
        if self._masked:
            allowed = self._mask[np.arange(self.num_envs), actions] == 1
            assert (allowed | new).all(), "a forbidden action was taken"
        rewards = np.where(new, 0.0, actions == self._target)
        self._time = np.where(new, 0, self._time + 1)
        over, never = self._time == self._length, np.zeros(self.num_envs, bool)
        observations, info = self._observe()
        return observations, rewards, never if self._truncated else over, over if self._truncated else never, info

    def _observe(self) -> tuple[Array, dict[str, Any]]:
        N, A = self.num_envs, self._actions
        self._target = self._rng.integers(A, size=N)
        info = {}
        if self._masked:
            self._mask = np.ones((N, A), np.int8)
            self._mask[np.arange(N), (self._target + self._rng.integers(1, A, size=N)) % A] = 0
            info["action_mask"] = self._mask.copy()
        return self._shown[self._target], info
