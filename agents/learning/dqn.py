"""Deep Q-learning: a network learns what each action is worth, from steps that are remembered and played by its values.

Mnih et al. 2015, "Human-level control through deep reinforcement learning", Nature 518, with what later papers added:
the best next action is chosen by one network and valued by the other (van Hasselt, Guez, Silver 2016, "Deep
Reinforcement Learning with Double Q-learning", arXiv 1509.06461), value and advantages are learned apart (Wang et al.
2016, "Dueling Network Architectures", arXiv 1511.06581), steps are drawn by priority (Schaul et al. 2016, arXiv
1511.05952), and rewards of several steps count before the value of what follows (Sutton 1988; all of them together in
Hessel et al. 2018, "Rainbow", arXiv 1710.02298). Differences on purpose:

- N games are played side by side, `horizon` steps between some updates with large batches: NumPy is fast with many
  rows and slow with few.
- Forbidden actions are neither tried nor counted in the maximum over next actions.
- Each game is seen in one of the views that a symmetry gives, for as long as the training lasts.
- Rewards are not clipped, Adam stands in for RMSProp, and layers are normalised (Ba et al. 2016, arXiv 1607.06450).
- Games that are cut off go on in principle: what they ended in is valued, as after any other step.
- The gradient of value and advantages is not scaled by 1 / sqrt(2) where both meet.
- Rainbow's value distributions and noisy layers are left out.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import nn
from agents.learning.exploration import epsilon_greedy, exploration_at
from agents.learning.learner import Arrays, Learner, NetworkSettings, Stateful, check_weights, restore_all, states_of
from agents.learning.q_values import action_values, n_step_targets, q_loss
from agents.learning.replay_buffer import Batch, Replay
from agents.learning.rollout import BoolArray, Choice, Collector, FloatArray
from agents.learning.schedules import anneal
from agents.learning.spaces import spaces_of
from agents.policies.network_agent import NetworkAgent
from agents.policies.networks import one_head, two_heads
from agents.policies.preprocessing import network_input
from agents.policies.symmetry import Symmetry


@dataclass(frozen=True, kw_only=True)
class Settings(NetworkSettings):
    """How DQN learns."""

    horizon: int = 8
    """Steps of each game between two rounds of updates (T)."""
    updates: int = 8
    """Updates of the weights in a round."""
    minibatch: int = 256
    """Steps that one update is made of."""
    capacity: int = 100_000
    """Steps of all games that are remembered."""
    warm_up: int = 5_000
    """Steps of all games before the first update."""
    window: int = 3
    """Rewards that count before the value of what follows (n)."""
    double: bool = True
    """The network chooses the next action that the target network values."""
    dueling: bool = True
    """Value and advantages are learned apart."""
    prioritised: bool = False
    """Draw steps by how wrong they were, rather than all alike."""
    exponent: float = 0.6
    """How much errors count in that (alpha)."""
    importance: float = 0.4
    """How far weights make up for it at the beginning, 1 at the end (beta)."""
    target_every: int = 200
    """Updates between two copies of the weights to the target network."""
    exploration: float = 1.0
    """Share of actions that are drawn from all allowed ones, at the beginning (epsilon)."""
    final_exploration: float = 0.02
    """The same at the end of the exploration."""
    exploring: float = 0.3
    """Share of the training after which exploration is at its final value; it falls on a line."""
    learning_rate: float = 5e-4
    """Of Adam, at the beginning."""
    final_learning_rate: float = 5e-5
    """The same at the end."""
    huber: float = 1.0
    """Error beyond which the loss grows on a line."""


class DQN(Learner):
    """Learns the values of actions by deep Q-learning.

    Args:
        envs: N games with next-step autoreset, Discrete actions and Box observations.
        settings: see there.
        seed: of weights, games and chance.
        environment: the environment's arguments, kept with the agent.
    """

    def __init__(
        self,
        envs: VectorEnv[Any, Any, Any],
        settings: Settings = Settings(),
        *,
        seed: int = 0,
        environment: Mapping[str, Any] | None = None,
    ) -> None:
        s = self.settings = settings
        self.environment = dict(environment or {})
        self._rng = np.random.default_rng(seed)
        shape, dtype, self._actions = spaces_of(envs)
        what = shape, self._actions, s.channels, s.hidden, self._rng
        if s.dueling:
            self.network = two_heads(*what, close_up=s.close_up, normalise=True)
        else:
            self.network = one_head(*what, close_up=s.close_up)
        self._target = copy.deepcopy(self.network)
        self._replicas, self._target_replicas = nn.Replicas(self.network), nn.Replicas(self._target)
        self._optimiser = nn.Adam(self.network, s.learning_rate, epsilon=1e-5)
        self._symmetry = Symmetry(shape, self._actions, on=s.symmetric)
        self._replay = Replay(
            s.capacity,
            envs.num_envs,
            shape,
            dtype,
            self._actions,
            window=s.window,
            discount=s.discount,
            exponent=s.exponent if s.prioritised else None,
        )
        game_seed = int(self._rng.integers(1 << 31, 1 << 32))
        self._collector = Collector(envs, self._symmetry, steps=s.horizon, seed=game_seed, masked=s.masked)
        self._exploration = s.exploration
        self.steps, self.updates = 0, 0

    def step(self, progress: float) -> dict[str, float]:
        """Play T steps of N games, and learn from some of all that is remembered."""
        s = self.settings
        self._exploration = exploration_at(s.exploration, s.final_exploration, s.exploring, progress)
        self._optimiser.learning_rate = anneal(s.schedule, s.learning_rate, s.final_learning_rate, progress)
        rollout = self._collector.collect(self._choose)
        self.steps += rollout.actions.size
        for t in range(s.horizon):
            self._replay.add(
                rollout.observations[t],
                rollout.masks[t],
                rollout.actions[t],
                rollout.rewards[t],
                rollout.terminated[t],
                rollout.ended[t],
                rollout.valid[t],
            )
        told = [(np.nan, np.nan)]
        if self.steps >= s.warm_up and len(self._replay):
            importance = anneal("linear", s.importance, 1.0, progress)
            told = [self._update(importance) for _ in range(s.updates)]
            check_weights(self.network)
        loss, value = np.mean(told, axis=0).tolist()
        return rollout.told() | {"exploration": self._exploration, "loss": loss, "value": value}

    def agent(self) -> NetworkAgent:
        """See `Learner.agent`."""
        return NetworkAgent(
            copy.deepcopy(self.network),
            self.environment,
            # The best of the advantages is the best of the values too: V and the mean are the same for all actions.
            actions=self._actions,
            masked=self.settings.masked,
            symmetric=self.settings.symmetric,
            name="dqn",
        )

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """See `Learner.state`."""
        arrays = {"flat": self.network.flat.copy(), "target": self._target.flat.copy()} | states_of(self._owners())
        return arrays, {"steps": self.steps, "updates": self.updates, "rng": self._rng.bit_generator.state}

    def restore(self, arrays: Arrays, header: dict[str, Any]) -> None:
        """See `Learner.restore`."""
        self.network.flat, self._target.flat = arrays["flat"], arrays["target"]
        restore_all(self._owners(), arrays)
        if not self._collector.state():
            self._replay.break_off()
        self.steps, self.updates = header["steps"], header["updates"]
        self._rng.bit_generator.state = header["rng"]

    def _owners(self) -> dict[str, Stateful]:
        return {"optimiser": self._optimiser, "collector": self._collector, "replay": self._replay}

    def _choose(self, observations: NDArray[Any], masks: BoolArray) -> Choice:
        values = self._values(self._replicas, observations)
        actions = epsilon_greedy(values, masks, self._exploration, self._rng)
        return Choice(actions, values[np.arange(len(actions)), actions])

    def _values(self, replicas: nn.Replicas, observations: NDArray[Any]) -> FloatArray:
        return action_values(replicas.forward(observations, network_input), dueling=self.settings.dueling)

    def _update(self, importance: float) -> tuple[float, float]:
        """Learn from one batch; its mean loss, and the mean of the values that it should have."""
        s = self.settings
        batch = self._replay.sample(s.minibatch, self._rng, importance=importance)
        targets = self._targets(batch)
        errors = np.empty(len(targets), targets.dtype)

        def learn_part(network: nn.Sequential, part: slice) -> float:
            output = network.forward(network_input(batch.observations[part]), training=True)
            total, gradient, errors[part] = q_loss(
                output,
                batch.actions[part],
                targets[part],
                batch.weights[part],
                dueling=s.dueling,
                huber=s.huber,
            )
            network.accumulate_gradients(gradient / len(targets))
            return total

        self.network.gradient = 0.0
        total = sum(self._replicas.accumulate_gradients(learn_part, len(targets)))
        nn.clip_by_global_norm(self.network.gradient, s.longest_gradient)
        self._optimiser.step()
        self._replay.update(batch.places, errors)
        self.updates += 1
        if self.updates % s.target_every == 0:
            self._target.flat = self.network.flat
        return total / len(targets), float(targets.mean())

    def _targets(self, batch: Batch) -> FloatArray:
        values = self._values(self._target_replicas, batch.next_observations)
        chooser = self._values(self._replicas, batch.next_observations) if self.settings.double else values
        return n_step_targets(batch.returns, batch.discounts, chooser, values, batch.next_masks)
