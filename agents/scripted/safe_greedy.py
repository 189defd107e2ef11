"""Safe greedy play: the shortest way to food after which the snake can still reach its tail.

A snake that reaches its tail by free cells can follow it for ever: each move frees the cell beside the new tail, and
food on the way, which holds the tail back by one move, makes up for it by the cell that it lay on. So a snake that eats
only where this stays true dies of hunger at most.
"""

from collections.abc import Iterator

import numpy as np

from agents.scripted.bitboard import Bitboard, Cells, cells_of
from agents.scripted.board import BoardAgent, Boards, BoolArray, IntArray

Body = list[int]  # cells from tail to head


class SafeGreedyAgent(BoardAgent):
    """Takes a shortest way to food after which the tail is in reach; otherwise follows its tail at a distance.

    Of the safe ways it takes the one that leaves the free cells in the fewest parts, since parts are hard to fill, and
    of those the shortest. While none is safe it keeps the tail in reach, the free cells together, and the way to the
    tail long, which moves the body out of the way of the food. That can go round in circles until the snake starves.
    """

    name = "safe-greedy"

    def choose(self, boards: Boards, allowed: BoolArray) -> IntArray:
        """A direction for each game, planned one game at a time."""
        board = Bitboard.of(boards.grid)
        order = boards.steps_until_free.argsort(axis=1, kind="stable")
        chosen = np.zeros(len(order), dtype=np.int64)
        for game, length in enumerate(boards.length.tolist()):
            body = order[game, boards.grid.cells - length :].tolist()
            food = cells_of(np.flatnonzero(boards.food[game]).tolist())
            ahead = boards.grid.neighbours[boards.head[game]].tolist()
            ways = [(direction, ahead[direction]) for direction in np.flatnonzero(allowed[game]).tolist()]
            if len(ways) == 1:
                chosen[game] = ways[0][0]
            elif ways:
                chosen[game] = _safe_way_to_food(board, body, food, ways)
                if chosen[game] < 0:
                    chosen[game] = _way_around(board, body, food, ways)
        return chosen


def _safe_way_to_food(board: Bitboard, body: Body, food: Cells, ways: list[tuple[int, int]]) -> int:
    """The direction in which food can be eaten safely, or -1."""
    full = board.open.bit_count()
    best = (full, 0, -1)
    for direction, cell in ways:
        for path in _shortest_paths(board, body, cell, food):
            after = (body + path)[-len(body) - 1 :]
            if len(after) == full or _moves_to_tail(board, after):
                best = min(best, (board.parts(board.open & ~cells_of(after)), len(path), direction))
    return best[2]


def _way_around(board: Bitboard, body: Body, food: Cells, ways: list[tuple[int, int]]) -> int:
    """The direction to take while no food can be eaten safely."""
    values = []
    for direction, cell in ways:
        eats = food >> cell & 1
        # A snake of length 1 cannot turn back either: it counts as one of length 2.
        after = [*body, cell][-max(2, len(body) + eats) :]
        to_tail = _moves_to_tail(board, after)
        parts = board.parts(board.open & ~cells_of(after))
        values.append((to_tail > 0, not eats, -parts, to_tail, -direction))
    return -max(values)[-1]


def _shortest_paths(board: Bitboard, body: Body, first: int, food: Cells) -> Iterator[Body]:
    """Two of the shortest paths to each of the nearest pieces of food, from this cell on.

    A path may enter cells of the body that the snake has left by then.
    """
    fronts = [1 << first]  # the cells that are reached with each move
    seen, blocked = fronts[0], cells_of(body[1:])
    while not fronts[-1] & food:
        move = len(fronts)
        if move < len(body):
            blocked ^= 1 << body[move]
        front = board.around(fronts[-1]) & ~blocked & ~seen
        if not front:
            return
        seen |= front
        fronts.append(front)
    goals = fronts.pop() & food
    while goals:
        goal = (goals & -goals).bit_length() - 1
        goals &= goals - 1
        for preference in (1, -1):
            path = [goal]
            for front in reversed(fronts):
                path.append(next(cell for cell in board.beside[path[-1]][::preference] if front >> cell & 1))
            yield path[::-1]


def _moves_to_tail(board: Bitboard, body: Body) -> int:
    """Moves from the head to the tail by free cells; 0 if there is no way."""
    free, tail = board.open & ~cells_of(body), 1 << body[0]
    front, moves = 1 << body[-1], 0
    while front:
        front = board.around(front)
        moves += 1
        if front & tail and (moves > 1 or len(body) > 2):  # a snake of length 2 cannot turn back into its tail
            return moves
        front &= free
        free &= ~front
    return 0
