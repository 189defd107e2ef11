"""The state of N games as arrays: all that a game consists of, for observations, rendering, search and copies."""

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
StreamArray = NDArray[np.uint64]
BodyArray = NDArray[np.unsignedinteger[Any]]  # uint8 or uint16
T = TypeVar("T", bound=np.generic)

HEAD, BODY, FOOD, OBSTACLES = range(
    4
)  # the planes of a board, in the order in which engines and observations hold them


def read_only(array: NDArray[T]) -> NDArray[T]:
    """Return the array, which can no longer be changed: for arrays that are shared, as those of a cache are."""
    array.setflags(write=False)
    return array


def as_items(boards: BodyArray) -> NDArray[np.void]:
    """View boards (N, cells) as (N,), one item for each board, which NumPy copies as a whole."""
    return boards.view(np.dtype((np.void, boards.shape[1] * boards.itemsize)))[:, 0]


class State(NamedTuple):
    """N games on boards of one shape. Cells are numbered row by row: cell = row * W + col.

    The body holds for each cell the number of steps until the snake has left it: 1 at the tail, the length of the snake
    at the head, 0 where there is no snake. These numbers also give the order of the body's cells.
    """

    body: BodyArray  # (N, H, W) steps until the cell is free; uint8 up to 255 cells, else uint16
    head: IntArray  # (N,) cell of the head
    heading: IntArray  # (N,) 0 up, 1 right, 2 down, 3 left
    food: IntArray  # (N, F) cells, -1 for food that no free cell was left for
    obstacles: BoolArray  # (H, W) the same for all games
    hunger: IntArray  # (N,) steps since the last food
    score: IntArray  # (N,) food eaten
    over: BoolArray  # (N,) whether the game has ended: the snake died, filled the board, or starved
    stream: StreamArray  # (N,) state of the game's random stream

    @property
    def length(self) -> IntArray:
        """(N,) number of cells of each snake."""
        N = len(self.head)
        return self.body.reshape(N, -1)[np.arange(N), self.head].astype(np.int64)

    @property
    def full(self) -> BoolArray:
        """(N,) whether the snake covers every cell without an obstacle."""
        full: BoolArray = self.length == np.count_nonzero(~self.obstacles)
        return full

    def only(self, games: IntArray) -> "State":
        """The state of the games with these indices, copied."""
        return State(*(array if name == "obstacles" else array[games] for name, array in self._asdict().items()))
