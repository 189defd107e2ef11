"""The same food for all players with one seed: each piece depends only on the seed and on the number of pieces eaten.

In an ordinary game a cell under the snake is drawn again, so that two players with one seed soon get different food.
"""

from typing import Any

import gymnasium as gym
import numpy as np


def seed_food(env: gym.Env[Any, Any], seed: int) -> None:
    """Draw the next food from its own random stream: on the same cell for all players whose snake is not on it.

    Args:
        env: a game of Snake that is not over; to be called before each step.
        seed: of the game.
    """
    base: Any = env.unwrapped
    state = base.get_state()
    stream = np.random.SeedSequence([seed, int(state["score"][0])]).generate_state(1, np.uint64)
    base.set_state(state | {"stream": stream})
