"""Tabular Q-learning: a table of action values, updated after every step.

Watkins 1989, "Learning from Delayed Rewards"; Watkins and Dayan 1992, "Q-learning". After action a in state s, with the
reward r and the next state s',

    Q(s, a) ← Q(s, a) + η (r + γ max_a' Q(s', a') - Q(s, a))

Observations are discretized first, so that states recur. Deliberate differences:

- N games fill one table: T steps of each are played, then learned from, with the maxima as they were when played.
- Several updates of one entry in a rollout are applied one after the other towards their mean target, so their order
  does not matter: k updates correct the error by the share 1 - (1 - η)^k.
- Invalid actions are masked: they are never chosen, and do not count in the maximum.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from agents.learning.exploration import epsilon_greedy, exploration_rate
from agents.learning.learner import Learner, Stateful
from agents.learning.returns import lambda_returns
from agents.learning.rollout import ActionChoice, Collector
from agents.learning.settings import require_counts, require_shares
from agents.learning.spaces import spaces_of
from agents.policies.masks import masked_max
from agents.policies.symmetry import Symmetry
from agents.policies.table import Discretizer, Table
from agents.policies.table_agent import TableAgent
from agents.types import BoolArray, FloatArray, IntArray
from nn.schedules import Annealing, anneal


@dataclass(frozen=True, kw_only=True)
class QLearningSettings:
    """Settings of Q-learning, and how observations are discretized.

    Raises:
        ValueError: a number outside of its range.
    """

    components: tuple[int, ...] = ()
    """Indices of the observation's components that the table uses; none for all."""
    n_bins: tuple[int, ...] = (2,)
    """Bins of each component; one number for all."""
    low: tuple[float, ...] = ()
    """Value of each component in the first bin; none for the bounds of the observation space."""
    high: tuple[float, ...] = ()
    """Value of each component in the last bin; none for the bounds of the observation space."""
    n_steps: int = 4
    """Steps of each game between two rounds of updates."""
    gamma: float = 0.9
    """Discount factor for each step."""
    learning_rate: float = 0.2
    """Share of an error that an update corrects, at the start of training."""
    final_learning_rate: float = 0.001
    """Share of an error that an update corrects, at the end of training."""
    schedule: Annealing = "linear"
    """How the learning rate changes from the start to the end of training."""
    exploration_initial_eps: float = 1.0
    """Probability of a random action at the start of training."""
    exploration_final_eps: float = 0.01
    """Probability of a random action at the end of exploration."""
    exploration_fraction: float = 0.5
    """Share of the training in which that probability falls, linearly."""
    initial_value: float = 0.0
    """Value of actions that were never tried; a high one encourages exploration."""
    masked: bool = True
    """Choose only actions that the environment's action mask allows."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        require_counts(self, "n_steps")
        require_shares(self, "gamma", "learning_rate", "final_learning_rate")
        require_shares(self, "exploration_initial_eps", "exploration_final_eps", "exploration_fraction")
        if not math.isfinite(self.initial_value):
            raise ValueError(f"initial_value is {self.initial_value}; give a finite number")


class QLearning(Learner):
    """Learns a table of action values.

    Args:
        envs: N games with next-step autoreset, Discrete actions and vector observations.
        settings: see `QLearningSettings`.
        seed: of the games and the exploration.
        environment: the environment's arguments, saved with the agent.
    """

    def __init__(
        self,
        envs: VectorEnv[Any, Any, Any],
        settings: QLearningSettings = QLearningSettings(),
        *,
        seed: int = 0,
        environment: Mapping[str, Any] | None = None,
    ) -> None:
        s = self.settings = settings
        self.environment = dict(environment or {})
        self._rng = np.random.default_rng(seed)
        self._n_actions = spaces_of(envs).n_actions
        n_bins = s.n_bins[0] if len(s.n_bins) == 1 else s.n_bins
        discretizer = Discretizer.for_space(
            envs.single_observation_space, components=s.components, n_bins=n_bins, low=s.low, high=s.high
        )
        self.table = Table(discretizer, self._n_actions, s.initial_value)
        game_seed = int(self._rng.integers(1 << 31, 1 << 32))
        no_symmetry = Symmetry((), self._n_actions, on=False)
        self._collector = Collector(envs, no_symmetry, n_steps=s.n_steps, seed=game_seed, masked=s.masked)
        self._epsilon = s.exploration_initial_eps
        self.num_timesteps = 0

    def step(self, progress: float) -> dict[str, float]:
        """Collect T steps of N games, and update the table."""
        s = self.settings
        learning_rate = anneal(s.schedule, s.learning_rate, s.final_learning_rate, progress)
        self._epsilon = exploration_rate(
            s.exploration_initial_eps, s.exploration_final_eps, s.exploration_fraction, progress
        )
        rollout = self._collector.collect(self._act)
        self.num_timesteps += rollout.actions.size
        targets = lambda_returns(
            rollout.rewards, rollout.values, rollout.terminated, rollout.ended, gamma=s.gamma, lambda_=0.0
        )
        rows = self.table.find_or_add_rows(rollout.observations[rollout.valid])
        errors = update(self.table.values, rows, rollout.actions[rollout.valid], targets[rollout.valid], learning_rate)
        return rollout.metrics() | {
            "exploration_rate": self._epsilon,
            "td_error": float(np.abs(errors).mean()) if len(errors) else float("nan"),
            "table_rows": len(self.table),
        }

    def agent(self) -> TableAgent:
        """See `Learner.agent`."""
        table = Table(self.table.discretizer, self._n_actions)
        table.restore(self.table.state())
        return TableAgent(table, self.environment, masked=self.settings.masked, name="q")

    def parts(self) -> dict[str, Stateful]:
        """See `Learner.parts`."""
        return {"table": self.table, "collector": self._collector}

    def _act(self, observations: NDArray[Any], masks: BoolArray) -> ActionChoice:
        """Choose epsilon-greedily; the value is that of the best allowed action, whichever is chosen."""
        values = self.table.values[self.table.find_rows(observations)]
        actions = epsilon_greedy(values, masks, self._epsilon, self._rng)
        return ActionChoice(actions, masked_max(values, masks))


def update(
    values: NDArray[np.float64], rows: IntArray, actions: IntArray, targets: FloatArray, learning_rate: float
) -> NDArray[np.float64]:
    """Q(s, a) ← Q(s, a) + (1 - (1 - η)^k) (mean y - Q(s, a)), for each (s, a) with its k targets y.

    Args:
        values: (S, A) Q, changed in place.
        rows: (B,) s.
        actions: (B,) a.
        targets: (B,) y.
        learning_rate: η.

    Returns:
        (B,) y - Q(s, a), with Q from before the update.
    """
    errors: NDArray[np.float64] = targets - values[rows, actions]
    entries, entry, k = np.unique(rows * values.shape[1] + actions, return_inverse=True, return_counts=True)
    mean = np.bincount(entry, weights=errors, minlength=len(entries)) / k
    values.reshape(-1)[entries] += (1 - (1 - learning_rate) ** k) * mean
    return errors
