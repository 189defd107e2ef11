"""The window in which agents play, driven by keys and mouse, and its pictures."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import watch
from agents import Agent, scripted
from match import Game, Match, new_match
from players import find_agent
from replay import open_replay, save_replay
from snake_env.renderer import draw_board

pygame = pytest.importorskip("pygame")

from tests.windows import click, drag, press, shot, wait, write  # noqa: E402  (needs pygame)
from ui.app import DISPLAYS, App  # noqa: E402
from watch_window import WatchWindow  # noqa: E402

pytestmark = pytest.mark.usefixtures("screen")

ROOT = Path(__file__).parents[1]
BOARD = {"height": 8, "width": 6}


class Watch:
    """A window on a match, and what tests ask of it."""

    def __init__(
        self, match: Match, size: tuple[int, int] = (900, 600), fps: float = 60, games: int | None = None
    ) -> None:
        self.view = WatchWindow(match, {}, fps=fps, games=games)
        self.app = App(self.view, size)

    @property
    def position(self) -> int:
        return self.view.playback.position

    def until(self, done: Callable[[], bool]) -> None:
        wait(self.app, done)

    def pause_at(self, position: int) -> None:
        self.view.playback.go(position)
        self.until(lambda: self.position == position and self.view.settled)
        self.app.frame()

    def board(self, number: int = 0) -> NDArray[np.uint8]:
        return shot(self.view.boards.places[number])

    def panel(self) -> NDArray[np.uint8]:
        """What lies right of the board, and above the scrubber."""
        place = self.view.boards.places[-1]
        return shot()[place.top : place.bottom, place.right + 40 :]


@pytest.fixture
def open_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Watch]]:
    monkeypatch.chdir(tmp_path)  # where games are saved
    opened: list[Watch] = []

    def make(*names: str, rules: dict[str, Any] | None = None, seed: int = 3, **options: Any) -> Watch:
        opened.append(Watch(new_match(names, rules or {}, seed), **options))
        opened[-1].app.frame()
        return opened[-1]

    yield make
    for one in opened:
        one.app.close()


def test_pausing_freezes_the_board(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("shortcut", rules=BOARD, fps=30)
    w.until(lambda: w.position >= 5)
    press(w.app, "space")
    w.until(lambda: w.view.settled)
    w.app.frame()
    board, position = w.board(), w.position
    end = time.monotonic() + 0.4
    while time.monotonic() < end:
        w.app.frame()
    assert w.position == position
    np.testing.assert_array_equal(w.board(), board)
    press(w.app, "space")
    w.until(lambda: w.position > position)
    assert (w.board() != board).any()


def test_stepping_back_shows_the_picture_before(open_watch: Callable[..., Watch]) -> None:
    """Of the board and of the panel."""
    w = open_watch("es-10x10")
    w.pause_at(30)
    board, panel = w.board(), w.panel()
    for name, position in (("right", 31), (".", 32), ("left", 31)):
        press(w.app, name)
        w.until(lambda position=position: w.position == position and w.view.settled)  # type: ignore[misc]
    w.app.frame()
    assert (w.board() != board).any()
    assert (w.panel() != panel).any()
    press(w.app, ",")
    w.until(lambda: w.view.settled)
    w.app.frame()
    np.testing.assert_array_equal(w.board(), board)
    np.testing.assert_array_equal(w.panel(), panel)


@pytest.mark.parametrize("size", [(640, 480), (900, 600), (1600, 1000)])
def test_the_board_is_drawn_pixel_by_pixel_at_any_size(open_watch: Callable[..., Watch], size: tuple[int, int]) -> None:
    w = open_watch("shortcut", rules=BOARD)
    pygame.display.set_mode(size, pygame.RESIZABLE)
    w.pause_at(12)
    w.until(lambda: w.view.settled)
    w.app.frame()
    (place,) = w.view.boards.places
    tile = place.height // 8
    assert tile == w.view.boards.tile >= 0.5 * size[1] / 8
    np.testing.assert_array_equal(w.board(), draw_board(w.view.match.games[0].moments[12].state, 0, tile))


def test_games_side_by_side_show_the_same_food(open_watch: Callable[..., Watch]) -> None:
    names = ("ppo-10x10", "shortcut", "greedy", "es-10x10")
    w = open_watch(*names, size=(1200, 760))
    w.pause_at(0)
    for number in range(1, 4):
        np.testing.assert_array_equal(w.board(number), w.board(0))
    games = w.view.match.games
    for position in range(w.view.match.length):  # as long as they have eaten alike, they have the same food to eat
        alike = {int(game.moment(position).state.head[0]) for game in games}
        if len(alike) > 1:
            break
        assert len({int(game.moment(position).state.food[0, 0]) for game in games}) == 1
    w.pause_at(40)
    assert (w.board(1) != w.board(0)).any()


def test_a_panel_is_chosen_by_key_and_by_mouse(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("shortcut", "greedy", rules=BOARD)
    press(w.app, "tab")
    assert w.view.game.name == "greedy"
    click(w.app, w.view.boards.places[0].center)
    assert w.view.game.name == "shortcut"


def test_themes_change_all_but_the_board(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("ppo-10x10")
    w.pause_at(9)
    dark, board = shot(), w.board()
    press(w.app, "t")
    np.testing.assert_array_equal(w.board(), board)
    assert shot().mean() > 2 * dark.mean()
    press(w.app, "t")
    np.testing.assert_array_equal(shot(), dark)


def test_a_seed_a_board_and_agents_are_typed(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("shortcut", rules=BOARD)
    for key, text, done in [
        ("e", "71", lambda: w.view.match.seed == 71),
        ("b", "6 x 9", lambda: (w.view.game.rules.height, w.view.game.rules.width) == (6, 9)),
        ("a", " greedy", lambda: [game.name for game in w.view.match.games] == ["shortcut", "greedy"]),
    ]:
        press(w.app, key)
        write(w.app, text)
        press(w.app, "return")
        w.until(done)
    assert w.view.match.seed == 71
    assert (w.view.game.rules.height, w.view.game.rules.width) == (6, 9)


@pytest.mark.parametrize(
    ("key", "text", "line"),
    [
        ("e", "x", "the seed is 'x'; type a whole number"),
        ("b", "ten", "the board is 'ten'; type rows and columns"),
        ("b", "3 x 9", "height is 3"),
        ("b", "12 x 9", "ppo-6x6 cannot play on 12 x 9: it was trained on 6 x 6; give that board, or another agent"),
        ("a", " nobody", "there is no agent at nobody"),
        ("a", " greedy" * 4, "5 agents are given; give 1 to 4"),
        ("o", "none.json", "none.json cannot be read"),
    ],
)
def test_what_cannot_be_is_said_and_the_game_goes_on(
    open_watch: Callable[..., Watch], key: str, text: str, line: str
) -> None:
    w = open_watch("ppo-6x6")
    match = w.view.match
    press(w.app, key)
    write(w.app, text)
    press(w.app, "return")
    w.until(lambda: w.view.notice != "")
    assert line in w.view.notice
    assert "\n" not in w.view.notice
    assert w.view.match is match


def test_the_brackets_switch_to_agents_that_can_play_here(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("shortcut", "greedy", rules=BOARD)
    match = w.view.match
    press(w.app, "]")
    w.until(lambda: w.view.match is not match)
    assert [game.name for game in w.view.match.games] == ["es-10x10", "greedy"]  # the first that plays on any board
    assert w.view.game.rules.height == 8
    match = w.view.match
    press(w.app, "[")
    w.until(lambda: w.view.match is not match)
    assert w.view.match.games[0].name == "shortcut"


def test_new_games_and_the_same_again(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("greedy", rules=BOARD)
    w.pause_at(4)
    board = w.board()
    press(w.app, "n")
    w.until(lambda: w.view.match.seed == 4)
    assert w.position == 0
    match = w.view.match
    press(w.app, "r")
    w.until(lambda: w.view.match is not match)
    assert w.view.match.seed == 4
    press(w.app, "e")
    press(w.app, "3")
    press(w.app, "return")
    w.until(lambda: w.view.match.seed == 3)
    w.pause_at(4)
    np.testing.assert_array_equal(w.board(), board)


def test_the_finished_game_is_scrubbed_with_the_mouse(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("greedy", rules=BOARD, fps=240)
    w.until(lambda: w.view.match.over)
    w.pause_at(w.view.playback.last)
    last = w.view.playback.last
    y = 546  # the scrubber lies between buttons and figures, above the last line
    drag(w.app, [(700, y), (400, y), (200, y)])
    assert 0 < w.position < last / 2
    earlier = w.position
    drag(w.app, [(200, y), (400, y)])
    assert earlier < w.position < last
    press(w.app, "home")
    assert w.position == 0
    press(w.app, "end")
    assert w.position == last


def test_the_speed_changes(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("shortcut", rules=BOARD, fps=10)
    press(w.app, "up")
    assert w.view.playback.speed == 15
    for _ in range(20):
        press(w.app, "down")
    assert w.view.playback.speed == 1


def test_the_panel_says_what_the_network_wants(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("ppo-6x6")
    w.pause_at(7)
    opinion, game = w.view.thoughts.latest(w.view.game), w.view.game
    assert opinion is not None
    assert opinion.meaning == "probability"
    assert opinion.wants.sum() == pytest.approx(1)
    assert int(opinion.wants.argmax()) == game.actions[7]
    assert (opinion.wants[game.moments[7].mask == 0] == 0).all()
    assert [layer.maps.shape for layer in opinion.layers] == [(32, 11, 11), (64, 6, 6), (64, 3, 3)]


@pytest.mark.parametrize("name", ["q-10x10", "pqn-10x10", "es-10x10", "random", "cycle"])
def test_every_kind_of_agent_is_watched(open_watch: Callable[..., Watch], name: str) -> None:
    w = open_watch(name)
    w.pause_at(5)
    opinion = w.view.thoughts.latest(w.view.game)
    assert (opinion is None) == (name in scripted.SCRIPTED)
    if opinion is not None:
        wants = np.where(w.view.game.moments[5].mask, opinion.wants, -np.inf)
        assert int(wants.argmax()) == w.view.game.actions[5]


def test_a_game_is_saved_as_gif(open_watch: Callable[..., Watch], tmp_path: Path) -> None:
    w = open_watch("greedy", "greedy", rules=BOARD, seed=2)
    w.pause_at(8)
    length = w.view.match.length
    press(w.app, "g")
    w.until(lambda: w.view.notice.startswith("saved"))
    with Image.open(tmp_path / "greedy-greedy-seed2.gif") as gif:
        assert getattr(gif, "n_frames", 1) == length
        assert gif.size[0] > gif.size[1]


def test_a_game_is_saved_as_mp4(open_watch: Callable[..., Watch], tmp_path: Path) -> None:
    import imageio_ffmpeg

    w = open_watch("greedy", rules=BOARD, seed=2)
    w.pause_at(8)
    length = w.view.match.length
    press(w.app, "m")
    w.until(lambda: w.view.notice.startswith("saved"))
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "greedy-seed2.mp4"))[0] == length


def test_a_replay_is_saved_and_opened(open_watch: Callable[..., Watch], tmp_path: Path) -> None:
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
    w.until(lambda: w.view.match.recorded)
    w.view.say("")  # what was said may lie over the board
    w.pause_at(6)
    np.testing.assert_array_equal(w.board(), board)
    press(w.app, "space")
    w.until(lambda: w.view.match.over)
    assert w.view.game.actions == actions
    pygame.event.post(pygame.event.Event(pygame.DROPFILE, file=str(tmp_path / "greedy-seed3-2.json")))
    match = w.view.match
    w.until(lambda: w.view.match is not match)


def test_a_small_window_makes_room_for_what_is_typed(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("greedy", rules=BOARD, size=(480, 320))
    w.pause_at(6)
    press(w.app, "s")
    before = shot()
    press(w.app, "o")
    assert (shot()[:30] != before[:30]).any()
    write(w.app, "greedy-seed3.json")
    press(w.app, "return")
    w.until(lambda: w.view.match.recorded)


def test_so_many_games_and_no_more(open_watch: Callable[..., Watch]) -> None:
    w = open_watch("greedy", rules={"height": 5, "width": 4}, fps=240, games=2)
    while w.app.frame():
        pass
    assert w.view.match.seed == 4
    lengths = [new_match(["greedy"], {"height": 5, "width": 4}, seed) for seed in (3, 4)]
    for match in lengths:
        match.play(10**6)
    assert w.view.moves == sum(match.length for match in lengths)


class Slow(Agent):
    """Thinks for long, as rules have it."""

    name, environment = "slow", {"observation": "planes", **BOARD}

    def act(self, observations: Any, action_mask: Any = None, *, rng: Any = None) -> Any:
        time.sleep(0.2)
        return np.array([int(np.argmax(action_mask[0]))])


def test_a_slow_agent_keeps_no_frame_waiting() -> None:
    w = Watch(Match([Game("greedy", Slow(), {}, 1)]), fps=30)
    frames = []
    end = time.perf_counter() + 1
    while time.perf_counter() < end:
        start = time.perf_counter()
        w.app.frame()
        frames.append(time.perf_counter() - start)
    w.app.close()
    assert w.position >= 1
    assert len(frames) > 25
    assert np.median(frames) < 1 / 30


def test_a_frame_takes_less_than_a_sixtieth_of_a_second(open_watch: Callable[..., Watch]) -> None:
    """Of the window's thread, while a network with convolutions plays and its maps are shown."""
    w = open_watch("ppo-10x10", size=(1200, 760), fps=60)
    w.until(
        lambda: w.position > 10 and w.view.thoughts.latest(w.view.game) is not None and not w.view.worker.busy("tiles")
    )
    times = []
    for _ in range(120):
        start = time.thread_time()
        w.app.frame()
        times.append(time.thread_time() - start)
        time.sleep(0.005)
    assert np.median(times) < 1 / 60


