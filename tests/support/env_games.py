"""Games of the environment for one game, for its tests."""

from typing import Any

import numpy as np

from snake_env import SnakeEnv
from tests.support.boards import lines, state_of

ID = "snake_env/Snake-v1"


def play(env: SnakeEnv, steps: int, seed: int | None = None) -> list[Any]:
    """Everything that an environment returns in some steps, under a random policy that takes legal actions."""
    rng = np.random.default_rng(0)
    given: list[Any] = [env.reset(seed=seed)]
    for _ in range(steps):
        legal = np.flatnonzero(given[-1][-1]["action_mask"])
        given.append(env.step(int(rng.choice(legal)) if len(legal) else 0))
        if given[-1][2] or given[-1][3]:
            given.append(env.reset())
    return given


def env_on(text: str, **arguments: Any) -> SnakeEnv:
    """An environment that goes on from a drawn board without obstacles."""
    rows = lines(text)
    env = SnakeEnv(height=len(rows), width=len(rows[0]), food=max(1, text.count("*")), **arguments)
    env.set_state(state_of(text))
    return env


BOARDS: list[dict[str, Any]] = [
    {"height": 4, "width": 5},
    {"height": 5, "width": 4, "walls": "wrap", "food": 2},
    {"height": 5, "width": 6, "initial_length": [25, 29]},
    {
        "height": 6,
        "width": 5,
        "obstacles": "pillars",
        "actions": "relative",
        "initial_length": [1, 12],
        "hunger_limit": 9,
    },
]
