"""Boards as text, both ways, so that tests can draw boards.

..*..      ^ > v <    the head and where it looks       *  food
cba>.      a, b, ...  the body, from neck to tail       #  an obstacle
....#
"""

from collections import Counter
from string import ascii_letters
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from snake_env import Rules, State
from snake_env.task import RuleArguments

HEADS = "^>v<"
BODY = ascii_letters.replace("v", "")  # v is a head that looks down
DIRECTIONS = ((-1, 0), (0, 1), (1, 0), (0, -1))  # (row, col) of up, right, down, left


def lines(text: str) -> list[str]:
    return text.split()


def rules_of(text: str, **rules: Unpack[RuleArguments]) -> Rules:
    """The rules of a drawn board: its size, its obstacles and as many pieces of food as are drawn."""
    rows = lines(text)
    obstacles = "\n".join("".join("#" if sign == "#" else "." for sign in row) for row in rows)
    drawn: dict[str, Any] = {
        "height": len(rows),
        "width": len(rows[0]),
        "obstacles": obstacles if "#" in obstacles else None,
        "food": max(1, text.count("*")),
        "initial_length": 1,
    }
    return Rules(**(drawn | dict(rules)))


def state_of(text: str, *, stream: int = 0, hunger: int = 0, score: int = 0) -> State:
    """A drawn board as the state of one game; its food is in slots from the top left."""
    rows = lines(text)
    signs = np.array([list(row) for row in rows])
    snake = [sign for row in rows for sign in row if sign in BODY]
    length = len(snake) + 1
    assert sorted(snake, key=BODY.index) == list(BODY[: length - 1]), f"the body has gaps: {text}"
    body = np.zeros(signs.shape, dtype=np.uint8 if signs.size <= 255 else np.uint16)
    for step, sign in enumerate(reversed(BODY[: length - 1]), start=1):
        body[signs == sign] = step
    (head,) = np.flatnonzero(np.isin(signs, list(HEADS)))
    body.flat[head] = length
    pieces = np.flatnonzero(signs == "*").tolist()
    return State(
        body=body[None],
        head=np.array([head]),
        heading=np.array([HEADS.index(signs.flat[head])]),
        food=np.array([pieces or [-1]]),
        obstacles=signs == "#",
        hunger=np.array([hunger]),
        score=np.array([score]),
        over=np.array([False]),
        stream=np.array([stream], dtype=np.uint64),
    )


def drawing(state: State, game: int = 0, *, food: bool = True) -> list[str]:
    """One game of a state, drawn; with or without its food."""
    signs = np.where(state.obstacles, "#", ".")
    length = int(state.length[game])
    for cell in np.flatnonzero(state.body[game]):
        signs.flat[cell] = BODY[length - int(state.body[game].flat[cell]) - 1]
    signs.flat[state.head[game]] = HEADS[state.heading[game]]
    if food:
        for cell in state.food[game][state.food[game] >= 0]:
            assert signs.flat[cell] == ".", "food lies on something"
            signs.flat[cell] = "*"
    return ["".join(row) for row in signs]


def repeated(state: State, streams: npt.NDArray[np.uint64]) -> State:
    """The first game of a state N times, each with its own random stream (N,)."""
    N = len(streams)
    arrays = {name: np.repeat(array, N, axis=0) for name, array in state._asdict().items() if name != "obstacles"}
    return State(**(arrays | {"obstacles": state.obstacles, "stream": streams}))


def spread(counts: Counter[int], cells: set[int]) -> float:
    """How many standard deviations chi square lies above what equally likely cells give."""
    draws, freedom = counts.total(), len(cells) - 1
    expected = draws / len(cells)
    square = sum((counts[cell] - expected) ** 2 / expected for cell in cells)
    return float((square - freedom) / np.sqrt(2 * max(1, freedom)))
