"""Reading a state that was handed in: every array is checked before a game goes on from it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import State


def check_state(given: State | Mapping[str, Any], rules: Rules, num_games: int) -> State:
    """The state of `num_games` games in the engines' dtypes, if it is one that these rules allow.

    Raises:
        ValueError: a missing or unknown array, another shape, or values that no game can have; the message names it.
    """
    H, W, cells, F = rules.height, rules.width, rules.cells, rules.food
    if not isinstance(given, State | Mapping):
        raise ValueError(f"the state is {given!r}; hand in what get_state() gave")
    arrays: dict[str, Any] = given._asdict() if isinstance(given, State) else dict(given)
    if set(arrays) != set(State._fields):
        raise ValueError(
            f"the state has {sorted(arrays)}; it needs exactly {sorted(State._fields)}: hand in what get_state() gave"
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
        array: NDArray[Any] = _whole(value) if name == "stream" else np.asarray(value)
        if array.shape != shapes[name] or array.dtype.kind not in "biu":
            raise ValueError(
                f"the state's {name} has shape {array.shape} and dtype {array.dtype}; "
                f"these rules need whole numbers of shape {shapes[name]}"
            )
        cast = array.astype(dtypes[name])
        if not np.array_equal(cast, array):
            raise ValueError(f"the state's {name} has values outside {np.dtype(dtypes[name])}")
        checked[name] = cast
    state = State(**checked)

    def require(holds: bool, problem: str) -> None:
        if not holds:
            raise ValueError(f"the state is corrupt: {problem}; hand in what get_state() gave, unchanged")

    body = state.body.reshape(N, cells)
    require(np.array_equal(state.obstacles, rules.obstacle_map), "its obstacles are not those of these rules")
    require(bool(((state.head >= 0) & (state.head < cells)).all()), "a head is outside the board")
    require(bool(((state.heading >= 0) & (state.heading < 4)).all()), "a heading is not 0, 1, 2 or 3")
    require(bool((state.length == body.max(axis=1)).all()), "a head is not where the body is longest")
    require(not body[:, rules.obstacle_map.reshape(-1)].any(), "a body lies on an obstacle")
    for cell_times, length, heading in zip(body, state.length.tolist(), state.heading.tolist(), strict=True):
        order = np.argsort(cell_times, kind="stable")[cells - length :]
        require(
            0 < length == np.count_nonzero(cell_times)
            and np.array_equal(cell_times[order], np.arange(1, length + 1))
            and _connected(order, rules),
            "a body is not one line of cells from 1 at the tail to its length at the head",
        )
        require(length == 1 or rules.neighbours[order[-2], heading] == order[-1], "a snake looks back or sideways")
    require(bool(((state.food >= -1) & (state.food < cells)).all()), "food is outside the board")
    on_food = np.take_along_axis(body, np.maximum(state.food, 0), axis=1)
    blocked = rules.obstacle_map.reshape(-1)[np.maximum(state.food, 0)]
    require(not ((state.food >= 0) & ((on_food > 0) | blocked)).any(), "food lies on a snake or an obstacle")
    missing = (state.food < 0).any(axis=1)
    occupied = state.length + (state.food >= 0).sum(axis=1)
    require(not (missing & (occupied < len(rules.open_cells))).any(), "food is nowhere while cells are free")
    same = (state.food[:, :, None] == state.food[:, None, :]) & ~np.eye(F, dtype=bool) & (state.food >= 0)[:, :, None]
    require(not same.any(), "two pieces of food share a cell")
    # A game that starves is over, and a step without food follows its last.
    hungry = (state.hunger >= 0) & (state.hunger < rules.steps_to_starve + state.over)
    require(bool(hungry.all()), "a hunger is negative, or beyond the limit")
    full = state.length == len(rules.open_cells)
    require(bool((state.over | ~full).all()), "a full board goes on")
    require(bool(((state.score >= 0) & (state.score < state.length)).all()), "a score does not fit the length")
    return state


def _whole(value: Any) -> NDArray[Any]:  # noqa: ANN401  whatever was handed in
    """An array of it; of a list of numbers around 2^63, as JSON gives it, NumPy alone would make floats."""
    objects = np.asarray(value, object)
    whole = all(isinstance(number, int) and 0 <= number < 1 << 64 for number in objects.flat)
    return objects.astype(np.uint64) if whole else np.asarray(value)


def _connected(order: np.ndarray[Any, np.dtype[np.int64]], rules: Rules) -> bool:
    return bool((rules.neighbours[order[:-1]] == order[1:, None]).any(axis=1).all())
