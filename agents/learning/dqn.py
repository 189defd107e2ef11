"""Deep Q-network (DQN): action values learned from a replay buffer of past steps.

Mnih et al. 2015, "Human-level control through deep reinforcement learning", Nature 518, with later improvements: the
network chooses the next action and the target network values it (van Hasselt, Guez, Silver 2016, "Deep Reinforcement
Learning with Double Q-learning", arXiv 1509.06461), separate heads for value and advantages (Wang et al. 2016, "Dueling
Network Architectures", arXiv 1511.06581), prioritized replay (Schaul et al. 2016, arXiv 1511.05952), and n-step returns
(Sutton 1988; all of them together in Hessel et al. 2018, "Rainbow", arXiv 1710.02298). Deliberate differences:

- N games are played in parallel, `train_freq` steps of each between a few updates with large batches: NumPy is fast on
  large batches and slow on small ones.
- Invalid actions are masked: they are never chosen, and do not count in the maximum over next actions.
- Data augmentation with `symmetric`: the observations of each environment are always transformed by one of the board's
  symmetries, and the agent averages its scores over all of them.
- Rewards are not clipped, Adam replaces RMSProp, and layers are normalised (Ba et al. 2016, arXiv 1607.06450).
- A truncated game is bootstrapped from its last observation.
- The gradients of the two heads are not scaled by 1 / sqrt(2) where they meet.
- Rainbow's distributional values and noisy layers are left out.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import nn
from agents.learning.exploration import epsilon_greedy, exploration_rate
from agents.learning.learner import Learner, LearnerHeader, Stateful, Weights, check_weights
from agents.learning.q_values import action_values, n_step_targets, q_loss
from agents.learning.replay_buffer import ReplayBatch, ReplayBuffer
from agents.learning.rollout import ActionChoice, Collector
from agents.learning.settings import NetworkSettings, require_amounts, require_counts, require_shares
from agents.learning.spaces import spaces_of
from agents.policies.network_agent import NetworkAgent
from agents.policies.networks import NetworkBuilder, q_network
from agents.policies.preprocessing import network_input
from agents.policies.symmetry import Symmetry
from agents.types import Arrays, BoolArray, FloatArray
from nn.from_json import Count
from nn.schedules import anneal


@dataclass(frozen=True, kw_only=True)
class DQNSettings(NetworkSettings):
    """Settings of DQN, with the names that Stable-Baselines3 uses."""

    train_freq: int = 8
    """Steps of each game between two rounds of updates."""
    gradient_steps: int = 8
    """Updates in a round."""
    batch_size: int = 256
    """Steps in a minibatch."""
    buffer_size: int = 100_000
    """Steps of all games in the replay buffer."""
    learning_starts: int = 5_000
    """Steps of all games before the first update."""
    n_step: int = 3
    """Rewards in a return before the value of the next observation."""
    double: bool = True
    """Double Q-learning: the network chooses the next action, and the target network values it."""
    dueling: bool = True
    """Separate heads for the value and the advantages."""
    prioritized_replay: bool = False
    """Sample steps in proportion to their errors instead of uniformly."""
    per_alpha: float = 0.6
    """Exponent of the priorities: 0 for uniform sampling, 1 for proportional."""
    per_beta: float = 0.4
    """Exponent of the importance weights at the start of training; it rises to 1."""
    target_update_interval: int = 200
    """Updates between two copies of the weights to the target network."""
    exploration_initial_eps: float = 1.0
    """Probability of a random action at the start of training."""
    exploration_final_eps: float = 0.02
    """Probability of a random action at the end of exploration."""
    exploration_fraction: float = 0.3
    """Share of the training in which that probability falls, linearly."""
    learning_rate: float = 5e-4
    """Learning rate of Adam at the start of training."""
    final_learning_rate: float = 5e-5
    """Learning rate at the end of training."""
    huber_delta: float = 1.0
    """Error beyond which the loss is linear."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        require_counts(
            self, "train_freq", "gradient_steps", "batch_size", "buffer_size", "n_step", "target_update_interval"
        )
        require_shares(self, "per_beta", "exploration_initial_eps", "exploration_final_eps", "exploration_fraction")
        require_amounts(self, "learning_starts", "per_alpha", "huber_delta")


@dataclass(frozen=True, kw_only=True)
class DQNHeader(LearnerHeader):
    """The header of a checkpoint of `DQN`."""

    num_updates: Count


