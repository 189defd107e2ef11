"""Videos and figures as files: true colours, and nothing half-written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from scripts.common.figure_file import save_figure
from scripts.common.video import save_video
from scripts.games.episode import play_episode
from scripts.games.players import find_agent
from snake_env.rendering.renderer import render_frame


def test_a_gif_keeps_the_colour_of_the_food(tmp_path: Path) -> None:
    """Which a long snake has hundreds of times the pixels of."""
    rules = {"height": 10, "width": 9}
    states = list(play_episode(find_agent("shortcut", rules), rules, 3))
    frames = [render_frame(state, tile=14) for state in states[len(states) // 3 :: 10]]
    save_video(frames, tmp_path / "game.gif", 25)
    with Image.open(tmp_path / "game.gif") as gif:
        shown = np.asarray(gif.convert("RGB")).astype(int)
    drawn = frames[0].astype(int)
    red = (drawn[..., 0] > 180) & (drawn[..., 1] < 110) & (drawn[..., 2] < 110)
    assert red.sum() > 20
    assert np.abs(shown - drawn)[red].mean() < 25


@pytest.mark.parametrize("ending", [".gif", ".mp4"])
def test_a_video_that_is_broken_off_leaves_the_old_one(ending: str, tmp_path: Path) -> None:
    def frames(until: int) -> list[Any]:
        drawn: list[Any] = [np.full((64, 64, 3), 20 * n, np.uint8) for n in range(until)]
        return drawn

    file = tmp_path / f"game{ending}"
    save_video(frames(4), file, 10)
    before = file.read_bytes()
    with pytest.raises((TypeError, AttributeError, ValueError)):
        save_video([*frames(3), None], file, 10)  # type: ignore[list-item]
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_figure_that_is_broken_off_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "curve.png"
    save_figure(Figure(), file)
    before = file.read_bytes()

    def interrupted(figure: Figure, path: Path, **_: object) -> None:
        path.write_bytes(b"half of " + str(figure).encode())
        raise KeyboardInterrupt

    monkeypatch.setattr(Figure, "savefig", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_figure(Figure(), file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
