"""Parallel Q(λ): values of actions, learned from many games at once, without a replay buffer and a target network.

Gallici, Fellows, Ellis, Pou, Masmitja, Foerster, Martin 2024, "Simplifying Deep Temporal Difference Learning", arXiv
2407.04811. Layer normalisation keeps the values from running away, and λ-returns (Peng and Williams 1994) carry rewards
back over many steps. Differences on purpose:

- Forbidden actions are never chosen, and do not count as the best one.
- Rewards are divided by the running standard deviation of the discounted return, as in `ppo.py`.
- Adam in place of RAdam: so the first steps are the largest, of the size of the learning rate each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import nn
from agents.learning.exploration import epsilon_greedy, exploration_at
from agents.learning.on_policy import RolloutBatch, RolloutLearner, RolloutSettings
from agents.learning.rollout import BoolArray, Choice, FloatArray
from agents.policies.masks import best_value
from agents.policies.networks import one_head


@dataclass(frozen=True, kw_only=True)
class Settings(RolloutSettings):
    """How parallel Q(lambda) learns."""

    trace: float = 0.8
    """Weight of longer returns against shorter ones (lambda)."""
    epochs: int = 2
    """Times that each step is learned from."""
    exploration: float = 0.5
    """Share of actions that are drawn from all allowed ones, at the beginning (epsilon)."""
    final_exploration: float = 0.001
    """The same at the end of the exploration."""
    exploring: float = 0.2
    """Share of the training after which exploration is at its final value."""


class PQN(RolloutLearner):
    """Learns values of actions by parallel Q(λ); see `RolloutLearner` for the arguments."""

    name = "pqn"
    told = ("loss", "value")

    def __init__(
        self,
        envs: VectorEnv[Any, Any, Any],
        settings: Settings = Settings(),
        *,
        seed: int = 0,
        environment: Mapping[str, Any] | None = None,
    ) -> None:
        self.settings = settings
        super().__init__(envs, settings, seed=seed, environment=environment)

    def build(self, shape: tuple[int, ...], actions: int, rng: np.random.Generator) -> nn.Sequential:
        """The value of each action."""
        s = self.settings
        return one_head(shape, actions, s.channels, s.hidden, rng, close_up=s.close_up)

    def choose(self, output: FloatArray, masks: BoolArray) -> Choice:
        """The best allowed action, or now and then any; the value is that of the best."""
        s = self.settings
        epsilon = exploration_at(s.exploration, s.final_exploration, s.exploring, self._progress)
        actions = epsilon_greedy(output, masks, epsilon, self._rng)
        return Choice(actions, best_value(output, masks))

    def loss(self, output: FloatArray, batch: RolloutBatch) -> tuple[FloatArray, NDArray[np.float64]]:
        """L = (Q(a) - R)² / 2, so dL/dQ(a) = Q(a) - R and 0 for the other actions."""
        every = np.arange(len(output))
        error = output[every, batch.actions] - batch.returns
        gradient = np.zeros_like(output)
        gradient[every, batch.actions] = error
        best = best_value(output, batch.masks)
        return gradient, np.array([(error * error).sum(dtype=np.float64) / 2, best.sum(dtype=np.float64)])
