"""Settings, batches of steps and minibatches: the parts that PPO and PQN share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.learning.rollout import Rollout
from agents.learning.settings import NetworkSettings, require_counts
from agents.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class OnPolicySettings(NetworkSettings):
    """How much is collected, and how often it is learned from."""

    n_steps: int = 64
    """Steps of each game in a rollout."""
    batch_size: int = 1024
    """Steps in a minibatch."""
    n_epochs: int = 3
    """Passes over each rollout."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        require_counts(self, "n_steps", "batch_size", "n_epochs")


class RolloutSamples(NamedTuple):
    """B steps to learn from."""

    observations: NDArray[Any]  # (B, ...)
    masks: BoolArray  # (B, A) allowed actions
    actions: IntArray  # (B,)
    log_probs: FloatArray  # (B,) of the actions, by the policy that took them
    returns: FloatArray  # (B,)
    advantages: FloatArray  # (B,) returns - values

    def select(self, indices: IntArray) -> "RolloutSamples":
        """Return the steps with these indices."""
        return RolloutSamples(
            self.observations[indices],
            self.masks[indices],
            self.actions[indices],
            self.log_probs[indices],
            self.returns[indices],
            self.advantages[indices],
        )


def flatten(rollout: Rollout, returns: FloatArray) -> RolloutSamples:
    """Return a rollout's T steps of N games as B = T · N steps."""
    B = rollout.actions.size
    return RolloutSamples(
        rollout.observations.reshape(B, *rollout.observations.shape[2:]),
        rollout.masks.reshape(B, -1),
        rollout.actions.reshape(B),
        rollout.log_probs.reshape(B),
        returns.reshape(B),
        (returns - rollout.values[:-1]).reshape(B),
    )


def minibatches(indices: IntArray, batch_size: int, n_epochs: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Yield minibatches of about batch_size indices, in a new random order in each epoch."""
    for _ in range(n_epochs):
        order = rng.permutation(indices)
        yield from np.array_split(order, max(1, round(len(order) / batch_size)))


def explained_variance(returns: FloatArray, advantages: FloatArray) -> float:
    """1 - Var(R - V) / Var(R): 1 if V predicts R exactly, 0 if V is constant; NaN if R is constant."""
    variance = float(returns.var())
    return 1 - float(advantages.var()) / variance if variance > 0 else float("nan")
