"""The work of flood fills, counted: it decides the speed of `features`, and no result shows it."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from snake_env import SnakeVectorEnv
from snake_env.observations import flood
from snake_env.observations.flood import Flood

WORD = 8  # bytes


@pytest.mark.parametrize(
    ("width", "itemsize"), [(4, 1), (7, 1), (8, 2), (12, 2), (15, 2), (16, 4), (31, 4), (32, 8), (63, 8), (64, 8)]
)
@pytest.mark.parametrize("games", [1, 2, 3, 7, 8, 9, 63, 64, 65, 1000])
def test_bitboards_have_the_fewest_words_that_hold_the_games(width: int, itemsize: int, games: int) -> None:
    """The narrowest integers with a free bit between two games; of the games, only a part of a word is padding."""
    height = 5
    boards = Flood(height, width, wrap=False).pack(np.ones((games, height, width), dtype=bool))
    per_row = math.ceil(games * itemsize / WORD)
    assert boards.dtype.itemsize == itemsize
    assert boards.nbytes == (height + 2) * per_row * WORD
    some = np.arange(0, games, 2)
    assert flood.select(boards, some).nbytes == (height + 2) * math.ceil(len(some) * itemsize / WORD) * WORD


@pytest.mark.parametrize(
    ("rules", "most_words", "most_bytes"),
    [
        ({"height": 6, "width": 5}, 102_600, 32_000),
        ({"height": 10, "width": 10}, 299_592, 72_960),
        ({"height": 10, "width": 12, "walls": "wrap", "food": 3}, 747_156, 103_680),
        ({"height": 9, "width": 11, "obstacles": "cross", "initial_length": [3, 60]}, 358_435, 67_840),
    ],
    ids=str,
)
def test_the_features_of_some_games_take_no_more_work_than_they_did(
    rules: dict[str, Any], most_words: int, most_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words that are grown in 40 steps of 64 games, and the memory that is kept; with a tolerance of 5 %."""
    words = 0
    grow: Callable[..., None] = flood._grow

    def counted(history: Any, free: Any, width: int, *, wrap: bool) -> None:
        nonlocal words
        words += (len(history) - 1) * free.nbytes // WORD
        grow(history, free, width, wrap=wrap)

    monkeypatch.setattr(flood, "_grow", counted)
    envs = SnakeVectorEnv(64, observation="features", **rules)
    rng = np.random.default_rng(1)
    _, info = envs.reset(seed=1)
    for _ in range(40):
        luck = rng.random(info["action_mask"].shape)
        _, _, _, _, info = envs.step((info["action_mask"] + luck).argmax(axis=1))
    kept = envs._task.observe._flood._memory.nbytes  # type: ignore[attr-defined]
    assert words <= 1.05 * most_words
    assert kept <= 1.05 * most_bytes
