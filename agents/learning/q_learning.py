"""Q-learning: a table of what each action is worth in each situation, corrected a little after each step.

Watkins 1989, "Learning from Delayed Rewards"; Watkins and Dayan 1992, "Q-learning". After action a in state s, with the
reward r and the next state s',

    Q(s, a) ← Q(s, a) + η (r + γ max_a' Q(s', a') - Q(s, a))

What is observed is rounded first, so that the same situations come again. Differences on purpose:

- N games fill one table: T steps of each are played, then learned from, with the maxima as they were when played.
- Corrections of the same number in one round are made one after the other towards their mean, as it then does not
  matter in which order: k corrections move it by the share 1 - (1 - η)^k.
- Forbidden actions are neither tried nor counted in the maximum.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from agents.learning.exploration import epsilon_greedy, exploration_at
from agents.learning.learner import Arrays, Learner, Stateful, check_numbers, restore_all, states_of
from agents.learning.returns import lambda_returns
from agents.learning.rollout import BoolArray, Choice, Collector, FloatArray, IntArray
from agents.learning.schedules import Annealing, anneal
from agents.learning.spaces import spaces_of
from agents.policies.masks import best_value
from agents.policies.symmetry import Symmetry
from agents.policies.table import Discretizer, Table
from agents.policies.table_agent import TableAgent


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How Q-learning learns, and what it rounds observations to."""

    components: tuple[int, ...] = ()
    """Of the observation, by index, that count; none for all."""
    levels: tuple[int, ...] = (2,)
    """Numbers that each component is rounded to; one number for all of them."""
    low: tuple[float, ...] = ()
    """What the first of these numbers stands for in each component; none for the bounds of the observation space."""
    high: tuple[float, ...] = ()
    """What the last of these numbers stands for."""
    horizon: int = 4
    """Steps of each game between two rounds of corrections (T)."""
    discount: float = 0.9
    """Of rewards, a step (gamma)."""
    learning_rate: float = 0.2
    """Share of an error that is corrected at the beginning (eta)."""
    final_learning_rate: float = 0.001
    """The same at the end."""
    schedule: Annealing = "linear"
    """How it changes: constant, linear or cosine."""
    exploration: float = 1.0
    """Share of actions that are drawn from all allowed ones, at the beginning (epsilon)."""
    final_exploration: float = 0.01
    """The same at the end of the exploration."""
    exploring: float = 0.5
    """Share of the training after which exploration is at its final value; it falls on a line."""
    initial: float = 0.0
    """Value of what was never tried; more than can be had makes curious."""
    masked: bool = True
    """Obey the environment's action mask."""

    def __post_init__(self) -> None:
        """Refuse what nothing can be learned by.

        Raises:
            ValueError: see `check_numbers`; a correction of more than the error; a first value that is no number.
        """
        check_numbers(self)
        if max(self.learning_rate, self.final_learning_rate) > 1 or not math.isfinite(self.initial):
            raise ValueError(
                f"learning_rate is {self.learning_rate}, final_learning_rate {self.final_learning_rate} and initial "
                f"{self.initial}; give shares of an error, 0 to 1, and a value"
            )


class QLearning(Learner):
    """Learns a table of the values of actions.

    Args:
        envs: N games with next-step autoreset, Discrete actions and observations that are vectors.
        settings: see there.
        seed: of games and chance.
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
        self._actions = spaces_of(envs).actions
        levels = s.levels[0] if len(s.levels) == 1 else s.levels
        grid = Discretizer.of(
            envs.single_observation_space, components=s.components, levels=levels, low=s.low, high=s.high
        )
        self.table = Table(grid, self._actions, s.initial)
        game_seed = int(self._rng.integers(1 << 31, 1 << 32))
        as_it_is = Symmetry((), self._actions, on=False)
        self._collector = Collector(envs, as_it_is, steps=s.horizon, seed=game_seed, masked=s.masked)
        self._exploration = s.exploration
        self.steps = 0

    def step(self, progress: float) -> dict[str, float]:
        """Play T steps of N games, and correct what the table says of them."""
        s = self.settings
        self._exploration = exploration_at(s.exploration, s.final_exploration, s.exploring, progress)
        rollout = self._collector.collect(self._choose)
        self.steps += rollout.actions.size
        targets = lambda_returns(
            rollout.rewards, rollout.values, rollout.terminated, rollout.ended, discount=s.discount, trace=0.0
        )
        observations = rollout.observations[rollout.valid]
        actions, targets = rollout.actions[rollout.valid], targets[rollout.valid]
        learning_rate = anneal(s.schedule, s.learning_rate, s.final_learning_rate, progress)
        rows = self.table.meet(observations)
        errors = correct(self.table.values, rows, actions, targets, learning_rate)
        return rollout.told() | {
            "exploration": self._exploration,
            "error": float(np.abs(errors).mean()) if len(errors) else float("nan"),
            "rows": len(self.table),
        }

    def agent(self) -> TableAgent:
        """See `Learner.agent`."""
        table = Table(self.table.grid, self._actions)
        table.restore(self.table.state())
        return TableAgent(table, self.environment, masked=self.settings.masked, name="q")

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """See `Learner.state`."""
        return states_of(self._owners()), {"steps": self.steps, "rng": self._rng.bit_generator.state}

    def restore(self, arrays: Arrays, header: dict[str, Any]) -> None:
        """See `Learner.restore`."""
        restore_all(self._owners(), arrays)
        self.steps, self._rng.bit_generator.state = header["steps"], header["rng"]

    def _owners(self) -> dict[str, Stateful]:
        return {"table": self.table, "collector": self._collector}

    def _choose(self, observations: NDArray[Any], masks: BoolArray) -> Choice:
        """Now and then by chance; the value is that of the best allowed action, whatever is chosen."""
        values = self.table.values[self.table.find(observations)]
        actions = epsilon_greedy(values, masks, self._exploration, self._rng)
        return Choice(actions, best_value(values, masks))


def correct(
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
        (B,) y - Q(s, a) as it was before.
    """
    errors: NDArray[np.float64] = targets - values[rows, actions]
    cells, cell, k = np.unique(rows * values.shape[1] + actions, return_inverse=True, return_counts=True)
    mean = np.bincount(cell, weights=errors, minlength=len(cells)) / k
    values.reshape(-1)[cells] += (1 - (1 - learning_rate) ** k) * mean
    return errors
