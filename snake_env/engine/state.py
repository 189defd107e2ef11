"""The state of N games as plain arrays: what an observation, a picture or a search needs, and all that a game is."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
StreamArray = NDArray[np.uint64]
BodyArray = NDArray[np.unsignedinteger[Any]]  # uint8 or uint16


def as_items(boards: BodyArray) -> NDArray[np.void]:
    """(N,) boards (N, cells), a view with each as one item, which NumPy copies at once."""
    return boards.view(np.dtype((np.void, boards.shape[1] * boards.itemsize)))[:, 0]


class State(NamedTuple):
    """N games on boards of one shape. Cells are numbered row by row: cell = row * W + col.

    The body says for each cell how many moves it takes until the snake has left it: the tail has 1, the head has the
    snake's length, a cell without snake 0. So it holds the order of the body, and it is what a player needs to know.
    """

    body: BodyArray  # (N, H, W) moves until the cell is free; uint8 up to 255 cells, else uint16
    head: IntArray  # (N,) cell of the head
    heading: IntArray  # (N,) 0 up, 1 right, 2 down, 3 left
    food: IntArray  # (N, F) cells, -1 where no free cell was left for it
    obstacles: BoolArray  # (H, W) the same for all games
    hunger: IntArray  # (N,) steps since the last food
    score: IntArray  # (N,) food eaten
    over: BoolArray  # (N,) has ended: died, filled the board, or starved
    stream: StreamArray  # (N,) state of the game's random stream

    @property
    def length(self) -> IntArray:
        """(N,) cells of each snake."""
        N = len(self.head)
        return self.body.reshape(N, -1)[np.arange(N), self.head].astype(np.int64)

    @property
    def full(self) -> BoolArray:
        """(N,) whether the snake covers every cell without an obstacle."""
        full: BoolArray = self.length == np.count_nonzero(~self.obstacles)
        return full

    def only(self, games: IntArray) -> "State":
        """The state of some of the games, copied."""
        return State(*(array if name == "obstacles" else array[games] for name, array in self._asdict().items()))
