"""Rewards by name: the reward of a step from its events, and potential-based shaping by the distance to food."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import BoolArray, IntArray, State

MAX_FLOAT = float(np.finfo(np.float64).max)


@dataclass(frozen=True, kw_only=True)
class SparseReward:
    """reward = food * ate - death * died + win * won - starving * starved.

    Args:
        food: added for each piece of food.
        death: subtracted when the snake dies.
        win: added when the snake fills the board.
        starving: subtracted when it starves. Without it, a learner that bootstraps from the value of the state at
            truncation may learn to move in safe circles for ever.
    """

    food: float = 1.0
    death: float = 1.0
    win: float = 1.0
    starving: float = 0.0

    def outcome(self, ate: bool, died: bool, won: bool) -> float:
        """The reward of one game for these events; `starving` is not included."""
        return self.food * ate - self.death * died + self.win * won

    def outcomes(self, meals: IntArray, deaths: IntArray, won: BoolArray, starved: BoolArray) -> NDArray[np.float64]:
        """Return the rewards of N games: (N,).

        Args:
            meals: (K,) indices of the games in which the snake ate.
            deaths: (K,) indices of the games in which it died.
            won: (N,) whether it filled the board.
            starved: (N,) whether it starved.
        """
        rewards = np.zeros(len(won))
        rewards[deaths] = self.outcome(False, True, False)
        rewards[meals] = self.outcome(True, False, False)
        rewards[won.nonzero()[0]] = self.outcome(True, False, True)
        if self.starving:
            rewards[starved] -= self.starving
        return rewards


@dataclass(frozen=True, kw_only=True)
class DistanceReward(SparseReward):
    """The sparse reward plus gamma * potential(next state) - potential(state).

    The potential is -scale * distance / (H + W) for the distance to the nearest food in steps on an empty board. It is
    0 when the game is won or lost, and where there is no food. This shaping does not change which policy is optimal,
    and walking in circles gains nothing (Ng, Harada, Russell, "Policy invariance under reward transformations", ICML
    1999, eq. 2).

    Args:
        gamma: the discount factor of the learner.
        scale: the range of the potential.
    """

    gamma: float = 0.99
    scale: float = 1.0


REWARDS: dict[str, type[SparseReward]] = {"sparse": SparseReward, "distance": DistanceReward}


def build_reward(reward: str | Mapping[str, Any]) -> SparseReward:
    """Build a reward from its name, or from {"name": ..., and its options}.

    Raises:
        ValueError: an unknown name or option, or a value that is not a finite number.
    """
    options: dict[str, Any] = dict(reward) if isinstance(reward, Mapping) else {"name": reward}
    name = options.pop("name", None)
    if not isinstance(name, str) or name not in REWARDS:
        raise ValueError(f"reward is {reward!r}; choose one of {', '.join(map(repr, REWARDS))}")
    known = [field.name for field in fields(REWARDS[name])]
    options = {key: value.item() if isinstance(value, np.number) else value for key, value in options.items()}
    for key, value in options.items():
        if key == "discount" and "gamma" in known:
            raise ValueError(f"reward has discount={value!r}; discount is now gamma")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key not in known or not is_number or not abs(value) <= MAX_FLOAT:
            raise ValueError(f"reward has {key}={value!r}; {name!r} takes finite numbers for {', '.join(known)}")
    if not 0 <= options.get("gamma", 0) <= 1:
        raise ValueError(f"reward has gamma={options['gamma']!r}; it must lie between 0 and 1")
    return REWARDS[name](**{key: float(value) for key, value in options.items()})


class Shaping:
    """gamma * potential(next state) - potential(state) for N games, step by step.

    Args:
        rules: of the games.
        reward: gamma and the scale of the potential.
        num_games: N.
    """

    def __init__(self, rules: Rules, reward: DistanceReward, num_games: int) -> None:
        self._reward, self._width = reward, rules.width
        self._potential = np.zeros(num_games)
        # Steps for a difference of rows or columns on an empty board; the shorter way around where edges are joined.
        self._rows, self._cols = np.arange(rules.height), np.arange(rules.width)
        if rules.walls == "wrap":
            self._rows = np.minimum(self._rows, rules.height - self._rows)
            self._cols = np.minimum(self._cols, rules.width - self._cols)
        self._unit = rules.height + rules.width

    def start(self, state: State, games: IntArray | None = None) -> None:
        """Set the potential of new games, with these indices, or of all games."""
        rows = slice(None) if games is None else games
        self._potential[rows] = self._compute_potential(state)[rows]

    def step(self, state: State, terminated: BoolArray, new: BoolArray) -> NDArray[np.float64]:
        """Return what the shaping adds to the rewards of a step: (N,).

        Args:
            state: after the step.
            terminated: (N,) games that were won or lost with it, where the potential is 0; truncated games are not.
            new: (N,) games that started with it, which get 0.
        """
        before = self._potential
        self._potential = np.where(terminated, 0.0, self._compute_potential(state))
        return np.where(new, 0.0, self._reward.gamma * self._potential - before)

    def _compute_potential(self, state: State) -> NDArray[np.float64]:
        head_row, head_col = np.divmod(state.head[:, None], self._width)
        food_row, food_col = np.divmod(np.maximum(state.food, 0), self._width)  # (N, F)
        distance = self._rows[np.abs(head_row - food_row)] + self._cols[np.abs(head_col - food_col)]
        nearest = np.where(state.food < 0, self._unit, distance).min(axis=1)
        return np.where(nearest < self._unit, -self._reward.scale * nearest / self._unit, 0.0)
