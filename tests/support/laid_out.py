"""Boards laid out by hand, for the tests of images and text."""

import numpy as np

from snake_env.engine.state import State

Cell = tuple[int, int]
STEPS = {(-1, 0): 0, (0, 1): 1, (1, 0): 2, (0, -1): 3}
FILLED_6X9 = [(row, col if row % 2 == 0 else 8 - col) for row in range(6) for col in range(9)]
WRAPPED = [(3, 1), (3, 0), (3, 5), (3, 4), (0, 4), (0, 5), (0, 0)]  # on 4 x 6: twice across the sides, once the bottom


def board(
    height: int,
    width: int,
    body: list[Cell],
    *,
    food: tuple[Cell, ...] = (),
    obstacles: tuple[Cell, ...] = (),
    heading: int | None = None,
    over: bool = False,
    score: int = 0,
) -> State:
    """One game with the body listed from tail to head."""
    steps = np.zeros((1, height, width), dtype=np.uint8 if height * width <= 255 else np.uint16)
    for count, cell in enumerate(body, start=1):
        steps[0][cell] = count
    blocks = np.zeros((height, width), dtype=bool)
    for cell in obstacles:
        blocks[cell] = True
    if heading is None:
        (row, col), (next_row, next_col) = body[-2:]
        step = (next_row - row + 1) % height - 1, (next_col - col + 1) % width - 1
        heading = STEPS[step]
    return State(
        body=steps,
        head=np.array([body[-1][0] * width + body[-1][1]]),
        heading=np.array([heading]),
        food=np.array([[row * width + col for row, col in food] or [-1]]),
        obstacles=blocks,
        hunger=np.zeros(1, dtype=np.int64),
        score=np.array([score]),
        over=np.array([over]),
        stream=np.zeros(1, dtype=np.uint64),
    )


SMALL = board(
    6, 9, [(4, 1), (4, 2), (4, 3), (3, 3), (2, 3)], food=((1, 7),), obstacles=((0, 0), (5, 5), (5, 6)), score=12
)
