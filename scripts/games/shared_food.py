"""Games on the same food: what each piece is drawn from depends on the seed and on the food before it alone.

In a game as it is, draws that meet a body are made again, so that two players of one seed soon get other food.
"""

from typing import Any

import gymnasium as gym
import numpy as np


def seed_food(env: gym.Env[Any, Any], seed: int) -> None:
    """Draw the next food from a stream of its own: all players get it on the same cell, unless one of them lies there.

    Args:
        env: a game of Snake that goes on; to be called before each step.
        seed: of the game.
    """
    base: Any = env.unwrapped
    state = base.get_state()
    stream = np.random.SeedSequence([seed, int(state["score"][0])]).generate_state(1, np.uint64)
    base.set_state(state | {"stream": stream})
