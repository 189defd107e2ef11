"""Check a state before a game continues from it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import State


def check_state(state: State | Mapping[str, Any], rules: Rules, num_games: int) -> State:
    """Return the state of `num_games` games in the engines' dtypes, if these rules allow it.

    Raises:
        ValueError: a missing or unknown array, a wrong shape, or values that no game can have; the message names it.
    """
    H, W, cells, F = rules.height, rules.width, rules.cells, rules.food
    if not isinstance(state, State | Mapping):
        raise ValueError(f"the state is {state!r}; pass a state from get_state()")
    arrays: dict[str, Any] = state._asdict() if isinstance(state, State) else dict(state)
    if set(arrays) != set(State._fields):
        raise ValueError(
            f"the state has {sorted(arrays)}; it needs exactly {sorted(State._fields)}: pass a state from get_state()"
        )
    N = num_games
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(State._fields, (N,)) | {
        "body": (N, H, W),
        "food": (N, F),
        "obstacles": (H, W),
    }
    dtypes: dict[str, Any] = dict.fromkeys(State._fields, np.int64) | {
        "body": rules.body_dtype,
        "obstacles": np.bool_,
        "over": np.bool_,
        "stream": np.uint64,
    }
    checked: dict[str, Any] = {}
    for name, value in arrays.items():
        array: NDArray[Any] = _integer_array(value) if name == "stream" else np.asarray(value)
        if array.shape != shapes[name] or array.dtype.kind not in "biu":
            raise ValueError(
                f"the state's {name} has shape {array.shape} and dtype {array.dtype}; "
                f"these rules need integers of shape {shapes[name]}"
            )
        cast = array.astype(dtypes[name])
        if not np.array_equal(cast, array):
            raise ValueError(f"the state's {name} has values outside {np.dtype(dtypes[name])}")
        checked[name] = cast
    state = State(**checked)

    def require(condition: bool, problem: str) -> None:
        if not condition:
            raise ValueError(f"the state is corrupt: {problem}; pass a state from get_state(), unchanged")

    body = state.body.reshape(N, cells)
    require(np.array_equal(state.obstacles, rules.obstacle_map), "its obstacles are not those of these rules")
    require(bool(((state.head >= 0) & (state.head < cells)).all()), "a head is outside the board")
    require(bool(((state.heading >= 0) & (state.heading < 4)).all()), "a heading is not 0, 1, 2 or 3")
    require(bool((state.length == body.max(axis=1)).all()), "a head is not where the body is longest")
    require(not body[:, rules.obstacle_map.reshape(-1)].any(), "a body lies on an obstacle")
    for steps, length, heading in zip(body, state.length.tolist(), state.heading.tolist(), strict=True):
        order = np.argsort(steps, kind="stable")[cells - length :]
        require(
            0 < length == np.count_nonzero(steps)
            and np.array_equal(steps[order], np.arange(1, length + 1))
            and _connected(order, rules),
            "a body is not a path of cells from 1 at the tail to its length at the head",
        )
        require(
            length == 1 or rules.neighbours[order[-2], heading] == order[-1],
            "a heading does not point away from the neck",
        )
    require(bool(((state.food >= -1) & (state.food < cells)).all()), "food is outside the board")
    on_food = np.take_along_axis(body, np.maximum(state.food, 0), axis=1)
    blocked = rules.obstacle_map.reshape(-1)[np.maximum(state.food, 0)]
    require(not ((state.food >= 0) & ((on_food > 0) | blocked)).any(), "food lies on a snake or an obstacle")
    missing = (state.food < 0).any(axis=1)
    occupied = state.length + (state.food >= 0).sum(axis=1)
    require(not (missing & (occupied < len(rules.open_cells))).any(), "food is missing while cells are free")
    same = (state.food[:, :, None] == state.food[:, None, :]) & ~np.eye(F, dtype=bool) & (state.food >= 0)[:, :, None]
    require(not same.any(), "two pieces of food share a cell")
    # Hunger reaches the limit only in a game that is over.
    in_range = (state.hunger >= 0) & (state.hunger < rules.steps_to_starve + state.over)
    require(bool(in_range.all()), "a hunger is negative, or beyond the limit")
    require(bool((state.over | ~state.full).all()), "a board is full, but the game is not over")
    require(bool(((state.score >= 0) & (state.score < state.length)).all()), "a score does not fit the length")
    return state


def _integer_array(value: Any) -> NDArray[Any]:  # noqa: ANN401  any value that was passed
    """Return an array of integers: NumPy alone would turn a list of numbers around 2^63, as in JSON, into floats."""
    objects = np.asarray(value, object)
    is_uint64 = all(isinstance(number, int) and 0 <= number < 1 << 64 for number in objects.flat)
    return objects.astype(np.uint64) if is_uint64 else np.asarray(value)


def _connected(order: np.ndarray[Any, np.dtype[np.int64]], rules: Rules) -> bool:
    return bool((rules.neighbours[order[:-1]] == order[1:, None]).any(axis=1).all())
