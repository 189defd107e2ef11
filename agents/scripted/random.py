"""Random player: the lowest baseline."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import Actions, Agent
from agents.scripted.board import ACTIONS, check_choice
from agents.types import MaskArray


class RandomAgent(Agent):
    """Takes each allowed action with equal probability.

    Args:
        actions: "absolute" or "relative"; determines the number of actions where `act` gets no mask.
        seed: of the generator that is used where `act` gets none.

    Raises:
        ValueError: unknown actions.
    """

    name = "random"

    def __init__(self, *, actions: str = "absolute", seed: int = 0) -> None:
        check_choice("actions", actions, ACTIONS)
        self.environment = {"observation": "planes"}
        self._n_actions = ACTIONS[actions]
        self._rng = np.random.default_rng(seed)

    def act(
        self,
        observations: NDArray[Any],
        action_mask: MaskArray | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> Actions:
        """Return a random action for each of N games: an allowed one, or any one if none is allowed."""
        if action_mask is None:
            action_mask = np.ones((len(observations), self._n_actions), dtype=np.int8)
        # Each of A random numbers is the largest with equal probability.
        return np.asarray((action_mask + (rng or self._rng).random(action_mask.shape)).argmax(axis=1))
