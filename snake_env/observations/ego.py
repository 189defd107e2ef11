"""The planes in a square window around the head, rotated so that the snake looks up."""

from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from snake_env.engine.rules import Rules
from snake_env.engine.state import OBSTACLES, State
from snake_env.observations.features import OVERALL, PER_ACTION, Features
from snake_env.observations.planes import Planes

OUTSIDE = 1 << 40  # added to the index of a cell outside the board, which is then clipped to the last cell


class Ego:
    """(4, S, S) with S = 2 * radius + 1: the planes of `Planes`, with the head in the middle, looking up.

    Cells outside solid walls are obstacles; a board with joined edges repeats.

    Args:
        rules: of the games.
        radius: cells from the head to the edge of the window; by default enough to contain the board from any cell.
        moves: whether to add the values of `Features` for the moves left, straight and right, as 15 more planes: those
            of each move at the cell that it leads to, the others at the head, 0 elsewhere.
    """

    def __init__(self, rules: Rules, radius: int | None = None, moves: bool = False) -> None:
        self._rules = rules
        wrap = rules.walls == "wrap"
        side = max(rules.height, rules.width)
        if radius is None:
            radius = side // 2 if wrap else side - 1
        if not isinstance(radius, int | np.integer) or isinstance(radius, bool) or not 1 <= radius < 2 * side:
            raise ValueError(f"observation 'ego' has radius={radius!r}; choose 1 to {2 * side - 1} cells")
        if not isinstance(moves, bool):
            raise ValueError(f"observation 'ego' has moves={moves!r}; choose true or false")
        self._planes = Planes(rules)
        self._moves = Features(replace(rules, actions="relative")) if moves else None
        channels = 4 + (len(PER_ACTION) + len(OVERALL)) * moves
        radius = int(radius)
        size = 2 * radius + 1
        self.space = Box(0, self._planes.space.high.max(), (channels, size, size), rules.body_dtype)
        # The index of a window's cell in the board is the sum of a part for its row and a part for its column. The rows
        # of the window lie along rows of the board if the snake looks up or down, else along columns.
        steps = np.arange(-radius, radius + 1)
        rows = np.arange(rules.height)[:, None] + steps  # (H, S)
        cols = np.arange(rules.width)[:, None] + steps  # (W, S)
        if wrap:
            rows, cols = rows % rules.height, cols % rules.width
        row_part = np.where((rows >= 0) & (rows < rules.height), rows * rules.width, OUTSIDE)
        col_part = np.where((cols >= 0) & (cols < rules.width), cols, OUTSIDE)
        row, col = np.divmod(np.arange(rules.cells), rules.width)
        by_row, by_col = row_part[row], col_part[col]  # (cells, S)
        # For each heading (up, right, down, left): the parts from top to bottom of the window, and from left to right.
        down = np.stack((by_row, by_col[:, ::-1], by_row[:, ::-1], by_col))
        across = np.stack((by_col, by_row, by_col[:, ::-1], by_row[:, ::-1]))
        self._down = down.swapaxes(0, 1).reshape(4 * rules.cells, size)  # (4 * cells, S), indexed by pose
        self._across = across.swapaxes(0, 1).reshape(4 * rules.cells, size)
        self._window = np.empty((0, size, size), dtype=np.int64)

    def __call__(self, state: State) -> NDArray[Any]:
        """(N, C, S, S)."""
        planes = self._planes(state)
        N, cells = len(planes), self._rules.cells
        if self._window.shape[0] != N:
            # Kept between calls: allocating arrays of this size takes longer than filling them.
            self._window = np.empty((N, *self.space.shape[1:]), dtype=np.int64)
            self._views = np.empty((4, *self._window.shape), dtype=planes.dtype)
            self._board = np.zeros((4, N * cells + 1), dtype=planes.dtype)
            self._board[OBSTACLES, -1] = self.space.high.max()  # one more cell, which stands for all cells outside
        self._board[:, :-1].reshape(4, N, cells)[:] = planes.reshape(N, 4, cells).swapaxes(0, 1)
        pose = 4 * state.head + state.heading
        down = self._down.take(pose, axis=0) + (np.arange(N) * cells)[:, None]
        np.add(down[:, :, None], self._across.take(pose, axis=0)[:, None, :], out=self._window)  # (N, S, S)
        self._board.take(self._window, axis=1, out=self._views, mode="clip")
        if self._moves is None:
            return self._views.swapaxes(0, 1).copy()
        views = np.zeros((N, *self.space.shape), dtype=planes.dtype)
        views[:, :4] = self._views.swapaxes(0, 1)
        self._mark_moves(views[:, 4:], state)
        return views

    def _mark_moves(self, views: NDArray[Any], state: State) -> None:
        """Write the values of `Features` into planes (N, 15, S, S)."""
        assert self._moves is not None
        values = np.rint(self._moves(state) * self.space.high.max())
        K, r = len(PER_ACTION), views.shape[-1] // 2
        for move, (row, col) in enumerate(((r, r - 1), (r - 1, r), (r, r + 1))):  # left, straight, right
            views[:, :K, row, col] = values[:, move * K : (move + 1) * K]
        views[:, K:, r, r] = values[:, 3 * K :]
