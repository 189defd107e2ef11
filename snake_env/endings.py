"""How games ended: looked up from their last boards by those who ask, so that no step is slower for it."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import BoolArray, IntArray, State
from snake_env.vector_env import SnakeVectorEnv


def classify_endings(
    state: State, rules: Rules, actions: NDArray[np.integer[Any]], truncated: BoolArray
) -> NDArray[np.str_]:
    """(N,) how each game ended with the last step: "full", "starved", "trapped", "wall" or "body".

    Args:
        state: after that step.
        rules: of the games.
        actions: (N,) of that step.
        truncated: (N,) which that step gave.
    """
    N, cells = (
        len(state.head),
        rules.neighbours[state.head][np.arange(len(state.head))[:, None], rules.turned[state.heading]],
    )
    into = state.body.reshape(N, -1)[np.arange(N)[:, None], cells]
    reversal = rules.turned[state.heading] == (state.heading[:, None] + 2) % 4
    safe = (cells >= 0) & (into <= 1) & ~reversal
    causes = {
        "full": state.full,
        "starved": truncated,
        "trapped": ~safe.any(axis=1),
        "wall": cells[np.arange(N), actions] < 0,
    }
    return np.select(list(causes.values()), list(causes), default="body")


def find_endings(envs: VectorEnv[Any, Any, Any], actions: IntArray, truncations: BoolArray) -> NDArray[np.str_]:
    """(N,) how each game ended with the step that was just made; without meaning for games that go on.

    A fatal move leaves the board, and with it the action mask, as it was, so what the snake ran into is where the move
    would have led.

    - "full": the board is full.
    - "starved": no food for `hunger_limit` steps, or truncated by a wrapper.
    - "trapped": every move was fatal.
    - "wall": it left the board or ran into an obstacle, and another move would have saved it.
    - "body": it ran into itself or turned back, and another move would have saved it.

    Args:
        envs: games of Snake with next-step autoreset, or such games in wrappers that leave actions as they are.
        actions: (N,) of that step.
        truncations: (N,) which that step gave.

    Raises:
        ValueError: other environments.
    """
    games = envs.unwrapped
    if not isinstance(games, SnakeVectorEnv):
        raise ValueError(f"{games} is no SnakeVectorEnv; only its games tell how they ended")
    if games.autoreset_mode is not AutoresetMode.NEXT_STEP:
        raise ValueError(f"autoreset_mode is {games.autoreset_mode.value}, so the boards may be new; use 'NextStep'")
    state, rules = State(**games.get_state()), games.rules
    ahead = rules.neighbours[state.head, rules.turned[state.heading, actions]]
    causes = {
        "full": state.length == len(rules.open_cells),
        "starved": truncations,
        "trapped": ~games.action_masks().any(axis=1),
        "wall": ahead < 0,
    }
    return np.select(list(causes.values()), list(causes), default="body")
