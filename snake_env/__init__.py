"""Snake for reinforcement learning: `gymnasium.make("snake_env/Snake-v1")`, or `make_vec` for N games at once."""

from gymnasium.envs.registration import register

from snake_env.engine.rules import Rules
from snake_env.engine.state import State
from snake_env.env import SnakeEnv
from snake_env.vector_env import SnakeVectorEnv

__all__ = ["Rules", "SnakeEnv", "SnakeVectorEnv", "State"]

# Two of Gymnasium's default wrappers are disabled, since they slow down every step. OrderEnforcing requires a reset
# before the first step, which the environment does itself. PassiveEnvChecker checks actions and observations, which the
# tests do.
register(
    id="snake_env/Snake-v1",
    entry_point="snake_env.env:SnakeEnv",
    vector_entry_point="snake_env.vector_env:SnakeVectorEnv",
    order_enforce=False,
    disable_env_checker=True,
)
