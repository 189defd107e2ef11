"""Proximal policy optimisation: a policy and a value on one trunk, improved a little on what was just played.

Schulman, Wolski, Dhariwal, Radford, Klimov 2017, "Proximal Policy Optimization Algorithms", arXiv 1707.06347, with the
details that matter in practice (Huang et al. 2022, "The 37 Implementation Details of PPO"). Differences on purpose:

- Forbidden actions have probability 0, in playing and in learning (Huang and Ontañón 2020, arXiv 2006.14171).
- With `symmetric` each game is seen in one of the views of its board, for as long as the training lasts.
- Rewards are divided by the running standard deviation of the discounted return, so values are of the order of 1
  whatever the game pays; they are not shifted, and observations are not normalised.
- The value loss is not clipped, and the policy's head starts at 0: all actions alike. The layers below it start as He
  et al. have it, not orthogonally.
- Advantages have mean 0 and standard deviation 1 over the whole rollout, not over each minibatch.
- The weight of the entropy falls while the training goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import nn
from agents.learning.on_policy import RolloutBatch, RolloutLearner, RolloutSettings
from agents.learning.rollout import BoolArray, Choice, FloatArray
from agents.policies.networks import two_heads

FORBIDDEN = np.float32(-1e30)  # the logit of an action that is not allowed; its probability is exactly 0


@dataclass(frozen=True, kw_only=True)
class Settings(RolloutSettings):
    """How PPO learns."""

    minibatch: int = 2048
    """Steps that one update of the weights is made of."""
    discount: float = 0.995
    """Of rewards, a step (gamma)."""
    longest_gradient: float = 0.5
    """Gradients with a greater norm are shortened to it."""
    clip: float = 0.2
    """By how much a probability may change in an update before nothing more is gained (epsilon)."""
    value_weight: float = 0.5
    """Of the value loss."""
    entropy: float = 0.01
    """Weight of the policy's entropy at the beginning."""
    final_entropy: float = 0.001
    """The same at the end."""


class PPO(RolloutLearner):
    """Learns a policy by PPO; see `RolloutLearner` for the arguments."""

    name = "ppo"
    told = ("policy_loss", "value_loss", "entropy", "divergence", "clipped")

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
        """Logits of the policy, and the value."""
        s = self.settings
        return two_heads(shape, actions, s.channels, s.hidden, rng, close_up=s.close_up)

    def choose(self, output: FloatArray, masks: BoolArray) -> Choice:
        """Draw from the policy: the greatest of logits plus Gumbel noise is such a draw (Gumbel 1954)."""
        log_policy, _ = nn.log_softmax(np.where(masks, output[:, :-1], FORBIDDEN))
        noise = self._rng.gumbel(size=log_policy.shape)
        actions = np.where(masks, log_policy + noise, -np.inf).argmax(axis=1)
        return Choice(actions, output[:, -1], log_policy[np.arange(len(actions)), actions])

    def loss(self, output: FloatArray, batch: RolloutBatch) -> tuple[FloatArray, NDArray[np.float64]]:
        """See `clipped_loss`."""
        s = self.settings
        entropy_weight = self.annealed(s.entropy, s.final_entropy)
        return clipped_loss(output, batch, clip=s.clip, value_weight=s.value_weight, entropy_weight=entropy_weight)


def clipped_loss(
    output: FloatArray, batch: RolloutBatch, *, clip: float, value_weight: float, entropy_weight: float
) -> tuple[FloatArray, NDArray[np.float64]]:
    """The gradient of each step's loss with respect to the network's output, and sums of what there is to tell.

    With π the policy, q = π(a) / π_old(a), A the advantage, R the return, V the value and H the entropy,

        L = -min(q A, clip(q, 1 - ε, 1 + ε) A) + w_V (V - R)² / 2 - w_H H        (equations 7 and 9)
        dL/dz_j = -A q (1[j = a] - π_j) + w_H π_j (log π_j + H), the first term only where q A is the minimum
        dL/dV = w_V (V - R)

    Args:
        output: (B, A + 1) logits z and value V.
        batch: the steps.
        clip: ε.
        value_weight: w_V.
        entropy_weight: w_H.

    Returns:
        (B, A + 1) dL/doutput, and the sums over the batch of `PPO.told`: policy loss, value loss, entropy, the
        divergence from the old policy (q - 1 - log q), and how many were clipped.
    """
    every = np.arange(len(output))
    advantages = batch.advantages
    log_policy, policy = nn.log_softmax(np.where(batch.masks, output[:, :-1], FORBIDDEN))
    log_policy = np.where(batch.masks, log_policy, 0)  # from here on it is only met times the policy, which is 0 there
    log_ratio = log_policy[every, batch.actions] - batch.log_probs
    ratio = np.exp(log_ratio)
    clipped = np.where(advantages > 0, ratio > 1 + clip, ratio < 1 - clip)
    entropy = -(policy * log_policy).sum(axis=1)
    error = output[:, -1] - batch.returns

    gradient = np.empty_like(output)
    pull = np.where(clipped, 0, advantages * ratio)
    gradient[:, :-1] = policy * (pull[:, None] + entropy_weight * (log_policy + entropy[:, None]))
    gradient[every, batch.actions] -= pull
    gradient[:, -1] = value_weight * error
    surrogate = np.minimum(ratio * advantages, np.clip(ratio, 1 - clip, 1 + clip) * advantages)
    told = (-surrogate, error * error / 2, entropy, ratio - 1 - log_ratio, clipped)
    return gradient, np.array([values.sum(dtype=np.float64) for values in told])
