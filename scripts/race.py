"""Racers eat the same food: what each piece is drawn from depends on the seed and on the food before it alone.

In a game as it is, draws that meet a body are made again, so that two players of one seed soon get other food.
"""

from typing import Any

import gymnasium as gym
import numpy as np

from match import Game


def seed_food(env: gym.Env[Any, Any], seed: int) -> None:
    """Draw the next food from a stream of its own: two racers get it on the same cell, unless one of them lies there.

    Args:
        env: a game of Snake that goes on.
        seed: of the race.
    """
    base: Any = env.unwrapped
    state = base.get_state()
    stream = np.random.SeedSequence([seed, int(state["score"][0])]).generate_state(1, np.uint64)
    base.set_state(state | {"stream": stream})


class Rival(Game):
    """An agent's game in a race."""

    def step(self) -> None:
        """Play one move; nothing happens in a game that is over."""
        if not self.over:
            seed_food(self._env, self.seed)
        super().step()
