"""What PPO and PQN have in common: play T steps of N games, learn from them a few times over, forget them.

    rollout (T, N)  ->  returns by lambda  ->  epochs x minibatches, in random order  ->  one step of Adam for each

A minibatch is cut into parts that several threads work on (`nn.Replicas`); what is learned does not depend on them.
"""

import copy
import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import nn
from agents.learning.learner import Arrays, Learner, NetworkSettings, Stateful, check_weights, restore_all, states_of
from agents.learning.return_scale import ReturnScale
from agents.learning.returns import lambda_returns
from agents.learning.rollout import BoolArray, Choice, Collector, FloatArray, IntArray, Rollout
from agents.learning.schedules import anneal
from agents.learning.spaces import spaces_of
from agents.policies.network_agent import NetworkAgent
from agents.policies.preprocessing import network_input
from agents.policies.symmetry import Symmetry


@dataclass(frozen=True, kw_only=True)
class RolloutSettings(NetworkSettings):
    """How rollouts are made and learned from."""

    horizon: int = 64
    """Steps of each game between two updates (T)."""
    minibatch: int = 1024
    """Steps that one update of the weights is made of."""
    epochs: int = 3
    """Times that each step is learned from."""
    trace: float = 0.95
    """Weight of longer returns against shorter ones (lambda)."""


class RolloutBatch(NamedTuple):
    """B steps to learn from."""

    masks: BoolArray  # (B, A) allowed actions
    actions: IntArray  # (B,) taken
    log_probs: FloatArray  # (B,) of them, when they were taken
    returns: FloatArray  # (B,) what followed
    advantages: FloatArray  # (B,) how much more than expected, with mean 0 and standard deviation 1 over the rollout

    def only(self, some: IntArray) -> "RolloutBatch":
        """Some of the steps."""
        return RolloutBatch(
            self.masks[some], self.actions[some], self.log_probs[some], self.returns[some], self.advantages[some]
        )


class RolloutLearner(Learner):
    """A learner from rollouts; a subclass says what its network is, how it chooses and what its loss is.

    Args:
        envs: N games with next-step autoreset, Discrete actions and Box observations.
        settings: see there.
        seed: of weights, games and chance.
        environment: the environment's arguments, kept with the agent.

    Attributes:
        network: what learns.
        name: of the algorithm.
        told: names of what `loss` tells.
    """

    name: ClassVar[str]
    told: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        envs: VectorEnv[Any, Any, Any],
        settings: RolloutSettings,
        *,
        seed: int,
        environment: Mapping[str, Any] | None,
    ) -> None:
        self._common, self.environment = settings, dict(environment or {})
        self._rng = np.random.default_rng(seed)
        shape, _, self._actions = spaces_of(envs)
        self.network = self.build(shape, self._actions, self._rng)
        self._replicas = nn.Replicas(self.network)
        self._optimiser = nn.Adam(self.network, settings.learning_rate, epsilon=1e-5)
        symmetry = Symmetry(shape, self._actions, on=settings.symmetric)
        game_seed = int(self._rng.integers(1 << 31, 1 << 32))
        self._collector = Collector(envs, symmetry, steps=settings.horizon, seed=game_seed, masked=settings.masked)
        self._scale = ReturnScale(envs.num_envs, settings.discount)
        self._progress = 0.0
        self.steps = 0

    @abstractmethod
    def build(self, shape: tuple[int, ...], actions: int, rng: np.random.Generator) -> nn.Sequential:
        """The network, whose first A outputs are scores of the actions."""

    @abstractmethod
    def choose(self, output: FloatArray, masks: BoolArray) -> Choice:
        """What to do where the network says this: (N, outputs) and (N, A)."""

    @abstractmethod
    def loss(self, output: FloatArray, batch: RolloutBatch) -> tuple[FloatArray, NDArray[np.float64]]:
        """The gradient of each step's loss with respect to the output, (B, outputs), and sums over B of what `told`."""

    def annealed(self, first: float, last: float) -> float:
        """A number between its first and last value, as far as the training is."""
        return anneal(self._common.schedule, first, last, self._progress)

    def step(self, progress: float) -> dict[str, float]:
        """Play T steps of N games, and learn from them."""
        s, self._progress = self._common, progress
        rollout = self._collector.collect(self._look)
        self.steps += rollout.actions.size
        rewards = self._scale(rollout.rewards, rollout.ended)
        returns = lambda_returns(
            rewards, rollout.values, rollout.terminated, rollout.ended, discount=s.discount, trace=s.trace
        )
        self._optimiser.learning_rate = self.annealed(s.learning_rate, s.final_learning_rate)
        told = self._learn(rollout, returns)
        check_weights(self.network)
        return rollout.told() | told

    def agent(self) -> NetworkAgent:
        """See `Learner.agent`."""
        return NetworkAgent(
            copy.deepcopy(self.network),
            self.environment,
            actions=self._actions,
            masked=self._common.masked,
            symmetric=self._common.symmetric,
            name=self.name,
        )

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """See `Learner.state`."""
        arrays = {"flat": self.network.flat.copy()} | states_of(self._owners())
        return arrays, {"steps": self.steps, "rng": self._rng.bit_generator.state}

    def restore(self, arrays: Arrays, header: dict[str, Any]) -> None:
        """See `Learner.restore`."""
        self.network.flat = arrays["flat"]
        restore_all(self._owners(), arrays)
        self.steps, self._rng.bit_generator.state = header["steps"], header["rng"]

    def _owners(self) -> dict[str, Stateful]:
        return {"optimiser": self._optimiser, "collector": self._collector, "scale": self._scale}

    def _look(self, observations: NDArray[Any], masks: BoolArray) -> Choice:
        return self.choose(self._replicas.forward(observations, network_input), masks)

    def _learn(self, rollout: Rollout, returns: NDArray[np.float32]) -> dict[str, float]:
        s = self._common
        T, N = returns.shape
        valid = np.flatnonzero(rollout.valid)
        if not len(valid):  # all games started anew
            return dict.fromkeys(self.told, math.nan)
        advantages = (returns - rollout.values[:-1]).reshape(-1)
        advantages -= advantages[valid].mean()
        advantages /= advantages[valid].std() + 1e-8
        observations = rollout.observations.reshape(T * N, *rollout.observations.shape[2:])
        steps = RolloutBatch(
            rollout.masks.reshape(T * N, -1),
            rollout.actions.reshape(-1),
            rollout.log_probs.reshape(-1),
            returns.reshape(-1),
            advantages,
        )
        figures = []
        for _ in range(s.epochs):
            order = self._rng.permutation(valid)
            for chosen in np.array_split(order, max(1, round(len(order) / s.minibatch))):

                def learn_part(network: nn.Sequential, part: slice, chosen: IntArray = chosen) -> NDArray[np.float64]:
                    some = chosen[part]
                    output = network.forward(network_input(observations[some]), training=True)
                    gradient, sums = self.loss(output, steps.only(some))
                    network.accumulate_gradients(gradient / len(chosen))
                    return sums

                self.network.gradient = 0.0
                figures.append(
                    np.sum(self._replicas.accumulate_gradients(learn_part, len(chosen)), axis=0) / len(chosen)
                )
                nn.clip_by_global_norm(self.network.gradient, s.longest_gradient)
                self._optimiser.step()
        return dict(zip(self.told, np.mean(figures, axis=0).tolist(), strict=True))
