"""The collector with symmetric views: observations, masks and actions of each game in its own view of the board."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.learning.rollout import Collector
from agents.policies.symmetry import Symmetry
from tests.support.boards import DIRECTIONS
from tests.support.rollouts import make_collector, make_snake, random_policy

Array = NDArray[Any]


@pytest.mark.parametrize(("height", "width", "views"), [(5, 5, 8), (4, 6, 4)])
def test_in_every_view_the_snake_moves_where_the_action_points(height: int, width: int, views: int) -> None:
    """Game i is shown in view i % K; there the head must move where the action points, and the mask knows the walls."""
    N = 2 * views
    collector = make_collector(make_snake(N, height, width, hunger_limit=15), 60, symmetric=True)
    rollout = collector.collect(random_policy(3))
    heads = rollout.observations[:, :, 0].reshape(60, N, -1).argmax(axis=2)
    moved = rollout.valid & ~rollout.terminated
    moved[-1] = False
    for t, game in np.argwhere(moved):
        row, col = divmod(int(heads[t, game]), width)
        down, right = DIRECTIONS[rollout.actions[t, game]]
        assert divmod(int(heads[t + 1, game]), width) == (row + down, col + right)
    for t, game in np.argwhere(rollout.valid):
        head, body, _, _ = rollout.observations[t, game]
        row, col = divmod(int(head.argmax()), width)
        unit = 255 // (height * width)
        free = [
            0 <= row + down < height and 0 <= col + right < width and body[row + down, col + right] <= unit
            for down, right in DIRECTIONS
        ]
        assert rollout.masks[t, game].tolist() == (free if any(free) else [True] * 4)


def test_each_game_keeps_its_view() -> None:
    symmetry = Symmetry((4, 5, 5), 4)
    collector, twin = Collector(make_snake(16, 5, 5), symmetry, n_steps=20, seed=7), make_snake(16, 5, 5)
    rollout = collector.collect(random_policy(5))
    observations, _ = twin.reset(seed=7)
    for t in range(20):
        for game in range(16):
            board = observations[game]
            turns, mirrored = divmod(game % 8, 2)
            for _ in range(turns):  # clockwise: the bottom row, read from left to right, becomes the left column
                board = np.stack([board[:, ::-1, col] for col in range(5)], axis=1)
            board = board[:, :, ::-1] if mirrored else board
            np.testing.assert_array_equal(rollout.observations[t, game], board)
        meant = [symmetry.from_view[game % 8][rollout.actions[t, game]] for game in range(16)]
        observations = twin.step(np.array(meant))[0]


def test_with_relative_actions_the_odd_games_are_mirrored() -> None:
    """Two views: the twin's board mirrored, its mask read from right to left, and left and right exchanged."""
    rules: dict[str, Any] = {"actions": "relative", "observation": "ego", "hunger_limit": 12, "initial_length": (3, 12)}
    T, N = 40, 6
    collector, twin = make_collector(make_snake(N, **rules), T, symmetric=True), make_snake(N, **rules)
    policy = random_policy(2)
    observations, info = twin.reset(seed=7)
    turns = 0
    for _ in range(3):
        rollout = collector.collect(policy)
        for t in range(T):
            mask = info["action_mask"] == 1
            mask[~mask.any(axis=1)] = True
            actions = rollout.actions[t].copy()
            for game in range(N):
                if game % 2:
                    np.testing.assert_array_equal(rollout.observations[t, game], observations[game][:, :, ::-1])
                    assert rollout.masks[t, game].tolist() == mask[game].tolist()[::-1]
                    actions[game] = 2 - actions[game]
                    turns += bool(rollout.valid[t, game] and actions[game] != 1)
                else:
                    np.testing.assert_array_equal(rollout.observations[t, game], observations[game])
                    assert rollout.masks[t, game].tolist() == mask[game].tolist()
            observations, rewards, terminated, truncated, info = twin.step(actions)
            np.testing.assert_array_equal(rollout.rewards[t], rewards.astype(np.float32))
            np.testing.assert_array_equal(rollout.ended[t], terminated | truncated)
    assert turns > 50
