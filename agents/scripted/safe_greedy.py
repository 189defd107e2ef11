"""Safe greedy player: the shortest path to food after which the snake can still reach its tail.

A snake that can reach its tail over free cells can follow it forever: each move frees a cell at the tail. Food on the
way keeps the tail in place for one move, but the cell of the food makes up for it. So a snake that eats only if this
stays true can die of hunger alone.
"""

from collections.abc import Iterator

import numpy as np

from agents.scripted.bitboard import Bitboard, BitboardOps, to_bitboard
from agents.scripted.board import BoardAgent, Boards
from agents.types import BoolArray, IntArray

Body = list[int]  # cells from tail to head


class SafeGreedyAgent(BoardAgent):
    """Takes a shortest path to food after which the tail can be reached; otherwise follows its tail.

    A path is safe if the tail can be reached after it. Of the safe paths to food, the player takes one that splits the
    free cells into the fewest connected components, since separate components are hard to fill, and of those the
    shortest. If no path is safe, it prefers, in this order, moves after which the tail can be reached, moves that do
    not eat, moves that leave the fewest components, and moves with the longest path to the tail, which takes the body
    away from the food. This can go in circles until the snake starves.
    """

    name = "safe-greedy"

    def choose(self, boards: Boards, allowed: BoolArray) -> IntArray:
        """Return a direction for each game, planned one game at a time."""
        board = BitboardOps.for_grid(boards.grid)
        order = boards.steps_until_free.argsort(axis=1, kind="stable")
        chosen = np.zeros(len(order), dtype=np.int64)
        for game, length in enumerate(boards.length.tolist()):
            body = order[game, boards.grid.cells - length :].tolist()
            food = to_bitboard(np.flatnonzero(boards.food[game]).tolist())
            ahead = boards.grid.neighbours[boards.head[game]].tolist()
            moves = [(direction, ahead[direction]) for direction in np.flatnonzero(allowed[game]).tolist()]
            if len(moves) == 1:
                chosen[game] = moves[0][0]
            elif moves:
                chosen[game] = _safe_move_to_food(board, body, food, moves)
                if chosen[game] < 0:
                    chosen[game] = _move_to_tail(board, body, food, moves)
        return chosen


def _safe_move_to_food(board: BitboardOps, body: Body, food: Bitboard, moves: list[tuple[int, int]]) -> int:
    """Return the direction of the best safe path to food, or -1 if no path is safe; moves: (direction, cell) each."""
    full = board.open.bit_count()
    best = (full, 0, -1)
    for direction, cell in moves:
        for path in _shortest_paths(board, body, cell, food):
            after = (body + path)[-len(body) - 1 :]
            if len(after) == full or _distance_to_tail(board, after):
                best = min(best, (board.components(board.open & ~to_bitboard(after)), len(path), direction))
    return best[2]


def _move_to_tail(board: BitboardOps, body: Body, food: Bitboard, moves: list[tuple[int, int]]) -> int:
    """Return the direction to take while no food can be eaten safely."""
    values = []
    for direction, cell in moves:
        eats = food >> cell & 1
        # A snake of length 1 counts as one of length 2: relative actions cannot turn it back.
        after = [*body, cell][-max(2, len(body) + eats) :]
        to_tail = _distance_to_tail(board, after)
        components = board.components(board.open & ~to_bitboard(after))
        values.append((to_tail > 0, not eats, -components, to_tail, -direction))
    return -max(values)[-1]


def _shortest_paths(board: BitboardOps, body: Body, first: int, food: Bitboard) -> Iterator[Body]:
    """Yield two shortest paths from this cell to each of the nearest pieces of food.

    A path may enter cells of the body that the snake has left by then.
    """
    fronts = [1 << first]  # the set of cells that are first reached with each move
    seen, blocked = fronts[0], to_bitboard(body[1:])
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
                path.append(next(cell for cell in board.adjacent[path[-1]][::preference] if front >> cell & 1))
            yield path[::-1]


def _distance_to_tail(board: BitboardOps, body: Body) -> int:
    """Return the number of moves from the head to the tail over free cells; 0 if there is no path."""
    free, tail = board.open & ~to_bitboard(body), 1 << body[0]
    front, moves = 1 << body[-1], 0
    while front:
        front = board.around(front)
        moves += 1
        if front & tail and (moves > 1 or len(body) > 2):  # a snake of length 2 cannot turn back into its tail
            return moves
        front &= free
        free &= ~front
    return 0
