"""Snake for reinforcement learning: `gymnasium.make("snake_env/Snake-v1")`, or `make_vec` for thousands of games."""

from gymnasium.envs.registration import register

from snake_env.engine.rules import Rules
from snake_env.engine.state import State
from snake_env.env import SnakeEnv
from snake_env.vector_env import SnakeVectorEnv

__all__ = ["Rules", "SnakeEnv", "SnakeVectorEnv", "State"]

# Two of Gymnasium's wrappers are left out, which take a part of every step: one asks for a reset before the first step,
# and so does the environment; the other checks what the environment takes and gives, which is for its tests to do.
register(
    id="snake_env/Snake-v1",
    entry_point="snake_env.env:SnakeEnv",
    vector_entry_point="snake_env.vector_env:SnakeVectorEnv",
    order_enforce=False,
    disable_env_checker=True,
)
