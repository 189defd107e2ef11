"""Games that the window saves and opens: GIF, MP4 and replays."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pygame")

import pygame

from tests.support.ui.watching import BOARD, OpenWatch
from tests.support.ui.windows import press, write


def test_a_game_is_saved_as_gif(open_watch: OpenWatch, tmp_path: Path) -> None:
    w = open_watch("greedy", "greedy", rules=BOARD, seed=2)
    w.pause_at(8)
    length = w.view.match.length
    press(w.app, "g")
    w.until(lambda: w.view.notice.startswith("saved"))
    with Image.open(tmp_path / "greedy-greedy-seed2.gif") as gif:
        assert getattr(gif, "n_frames", 1) == length
        assert gif.size[0] > gif.size[1]


def test_a_game_is_saved_as_mp4(open_watch: OpenWatch, tmp_path: Path) -> None:
    import imageio_ffmpeg

    w = open_watch("greedy", rules=BOARD, seed=2)
    w.pause_at(8)
    length = w.view.match.length
    press(w.app, "m")
    w.until(lambda: w.view.notice.startswith("saved"))
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "greedy-seed2.mp4"))[0] == length


def test_a_replay_is_saved_and_opened(open_watch: OpenWatch, tmp_path: Path) -> None:
    w = open_watch("greedy", rules=BOARD, fps=240)
    w.until(lambda: w.view.match.over)
    w.pause_at(6)
    board, actions = w.board(), list(w.view.game.actions)
    press(w.app, "s")
    press(w.app, "s")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["greedy-seed3-2.json", "greedy-seed3.json"]
    press(w.app, "n")
    w.until(lambda: w.view.match.seed == 4)
    press(w.app, "o")
    write(w.app, "greedy-seed3.json")
    press(w.app, "return")
    w.until(lambda: w.view.match.is_replay)
    w.view.say("")  # what was said may lie over the board
    w.pause_at(6)
    np.testing.assert_array_equal(w.board(), board)
    press(w.app, "space")
    w.until(lambda: w.view.match.over)
    assert w.view.game.actions == actions
    pygame.event.post(pygame.event.Event(pygame.DROPFILE, file=str(tmp_path / "greedy-seed3-2.json")))
    match = w.view.match
    w.until(lambda: w.view.match is not match)
