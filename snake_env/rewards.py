"""Rewards by name and numbers: what a step is worth, from what it did to the game."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import BoolArray, IntArray, State

LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, kw_only=True)
class SparseReward:
    """reward = food * ate - death * died + win * won - starving * starved.

    Args:
        food: for each piece of food.
        death: subtracted when the snake dies.
        win: added for the full board.
        starving: subtracted when it starves. Without it, a learner that goes on from the value of what was cut off
            may find it best to walk in circles, safe and for ever.
    """

    food: float = 1.0
    death: float = 1.0
    win: float = 1.0
    starving: float = 0.0

    def outcome(self, ate: bool, died: bool, won: bool) -> float:
        """The reward for what happened in one game, but for starving."""
        return self.food * ate - self.death * died + self.win * won

    def outcomes(self, meals: IntArray, deaths: IntArray, won: BoolArray, starved: BoolArray) -> NDArray[np.float64]:
        """(N,) the rewards of N games: the numbers of those that ate and that died, and which won or starved."""
        rewards = np.zeros(len(won))
        rewards[deaths] = self.outcome(False, True, False)
        rewards[meals] = self.outcome(True, False, False)
        rewards[won.nonzero()[0]] = self.outcome(True, False, True)
        if self.starving:
            rewards[starved] -= self.starving
        return rewards


@dataclass(frozen=True, kw_only=True)
class DistanceReward(SparseReward):
    """The sparse reward plus discount * potential(next state) - potential(state).

    The potential is -scale * distance to the nearest food / (H + W), by moves on an empty board; 0 once the game is
    won or lost, and where there is no food. Shaped so, the best policy stays the best one, and a snake that walks in
    circles gains nothing (Ng, Harada, Russell, "Policy invariance under reward transformations", ICML 1999, eq. 2).

    Args:
        discount: the learner's discount.
        scale: the potential's range.
    """

    discount: float = 0.99
    scale: float = 1.0


REWARDS: dict[str, type[SparseReward]] = {"sparse": SparseReward, "distance": DistanceReward}


def build_reward(given: str | Mapping[str, Any]) -> SparseReward:
    """A reward from its name, or from {"name": ..., and its numbers}.

    Raises:
        ValueError: an unknown name or number, or a number that is not finite.
    """
    numbers: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {"name": given}
    name = numbers.pop("name", None)
    if not isinstance(name, str) or name not in REWARDS:
        raise ValueError(f"reward is {given!r}; name one of {', '.join(map(repr, REWARDS))}")
    known = [field.name for field in fields(REWARDS[name])]
    numbers = {key: value.item() if isinstance(value, np.number) else value for key, value in numbers.items()}
    for key, value in numbers.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if key not in known or not number or not abs(value) <= LARGEST:
            raise ValueError(f"reward has {key}={value!r}; {name!r} takes finite numbers for {', '.join(known)}")
    if not 0 <= numbers.get("discount", 0) <= 1:
        raise ValueError(f"reward has discount={numbers['discount']!r}; it must lie between 0 and 1")
    return REWARDS[name](**{key: float(value) for key, value in numbers.items()})


class Shaping:
    """discount * potential(next state) - potential(state) for N games, from step to step.

    Args:
        rules: of the games.
        reward: its discount and scale.
        num_games: N.
    """

    def __init__(self, rules: Rules, reward: DistanceReward, num_games: int) -> None:
        self._reward, self._width = reward, rules.width
        self._potential = np.zeros(num_games)
        # Moves from one row or column to another on an empty board: the shorter way round where they wrap.
        self._rows, self._cols = np.arange(rules.height), np.arange(rules.width)
        if rules.walls == "wrap":
            self._rows = np.minimum(self._rows, rules.height - self._rows)
            self._cols = np.minimum(self._cols, rules.width - self._cols)
        self._unit = rules.height + rules.width

    def start(self, state: State, games: IntArray | None = None) -> None:
        """Begin anew with these games, or with all."""
        chosen = slice(None) if games is None else games
        self._potential[chosen] = self._find(state)[chosen]

    def step(self, state: State, ended: BoolArray, new: BoolArray) -> NDArray[np.float64]:
        """(N,) what to add to the reward of a step.

        Args:
            state: after the step.
            ended: (N,) games won or lost by it, where the potential is 0; a game that starved goes on in principle.
            new: (N,) games that started with it, which get nothing.
        """
        before = self._potential
        self._potential = np.where(ended, 0.0, self._find(state))
        return np.where(new, 0.0, self._reward.discount * self._potential - before)

    def _find(self, state: State) -> NDArray[np.float64]:
        head_row, head_col = np.divmod(state.head[:, None], self._width)
        food_row, food_col = np.divmod(np.maximum(state.food, 0), self._width)  # (N, F)
        distance = self._rows[np.abs(head_row - food_row)] + self._cols[np.abs(head_col - food_col)]
        nearest = np.where(state.food < 0, self._unit, distance).min(axis=1)
        return np.where(nearest < self._unit, -self._reward.scale * nearest / self._unit, 0.0)
