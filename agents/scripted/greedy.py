"""Greedy player: the shortest way to food, without a plan to survive."""

import numpy as np

from agents.scripted.board import BoardAgent, Boards
from agents.types import BoolArray, IntArray


class GreedyAgent(BoardAgent):
    """Moves to the allowed cell nearest to food. It does not look ahead, so it dies when its body encloses it."""

    name = "greedy"

    def choose(self, boards: Boards, allowed: BoolArray) -> IntArray:
        """Return the allowed direction whose next cell is nearest to food, the first of equals."""
        game, cell = np.nonzero(boards.food)  # one entry for each piece of food
        ahead = boards.grid.neighbours[boards.head]  # (N, 4)
        nearest = np.full(ahead.shape, boards.grid.cells)
        np.minimum.at(nearest, game, boards.grid.distance(ahead[game], cell[:, None]))
        return np.asarray(np.where(allowed, nearest, boards.grid.cells + 1).argmin(axis=1))
