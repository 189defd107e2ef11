"""Games as GIF and MP4: every file is read back and compared with the frames that were written."""

import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scripts import record
from scripts.common.video import COLOURS, gif_palette, save_video
from scripts.games.episode import play_episode
from scripts.games.playback_match import new_match
from scripts.games.players import find_agent
from scripts.games.side_by_side import side_by_side
from snake_env.rendering.renderer import GAP, render_frame

RULES = {"height": 5, "width": 8}
APPLE, MINT = (244, 98, 64), (134, 240, 190)  # of food and head, as tiles.py draws them


@pytest.fixture(scope="module")
def frames() -> list[NDArray[np.uint8]]:
    return [render_frame(state, tile=14) for state in play_episode(find_agent("cycle", RULES), RULES, 4)]


def decoded(path: Path) -> tuple[list[NDArray[np.uint8]], list[int]]:
    """The frames of a GIF as a viewer shows them, and how many milliseconds each stays."""
    pictures, milliseconds = [], []
    with Image.open(path) as gif:
        for number in range(getattr(gif, "n_frames", 1)):
            gif.seek(number)
            pictures.append(np.asarray(gif.convert("RGB")))
            milliseconds.append(int(gif.info["duration"]))
    return pictures, milliseconds


def near(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> int:
    """How many pixels have about this colour."""
    return int((np.abs(picture.astype(int) - colour).max(axis=-1) < 40).sum())


def test_a_gif_shows_the_frames_that_went_in(frames: list[NDArray[np.uint8]], tmp_path: Path) -> None:
    save_video(frames, tmp_path / "game.gif", 25)
    shown, milliseconds = decoded(tmp_path / "game.gif")
    assert len(shown) == len(frames)
    assert milliseconds == [40] * (len(frames) - 1) + [2000]
    palette = gif_palette(frames)
    for picture, frame in zip(shown, frames, strict=True):
        expected = Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
        np.testing.assert_array_equal(picture, np.asarray(expected))
        assert np.abs(picture.astype(int) - frame).mean() < 3
    assert near(shown[0], APPLE) > 20
    assert near(shown[0], MINT) > 20


def test_a_gif_holds_one_palette_and_little_for_a_frame_that_changes_little(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    still = 64 * rng.integers(0, 4, (40, 60, 3), np.uint8)  # 64 colours, which do not compress
    changed = [still.astype(np.uint8) for _ in range(11)]
    for number, frame in enumerate(changed):
        frame[number, 2 * number : 2 * number + 3] = 255
    save_video(changed[:1], tmp_path / "one.gif", 20)
    save_video(changed, tmp_path / "eleven.gif", 20)
    one, eleven = ((tmp_path / name).stat().st_size for name in ("one.gif", "eleven.gif"))
    assert one > 1000
    assert (eleven - one) / 10 < 60  # bytes a frame; a palette alone would take 3 * 64
    with Image.open(tmp_path / "eleven.gif") as gif:
        assert len(gif.getpalette() or []) // 3 <= COLOURS + 1


def test_frames_that_are_alike_are_shown_as_long(frames: list[NDArray[np.uint8]], tmp_path: Path) -> None:
    save_video([frames[0]] * 3 + [frames[1]], tmp_path / "game.gif", 10)
    shown, milliseconds = decoded(tmp_path / "game.gif")
    assert milliseconds == [300, 2000]
    assert (shown[0] != shown[1]).any()


def test_an_mp4_has_every_frame_and_even_sides(tmp_path: Path) -> None:
    import imageio_ffmpeg

    picture = np.zeros((33, 47, 3), np.uint8)
    picture[:, :20] = (220, 60, 30)
    save_video([picture] * 12, tmp_path / "game.mp4", 6)
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "game.mp4")) == (12, pytest.approx(2, abs=0.1))
    decode = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", tmp_path / "game.mp4", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    pixels = subprocess.run(decode, capture_output=True, check=True).stdout
    shown = np.frombuffer(pixels, np.uint8).reshape(12, 32, 46, 3)[5]
    assert np.abs(shown[:, 5:15].astype(int) - (220, 60, 30)).mean() < 12


