"""Arguments and actions for the tests of the vector environment."""

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from snake_env import SnakeEnv

ID = "snake_env/Snake-v1"

# Short games that end in every way.
KINDS: list[dict[str, Any]] = [
    {"height": 4, "width": 5, "observation": "planes", "hunger_limit": 12},
    {"height": 5, "width": 4, "observation": "ego", "walls": "wrap", "food": 2, "initial_length": [14, 18]},
    {"height": 4, "width": 6, "observation": "features", "actions": "relative", "obstacles": "pillars"},
    {"height": 5, "width": 6, "observation": {"name": "rgb", "tile": 4}, "reward": "distance", "hunger_limit": 5},
    {"height": 16, "width": 17, "initial_length": [1, 200], "food": 30, "hunger_limit": 7, "reward": "distance"},
]
MODES = [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP]


def any_actions(info: dict[str, Any], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Legal actions mostly, fatal ones at times."""
    mask = info["action_mask"] + 0.03
    return np.array([rng.choice(len(row), p=row / row.sum()) for row in mask])


def singles(num_envs: int, mode: AutoresetMode, kind: dict[str, Any]) -> SyncVectorEnv:
    return SyncVectorEnv([partial(SnakeEnv, **kind)] * num_envs, autoreset_mode=mode)


LEFT, STRAIGHT = 0, 1
F, T = False, True
UP, RIGHT, DOWN, LEFTWARDS = range(4)
