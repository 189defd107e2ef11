"""Players that learn nothing: the baselines that learned ones are measured against."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import Actions, Agent
from agents.scripted.board import ACTIONS, BoardAgent, Boards, BoolArray, IntArray, check_choice
from agents.scripted.cycle import CycleAgent, ShortcutAgent
from agents.scripted.safe_greedy import SafeGreedyAgent

RULES = {"walls": "solid", "actions": "absolute"}  # what an observation does not show, and its default


class RandomAgent(Agent):
    """Takes each allowed action with equal probability.

    Args:
        actions: "absolute" or "relative"; how many there are if no mask says so.
        seed: of the generator that is used where `act` gets none.
    """

    name = "random"

    def __init__(self, *, actions: str = "absolute", seed: int = 0) -> None:
        check_choice("actions", actions, ACTIONS)
        self.environment = {"observation": "planes"}
        self._actions = ACTIONS[actions]
        self._rng = np.random.default_rng(seed)

    def act(
        self,
        observations: NDArray[Any],
        action_mask: NDArray[np.int8] | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> Actions:
        """An action for each of N games: any allowed one; any at all where none is allowed."""
        if action_mask is None:
            action_mask = np.ones((len(observations), self._actions), dtype=np.int8)
        # The greatest of A random numbers is each of them with equal probability.
        return np.asarray((action_mask + (rng or self._rng).random(action_mask.shape)).argmax(axis=1))


class GreedyAgent(BoardAgent):
    """Moves to the cell nearest to food, as if the snake were not in the way: it dies when it has shut itself in."""

    name = "greedy"

    def choose(self, boards: Boards, allowed: BoolArray) -> IntArray:
        """The allowed direction after which the nearest food is nearest; the first of equals."""
        game, cell = np.nonzero(boards.food)  # one entry for each piece of food
        ahead = boards.grid.neighbours[boards.head]  # (N, 4)
        nearest = np.full(ahead.shape, boards.grid.cells)
        np.minimum.at(nearest, game, boards.grid.distance(ahead[game], cell[:, None]))
        return np.asarray(np.where(allowed, nearest, boards.grid.cells + 1).argmin(axis=1))


SCRIPTED: dict[str, Callable[..., Agent]] = {
    "random": lambda walls, actions: RandomAgent(actions=actions),  # noqa: ARG005  as the others are made
    "greedy": GreedyAgent,
    "safe-greedy": SafeGreedyAgent,
    "cycle": CycleAgent,
    "shortcut": ShortcutAgent,
}


def make(name: str, environment: Mapping[str, Any]) -> Agent:
    """The scripted player of this name, for an environment with these keyword arguments.

    Raises:
        ValueError: there is no such player, or there are no such walls or actions.
    """
    if name not in SCRIPTED:
        raise ValueError(f"there is no scripted agent {name!r}; choose one of {', '.join(map(repr, SCRIPTED))}")
    return SCRIPTED[name](**{rule: environment.get(rule, default) for rule, default in RULES.items()})
