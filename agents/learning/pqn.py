"""Parallel Q(λ) (PQN): action values learned from many games at once, without replay buffer and target network.

Gallici, Fellows, Ellis, Pou, Masmitja, Foerster, Martin 2024, "Simplifying Deep Temporal Difference Learning", arXiv
2407.04811. Layer normalisation keeps the values from diverging, and λ-returns (Peng and Williams 1994) carry rewards
back over many steps. Deliberate differences:

- Invalid actions are masked: they are never chosen, and do not count in the maximum over actions.
- Rewards are divided by the running standard deviation of the discounted return, as in `ppo.py`.
- Adam instead of RAdam, so the first updates are the largest, each as large as the learning rate.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import nn
from agents.learning.exploration import epsilon_greedy, exploration_rate
from agents.learning.learner import Learner, Stateful, Weights, check_weights
from agents.learning.on_policy import OnPolicySettings, RolloutSamples, flatten, minibatches
from agents.learning.return_scale import ReturnScale
from agents.learning.returns import lambda_returns
from agents.learning.rollout import ActionChoice, Collector
from agents.learning.settings import require_shares
from agents.learning.spaces import spaces_of
from agents.policies.masks import masked_max
from agents.policies.network_agent import NetworkAgent
from agents.policies.networks import NetworkBuilder, q_network
from agents.policies.preprocessing import network_input
from agents.policies.symmetry import Symmetry
from agents.types import BoolArray, FloatArray
from nn.schedules import anneal

LOSS_METRICS = ("td_loss", "q_values")


@dataclass(frozen=True, kw_only=True)
class PQNSettings(OnPolicySettings):
    """Settings of parallel Q(λ)."""

    q_lambda: float = 0.8
    """Lambda of the returns: 0 for one-step targets, 1 for full returns."""
    n_epochs: int = 2
    """Passes over each rollout."""
    exploration_initial_eps: float = 0.5
    """Probability of a random action at the start of training."""
    exploration_final_eps: float = 0.001
    """Probability of a random action at the end of exploration."""
    exploration_fraction: float = 0.2
    """Share of the training in which that probability falls, linearly."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        require_shares(self, "q_lambda", "exploration_initial_eps", "exploration_final_eps", "exploration_fraction")


class PQN(Learner):
    """Learns action values by parallel Q(λ).

    Args:
        envs: N games with next-step autoreset, Discrete actions and Box observations.
        settings: see `PQNSettings`.
        build_network: makes a network with A values; by default `q_network` with the settings' layers.
        seed: of the weights, the games and the exploration.
        environment: the environment's arguments, saved with the agent.

    Attributes:
        network: maps observations (B, ...) to action values (B, A).
    """

    def __init__(
        self,
        envs: VectorEnv[Any, Any, Any],
        settings: PQNSettings = PQNSettings(),
        *,
        build_network: NetworkBuilder = q_network,
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
        self._epsilon = s.exploration_initial_eps
        self.num_timesteps = 0

    def step(self, progress: float) -> dict[str, float]:
        """Collect a rollout of T steps of N games, and learn from it for several epochs."""
        s = self.settings
        self._optimiser.learning_rate = anneal(s.schedule, s.learning_rate, s.final_learning_rate, progress)
        self._epsilon = exploration_rate(
            s.exploration_initial_eps, s.exploration_final_eps, s.exploration_fraction, progress
        )

        # Collect.
        rollout = self._collector.collect(self._act)
        self.num_timesteps += rollout.actions.size
        valid = np.flatnonzero(rollout.valid)
        metrics = rollout.metrics() | {"exploration_rate": self._epsilon} | dict.fromkeys(LOSS_METRICS, float("nan"))

        # Returns.
        rewards = self._reward_scale(rollout.rewards, rollout.ended)
        returns = lambda_returns(
            rewards, rollout.values, rollout.terminated, rollout.ended, gamma=s.gamma, lambda_=s.q_lambda
        )
        if not len(valid):  # in every row a game started anew
            return metrics
        steps = flatten(rollout, returns)

        # Epochs and minibatches.
        losses = []
        for minibatch in minibatches(valid, s.batch_size, s.n_epochs, self._rng):

            def accumulate(
                network: nn.Sequential, part: slice, minibatch: NDArray[np.int64] = minibatch
            ) -> NDArray[np.float64]:
                some = steps.select(minibatch[part])
                output = network.forward(network_input(some.observations), training=True)
                gradient, sums = pqn_loss(output, some)
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
            name="pqn",
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
        """Choose epsilon-greedily; the value is that of the best allowed action, whichever is chosen."""
        values = self._replicas.forward(observations, network_input)
        actions = epsilon_greedy(values, masks, self._epsilon, self._rng)
        return ActionChoice(actions, masked_max(values, masks))


def pqn_loss(output: FloatArray, steps: RolloutSamples) -> tuple[FloatArray, NDArray[np.float64]]:
    """L = (Q(a) - R)² / 2, so dL/dQ(a) = Q(a) - R, and 0 for the other actions.

    Args:
        output: (B, A) Q.
        steps: B steps.

    Returns:
        (B, A) dL/doutput, and the sums over the batch of `LOSS_METRICS`; q_values is the value of the best allowed
        action.
    """
    every = np.arange(len(output))
    error = output[every, steps.actions] - steps.returns
    gradient = np.zeros_like(output)
    gradient[every, steps.actions] = error
    best = masked_max(output, steps.masks)
    return gradient, np.array([(error * error).sum(dtype=np.float64) / 2, best.sum(dtype=np.float64)])
