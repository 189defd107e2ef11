"""Classification of how games ended, from their last states. It is separate from the steps, so that they stay fast."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from snake_env.engine.rules import BLOCKED, Rules
from snake_env.engine.state import BoolArray, IntArray, State
from snake_env.vector_env import SnakeVectorEnv


def classify_endings(state: State, rules: Rules, actions: IntArray, truncated: BoolArray) -> NDArray[np.str_]:
    """Return how each of N games ended with its last step; "" for a game that is not over.

    - "full": the snake filled the board.
    - "starved": no food for `hunger_limit` steps, or truncated by a wrapper.
    - "trapped": the snake died, and every action was fatal.
    - "wall": it left the board or ran into an obstacle, and another action would have saved it.
    - "body": it ran into itself or turned back, and another action would have saved it.

    A fatal action leaves the board unchanged. The cell that the action would have led to is therefore known from the
    last state.

    Args:
        state: of N games, after the step.
        rules: of the games.
        actions: (N,) of the step.
        truncated: (N,) as the environment returned it for the step. A death on the step of the hunger limit is
            terminated, and not truncated.
    """
    games = np.arange(len(state.head))
    next_pose = rules.next_pose[rules.pose_row(4 * state.head + state.heading, state.length)]  # (N, A)
    target = np.where(next_pose == BLOCKED, 0, next_pose >> 2)
    steps_until_free = state.body.reshape(len(games), -1)[games[:, None], target]
    fatal = (next_pose == BLOCKED) | (steps_until_free > 1)  # the cell of the tail, with 1, can be entered
    # A game that is over before the hunger limit has not starved, even if a wrapper truncated it on the same step.
    died_or_won = state.over & (state.hunger < rules.steps_to_starve)
    causes = {
        "": ~(state.over | truncated),
        "full": state.full,
        "starved": truncated & ~died_or_won,
        "trapped": fatal.all(axis=1),
        "wall": rules.neighbours[state.head, rules.turned[state.heading, actions]] < 0,
    }
    return np.select(list(causes.values()), list(causes), default="body")


def find_endings(envs: VectorEnv[Any, Any, Any], actions: IntArray, truncations: BoolArray) -> NDArray[np.str_]:
    """Return how each game of a vector environment ended with the last step: (N,), see `classify_endings`.

    Args:
        envs: games of Snake with next-step autoreset, or wrappers of them that leave actions unchanged.
        actions: (N,) of the step.
        truncations: (N,) as the step returned them.

    Raises:
        ValueError: another environment, or another autoreset mode.
    """
    games = envs.unwrapped
    if not isinstance(games, SnakeVectorEnv):
        raise ValueError(f"{games} is not a SnakeVectorEnv")
    if games.autoreset_mode is not AutoresetMode.NEXT_STEP:
        raise ValueError(
            f"autoreset_mode is {games.autoreset_mode.value}, so the boards may be those of new games; use 'NextStep'"
        )
    return classify_endings(State(**games.get_state()), games.rules, actions, truncations)
