"""Proximal policy optimisation (PPO): a policy and a value function, improved on rollouts of the current policy.

Schulman, Wolski, Dhariwal, Radford, Klimov 2017, "Proximal Policy Optimization Algorithms", arXiv 1707.06347, with the
details that matter in practice (Huang et al. 2022, "The 37 Implementation Details of PPO"). Deliberate differences:

- Invalid actions are masked: their probability is 0, in playing and in learning (Huang and Ontañón 2020, arXiv
  2006.14171).
- Data augmentation with `symmetric`: the observations of each environment are always transformed by one of the board's
  symmetries, and the agent averages its scores over all of them.
- Rewards are divided by the running standard deviation of the discounted return. They are not shifted, and observations
  are not normalised.
- The value loss is not clipped. It has the factor 1/2, as in CleanRL, so `vf_coef` 0.5 is 0.25 in Stable-Baselines3.
- The policy head starts at 0, so that all actions have the same probability; the other
  layers are initialised as in He et al. 2015, not orthogonally.
- Advantages are normalised over the whole rollout, not over each minibatch.
- The entropy coefficient is annealed.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import nn
from agents.learning.learner import Learner, Stateful, Weights, check_weights
from agents.learning.on_policy import OnPolicySettings, RolloutSamples, explained_variance, flatten, minibatches
from agents.learning.return_scale import ReturnScale
from agents.learning.returns import lambda_returns
from agents.learning.rollout import ActionChoice, Collector
from agents.learning.settings import require_amounts, require_shares
from agents.learning.spaces import spaces_of
from agents.policies.network_agent import NetworkAgent
from agents.policies.networks import NetworkBuilder, actor_critic, split_heads
from agents.policies.preprocessing import network_input
from agents.policies.symmetry import Symmetry
from agents.types import BoolArray, FloatArray
from nn.schedules import anneal

LOSS_METRICS = ("policy_loss", "value_loss", "entropy", "approx_kl", "clip_fraction")
MASKED_LOGIT = np.float32(-1e30)  # of invalid actions; their probability is exactly 0


@dataclass(frozen=True, kw_only=True)
class PPOSettings(OnPolicySettings):
    """Settings of PPO, with the names that Stable-Baselines3 uses."""

    batch_size: int = 2048
    """Steps in a minibatch."""
    gamma: float = 0.995
    """Discount factor for each step."""
    gae_lambda: float = 0.95
    """Lambda of the generalised advantage estimate: 0 for one-step targets, 1 for full returns."""
    max_grad_norm: float = 0.5
    """Gradients with a larger norm are scaled down to this norm."""
    clip_range: float = 0.2
    """Distance from 1 at which the ratio of an action's new to old probability is clipped."""
    vf_coef: float = 0.5
    """Weight of the value loss."""
    ent_coef: float = 0.01
    """Weight of the policy's entropy at the start of training."""
    final_ent_coef: float = 0.001
    """Weight of the policy's entropy at the end of training."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        require_shares(self, "gae_lambda")
        require_amounts(self, "clip_range", "vf_coef", "ent_coef", "final_ent_coef")


class PPO(Learner):
    """Learns a policy by PPO.

    Args:
        envs: N games with next-step autoreset, Discrete actions and Box observations.
        settings: see `PPOSettings`.
        build_network: makes a network with A logits and one value; by default `actor_critic` with the settings' layers.
        seed: seed of the weights, the environments and the sampled actions.
        environment: the environment's arguments, saved with the agent.

    Attributes:
        network: maps observations (B, ...) to logits and value (B, A + 1).
    """

    def __init__(
        self,
        envs: VectorEnv[Any, Any, Any],
        settings: PPOSettings = PPOSettings(),
        *,
        build_network: NetworkBuilder = actor_critic,
        seed: int = 0,
        environment: Mapping[str, Any] | None = None,
    ) -> None:
        s = self.settings = settings
        self.environment = dict(environment or {})
        self._rng = np.random.default_rng(seed)
        shape, _, self._n_actions = spaces_of(envs)
        self.network = build_network(shape, self._n_actions, self._rng, channels=s.channels, hidden=s.hidden)
        self._replicas = nn.Replicas(self.network)
        self._optimiser = nn.Adam(self.network, s.learning_rate, epsilon=1e-5)
        symmetry = Symmetry(shape, self._n_actions, on=s.symmetric)
        game_seed = int(self._rng.integers(1 << 31, 1 << 32))
        self._collector = Collector(envs, symmetry, n_steps=s.n_steps, seed=game_seed, masked=s.masked)
        self._reward_scale = ReturnScale(envs.num_envs, s.gamma)
        self.num_timesteps = 0

    def step(self, progress: float) -> dict[str, float]:
        """Collect a rollout of T steps of N games, and learn from it for several epochs."""
        s = self.settings
        self._optimiser.learning_rate = anneal(s.schedule, s.learning_rate, s.final_learning_rate, progress)
        ent_coef = anneal(s.schedule, s.ent_coef, s.final_ent_coef, progress)

        # Collect.
        rollout = self._collector.collect(self._act)
        self.num_timesteps += rollout.actions.size
        valid = np.flatnonzero(rollout.valid)
        metrics = rollout.metrics() | dict.fromkeys((*LOSS_METRICS, "explained_variance"), float("nan"))

        # Returns and advantages.
        rewards = self._reward_scale(rollout.rewards, rollout.ended)
        returns = lambda_returns(
            rewards, rollout.values, rollout.terminated, rollout.ended, gamma=s.gamma, lambda_=s.gae_lambda
        )
        if not len(valid):  # in every row a game started anew
            return metrics
        steps = flatten(rollout, returns)
        metrics["explained_variance"] = explained_variance(steps.returns[valid], steps.advantages[valid])
        advantages = steps.advantages - steps.advantages[valid].mean()
        steps = steps._replace(advantages=advantages / (advantages[valid].std() + 1e-8))

        # Epochs and minibatches.
        losses = []
        for minibatch in minibatches(valid, s.batch_size, s.n_epochs, self._rng):

            def accumulate(
                network: nn.Sequential, part: slice, minibatch: NDArray[np.int64] = minibatch
            ) -> NDArray[np.float64]:
                some = steps.select(minibatch[part])
                output = network.forward(network_input(some.observations), training=True)
                gradient, sums = ppo_loss(output, some, clip_range=s.clip_range, vf_coef=s.vf_coef, ent_coef=ent_coef)
                network.accumulate_gradients(gradient / len(minibatch))
                return sums

            self.network.gradient = 0.0
            sums = self._replicas.accumulate_gradients(accumulate, len(minibatch))
            nn.clip_by_global_norm(self.network.gradient, s.max_grad_norm)
            self._optimiser.step()
            losses.append(np.sum(sums, axis=0) / len(minibatch))
        check_weights(self.network)
        return metrics | dict(zip(LOSS_METRICS, np.mean(losses, axis=0).tolist(), strict=True))

    def agent(self) -> NetworkAgent:
        """See `Learner.agent`."""
        return NetworkAgent(
            copy.deepcopy(self.network),
            self.environment,
            actions=self._n_actions,
            masked=self.settings.masked,
            symmetric=self.settings.symmetric,
            name="ppo",
        )

    def parts(self) -> dict[str, Stateful]:
        """See `Learner.parts`."""
        return {
            "network": Weights(self.network),
            "optimiser": self._optimiser,
            "collector": self._collector,
            "reward_scale": self._reward_scale,
        }

    def _act(self, observations: NDArray[Any], masks: BoolArray) -> ActionChoice:
        """Sample actions by the Gumbel-max trick: the largest of logits plus Gumbel noise (Gumbel 1954)."""
        logits, values = split_heads(self._replicas.forward(observations, network_input))
        log_policy, _ = nn.log_softmax(np.where(masks, logits, MASKED_LOGIT))
        noise = self._rng.gumbel(size=log_policy.shape)
        actions = np.where(masks, log_policy + noise, -np.inf).argmax(axis=1)
        return ActionChoice(actions, values, log_policy[np.arange(len(actions)), actions])


def ppo_loss(
    output: FloatArray, steps: RolloutSamples, *, clip_range: float, vf_coef: float, ent_coef: float
) -> tuple[FloatArray, NDArray[np.float64]]:
    """Return the gradient of each step's loss with respect to the network's output, and the sums of the metrics.

    With π the policy, q = π(a) / π_old(a), A the advantage, R the return, V the value and H the entropy,

        L = -min(q A, clip(q, 1 - ε, 1 + ε) A) + c_V (V - R)² / 2 - c_H H        (equations 7 and 9)
        dL/dz_j = -A q (1[j = a] - π_j) + c_H π_j (log π_j + H), the first term only where q A is the minimum
        dL/dV = c_V (V - R)

    Args:
        output: (B, A + 1) logits z and value V.
        steps: B steps with normalised advantages.
        clip_range: ε.
        vf_coef: c_V.
        ent_coef: c_H.

    Returns:
        (B, A + 1) dL/doutput, and the sums over the batch of `LOSS_METRICS`; approx_kl is q - 1 - log q, and
        clip_fraction the share of steps with |q - 1| > ε.
    """
    every = np.arange(len(output))
    advantages = steps.advantages
    logits, values = split_heads(output)
    log_policy, policy = nn.log_softmax(np.where(steps.masks, logits, MASKED_LOGIT))
    log_policy = np.where(steps.masks, log_policy, 0)  # below, it only occurs times the policy, which is 0 there
    log_ratio = log_policy[every, steps.actions] - steps.log_probs
    ratio = np.exp(log_ratio)
    clipped = np.where(advantages > 0, ratio > 1 + clip_range, ratio < 1 - clip_range)
    entropy = -(policy * log_policy).sum(axis=1)
    error = values - steps.returns

    gradient = np.empty_like(output)
    policy_gradient, value_gradient = split_heads(gradient)  # views
    weight = np.where(clipped, 0, advantages * ratio)
    policy_gradient[...] = policy * (weight[:, None] + ent_coef * (log_policy + entropy[:, None]))
    policy_gradient[every, steps.actions] -= weight
    value_gradient[...] = vf_coef * error
    surrogate = np.minimum(ratio * advantages, np.clip(ratio, 1 - clip_range, 1 + clip_range) * advantages)
    metrics = (-surrogate, error * error / 2, entropy, ratio - 1 - log_ratio, np.abs(ratio - 1) > clip_range)
    return gradient, np.array([metric.sum(dtype=np.float64) for metric in metrics])