class DQN(Learner):
    """Learns action values by deep Q-learning.

    Args:
        envs: N games with next-step autoreset, Discrete actions and Box observations.
        settings: see `DQNSettings`.
        build_network: makes a network with A values, or with A advantages and a value if the settings say dueling; by
            default `q_network` with the settings' layers.
        seed: of the weights, the games, the exploration and the sampled minibatches.
        environment: the environment's arguments, saved with the agent.

    Attributes:
        network: maps observations (B, ...) to action values (B, A), or to advantages and value (B, A + 1).
        num_updates: updates of the weights so far.
    """

    header = DQNHeader

    def __init__(
        self,
        envs: VectorEnv[Any, Any, Any],
        settings: DQNSettings = DQNSettings(),
        *,
        build_network: NetworkBuilder | None = None,
        seed: int = 0,
        environment: Mapping[str, Any] | None = None,
    ) -> None:
        s = self.settings = settings
        self.environment = dict(environment or {})
        self._rng = np.random.default_rng(seed)
        shape, dtype, self._n_actions = spaces_of(envs)
        build = build_network or partial(q_network, dueling=s.dueling)
        self.network = build(shape, self._n_actions, self._rng, channels=s.channels, hidden=s.hidden)
        self._target = copy.deepcopy(self.network)
        self._replicas, self._target_replicas = nn.Replicas(self.network), nn.Replicas(self._target)
        self._optimiser = nn.Adam(self.network, s.learning_rate, epsilon=1e-5)
        self._buffer = ReplayBuffer(
            s.buffer_size,
            envs.num_envs,
            shape,
            dtype,
            self._n_actions,
            n_step=s.n_step,
            gamma=s.gamma,
            alpha=s.per_alpha if s.prioritized_replay else None,
        )
        symmetry = Symmetry(shape, self._n_actions, on=s.symmetric)
        game_seed = int(self._rng.integers(1 << 31, 1 << 32))
        self._collector = Collector(envs, symmetry, n_steps=s.train_freq, seed=game_seed, masked=s.masked)
        self._epsilon = s.exploration_initial_eps
        self.num_timesteps, self.num_updates = 0, 0

    def step(self, progress: float) -> dict[str, float]:
        """Collect T steps of N games into the replay buffer, and learn from minibatches of it."""
        s = self.settings
        self._optimiser.learning_rate = anneal(s.schedule, s.learning_rate, s.final_learning_rate, progress)
        self._epsilon = exploration_rate(
            s.exploration_initial_eps, s.exploration_final_eps, s.exploration_fraction, progress
        )
        rollout = self._collector.collect(self._act)
        self.num_timesteps += rollout.actions.size
        self._buffer.add(rollout)
        losses = [(np.nan, np.nan)]
        if self.num_timesteps >= s.learning_starts and len(self._buffer):
            beta = anneal("linear", s.per_beta, 1.0, progress)
            losses = [self._update(beta) for _ in range(s.gradient_steps)]
            check_weights(self.network)
        td_loss, q_values = np.mean(losses, axis=0).tolist()
        return rollout.metrics() | {"exploration_rate": self._epsilon, "td_loss": td_loss, "q_values": q_values}

    def agent(self) -> NetworkAgent:
        """See `Learner.agent`."""
        return NetworkAgent(
            copy.deepcopy(self.network),
            self.environment,
            # The largest advantage belongs to the largest value: V and the mean advantage are the same for all actions.
            actions=self._n_actions,
            masked=self.settings.masked,
            symmetric=self.settings.symmetric,
            name="dqn",
        )

    def parts(self) -> dict[str, Stateful]:
        """See `Learner.parts`."""
        return {
            "network": Weights(self.network),
            "target": Weights(self._target),
            "optimiser": self._optimiser,
            "collector": self._collector,
            "buffer": self._buffer,
        }

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """See `Learner.state`."""
        arrays, header = super().state()
        return arrays, header | {"num_updates": self.num_updates}

    def restore(self, arrays: Arrays, header: dict[str, Any]) -> None:
        """See `Learner.restore`."""
        super().restore(arrays, header)
        self.num_updates = header["num_updates"]
        if not self._collector.state():
            self._buffer.forget_incomplete()  # the games start anew, so these steps are not continued

    def _act(self, observations: NDArray[Any], masks: BoolArray) -> ActionChoice:
        values = self._values(self._replicas, observations)
        actions = epsilon_greedy(values, masks, self._epsilon, self._rng)
        return ActionChoice(actions, values[np.arange(len(actions)), actions])

    def _values(self, replicas: nn.Replicas, observations: NDArray[Any]) -> FloatArray:
        return action_values(replicas.forward(observations, network_input), dueling=self.settings.dueling)

    def _update(self, beta: float) -> tuple[float, float]:
        """Learn from one minibatch; return the mean loss and the mean target."""
        s = self.settings
        batch = self._buffer.sample(s.batch_size, self._rng, beta=beta)
        targets = self._targets(batch)
        errors = np.empty(len(targets), targets.dtype)

        def accumulate(network: nn.Sequential, part: slice) -> float:
            output = network.forward(network_input(batch.observations[part]), training=True)
            total, gradient, errors[part] = q_loss(
                output,
                batch.actions[part],
                targets[part],
                batch.weights[part],
                dueling=s.dueling,
                delta=s.huber_delta,
            )
            network.accumulate_gradients(gradient / len(targets))
            return total

        self.network.gradient = 0.0
        total = sum(self._replicas.accumulate_gradients(accumulate, len(targets)))
        nn.clip_by_global_norm(self.network.gradient, s.max_grad_norm)
        self._optimiser.step()
        self._buffer.update_priorities(batch.indices, errors)
        self.num_updates += 1
        if self.num_updates % s.target_update_interval == 0:
            self._target.flat = self.network.flat
        return total / len(targets), float(targets.mean())

    def _targets(self, batch: ReplayBatch) -> FloatArray:
        values = self._values(self._target_replicas, batch.next_observations)
        chooser = self._values(self._replicas, batch.next_observations) if self.settings.double else values
        return n_step_targets(batch.returns, batch.discounts, chooser, values, batch.next_masks)