def test_games_side_by_side_begin_alike_and_the_first_to_end_waits() -> None:
    games = {name: list(play_episode(find_agent(name, RULES), RULES, 7)) for name in ("cycle", "greedy")}
    assert games["cycle"][-1].full[0]
    assert not games["greedy"][-1].full[0]
    assert len(games["greedy"]) < len(games["cycle"])
    pictures = list(side_by_side(list(games.items()), tile=20))
    assert len(pictures) == len(games["cycle"])
    board = render_frame(games["cycle"][0], tile=20)
    height, width = board.shape[:2]
    strip = pictures[0].shape[0] - height
    assert pictures[0].shape == (height + width // 10, 2 * width + GAP, 3)
    first, last = pictures[0], pictures[-1]
    np.testing.assert_array_equal(first[strip:, :width], board)
    np.testing.assert_array_equal(first[strip:, -width:], board)  # the same food
    ended = render_frame(games["greedy"][-1], tile=20)
    for picture in pictures[len(games["greedy"]) - 1 :]:
        np.testing.assert_array_equal(picture[strip:, -width:], ended)
    assert (first[:strip, : width // 2] != first[:strip, -width : -width // 2]).any()  # two names
    assert near(first[:strip, width // 2 : width], MINT) == 0
    assert near(last[:strip, width // 2 : width], MINT) > 10  # "full", in green
    assert near(last[:strip, -width // 2 :], MINT) == 0
    assert (last[:strip, -width // 2 :].std(axis=(0, 1)) > 5).all()  # "over"


def test_a_long_name_keeps_its_end_and_leaves_the_ending_room() -> None:
    states = list(play_episode(find_agent("cycle", RULES), RULES, 7))[-1:]
    names = [f"{'a/very/long/way/' * 4}{number}" for number in (1, 2)]
    one, two = (next(side_by_side([(name, states)], tile=20)) for name in names)
    alone = next(side_by_side([("x", states)], tile=20))
    strip = one.shape[1] // 10
    assert (one[:strip] != two[:strip]).any()
    right = one.shape[1] - 3 * strip // 2  # "full" takes less
    np.testing.assert_array_equal(one[:strip, right:], alone[:strip, right:])


def test_record_finds_the_first_seed_that_fills_the_board(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = {"height": 4, "width": 5}
    agent = find_agent("greedy", rules)
    full = [seed for seed in range(300) if list(play_episode(agent, rules, seed))[-1].full[0]]
    before, wanted = next((one, two) for one, two in pairwise(full) if two > one + 1)
    out = tmp_path / "game.gif"
    words = ["greedy", "--height", "4", "--width", "5", "--until-full", "--seed", str(before + 1), "--out", str(out)]
    record.main(record.parse(words))
    assert f"the game of seed {wanted}," in capsys.readouterr().out
    assert len(decoded(out)[0]) == len(list(play_episode(agent, rules, wanted)))


def test_record_says_when_no_board_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MAX_SEARCHED", 3)
    with pytest.raises(ValueError, match="random fills the board in none of the 3 games from seed 5 on; give another"):
        record.main(record.parse(["random", "--until-full", "--seed", "5"]))


def test_record_keeps_the_end_of_a_game(tmp_path: Path) -> None:
    words = ["cycle", "greedy", "--height", "5", "--width", "8", "--every", "7", "--tile", "20", "--seed", "7"]
    shown, _ = decoded(record.main(record.parse([*words, "--out", str(tmp_path / "game.gif")])))
    match = new_match(["cycle", "greedy"], RULES, 7)
    match.play()
    assert len(shown) == len(range(0, match.length - 1, 7)) + 1
    assert near(shown[-1][: shown[-1].shape[1] // 20, : shown[-1].shape[1] // 2], MINT) > 10  # full


def test_record_needs_an_agent() -> None:
    with pytest.raises(ValueError, match="0 agents are given; give 1 to 4"):
        record.main(record.parse([]))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["ppo-10x10", "--height", "5", "--width", "8"], "ppo-10x10 cannot play on 5 x 8: it was trained on 10"),
        (["greedy", "--seed", "-1"], "seed is -1; give an integer from 0"),
        (["greedy", "--fps", "0"], "fps is 0"),
    ],
)
def test_record_says_what_cannot_be(words: list[str], line: str) -> None:
    with pytest.raises(ValueError, match=line):
        record.main(record.parse(words))