def test_the_command_closes_on_ctrl_c() -> None:
    """In a process of its own, with the signal that a terminal sends."""
    words = [sys.executable, "scripts/watch.py", "shortcut", "--height", "8", "--width", "6"]
    with subprocess.Popen(
        words, cwd=ROOT, env=os.environ | {"SDL_VIDEODRIVER": "dummy"}, stderr=subprocess.PIPE
    ) as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        errors = process.stderr.read().decode()
        assert process.wait(10) == 130
    assert errors == ""


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["shortcut"], "no window can be opened here"),
        (["shortcut", "--replay", "x.json"], "give one to four agents"),
        ([], "give one to four agents"),
        (["nobody"], "there is no agent at nobody"),
        (["pyproject.toml"], "pyproject.toml"),
        (["digits-cnn.npz"], "digits-cnn.npz"),
        (["ppo-10x10", "--height", "8", "--width", "8"], "it was trained on 10 x 10"),
        (["ppo-10x10", "ppo-6x6"], "ppo-6x6 cannot play on 10 x 10: it was trained on 6 x 6"),
        (["cycle", "--height", "7", "--width", "7"], "this board of 7 x 7"),
        (["--replay", "README.md"], "README.md is no replay"),
        (["shortcut", "--fps", "0"], "fps is 0"),
        (["shortcut", "--seed", "-1"], "seed is -1; give a whole number, 0 or more"),
        (["game.json"], "game.json is no agent; if it is a replay, open it with: --replay game.json"),
    ],
)
def test_mistakes_are_one_line(words: list[str], line: str) -> None:
    environment = os.environ | {"SDL_VIDEODRIVER": "nowhere"}
    command = [sys.executable, "scripts/watch.py", *words]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert line in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, answer.stderr


def test_a_machine_without_a_display_is_told_what_to_do() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    command = [sys.executable, "scripts/watch.py", "shortcut"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line.startswith("error: no window can be opened here (no display found)")
    assert "--text" in line
    assert "record.py" in line


def test_a_replay_is_watched_from_the_command_line(tmp_path: Path) -> None:
    game = Game("shortcut", find_agent("shortcut", {}), {"height": 5, "width": 6}, 9)
    while not game.over:
        game.step()
    save_replay(game.replay(), tmp_path / "game.json")
    assert json.loads((tmp_path / "game.json").read_text())["score"] == open_replay(tmp_path / "game.json").score > 3
    shown = watch.main(watch.parse(["--replay", str(tmp_path / "game.json"), "--games", "1", "--fps", "240"]))
    assert shown == len(game.moments)
