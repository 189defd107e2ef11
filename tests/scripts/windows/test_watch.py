"""The window in which agents play, driven by keys and mouse, and its pictures."""

import time

import numpy as np
import pytest

from scripts.games.playback_match import new_match
from snake_env.rendering.renderer import draw_board

pytest.importorskip("pygame")

import pygame

from tests.support.ui.watching import BOARD, OpenWatch
from tests.support.ui.windows import drag, press, shot, write

pytestmark = pytest.mark.usefixtures("screen")

APPLE = (244, 98, 64)  # as tiles.py draws food


def test_pausing_freezes_the_board(open_watch: OpenWatch) -> None:
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


def test_stepping_back_shows_the_picture_before(open_watch: OpenWatch) -> None:
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
def test_the_board_is_drawn_pixel_by_pixel_at_any_size(open_watch: OpenWatch, size: tuple[int, int]) -> None:
    w = open_watch("shortcut", rules=BOARD)
    pygame.display.set_mode(size, pygame.RESIZABLE)
    w.pause_at(12)
    w.until(lambda: w.view.settled)
    w.app.frame()
    (place,) = w.view.boards.places
    tile = place.height // 8
    assert tile == w.view.boards.tile >= 0.5 * size[1] / 8
    np.testing.assert_array_equal(w.board(), draw_board(w.view.match.games[0].timesteps[12].state, 0, tile))


def test_games_side_by_side_show_the_same_food(open_watch: OpenWatch) -> None:
    names = ("ppo-10x10", "shortcut", "greedy", "es-10x10")
    w = open_watch(*names, size=(1200, 760))
    w.pause_at(0)
    for number in range(1, 4):
        np.testing.assert_array_equal(w.board(number), w.board(0))
    w.pause_at(40)
    assert (w.board(1) != w.board(0)).any()
    # The second piece of food lies alike on all boards, though they were played differently (see test_playback).
    match = w.view.match
    eaten = [
        next(k for k, timestep in enumerate(game.timesteps) if timestep.state.score[0] == 1) for game in match.games
    ]
    cells = []
    for number, (game, position) in enumerate(zip(match.games, eaten, strict=True)):
        w.pause_at(position)
        cells.append(int(game.timesteps[position].state.food[0, 0]))
        row, col = divmod(cells[-1], 10)
        tile = w.view.boards.places[number].width // 10
        cell = w.board(number)[row * tile : (row + 1) * tile, col * tile : (col + 1) * tile]
        assert np.abs(cell.astype(int) - APPLE).sum(axis=2).min() < 60
    assert len(set(cells)) == 1


def test_themes_change_all_but_the_board(open_watch: OpenWatch) -> None:
    w = open_watch("ppo-10x10")
    w.pause_at(9)
    dark, board = shot(), w.board()
    press(w.app, "t")
    np.testing.assert_array_equal(w.board(), board)
    assert shot().mean() > 2 * dark.mean()
    press(w.app, "t")
    np.testing.assert_array_equal(shot(), dark)


def test_a_seed_a_board_and_agents_are_typed(open_watch: OpenWatch) -> None:
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
        ("e", "x", "the seed is 'x'; enter an integer"),
        ("b", "ten", "the board is 'ten'; enter rows and columns"),
        ("b", "3 x 9", "height is 3"),
        (
            "b",
            "12 x 9",
            "ppo-10x10 cannot play on 12 x 9: it was trained on 10 x 10; give that board, or another agent",
        ),
        ("a", " nobody", "there is no agent at nobody"),
        ("a", " greedy" * 4, "5 agents are given; give 1 to 4"),
        ("o", "none.json", "none.json cannot be read"),
    ],
)
def test_invalid_input_is_named_and_the_match_stays(open_watch: OpenWatch, key: str, text: str, line: str) -> None:
    w = open_watch("ppo-10x10")
    match = w.view.match
    press(w.app, key)
    write(w.app, text)
    press(w.app, "return")
    w.until(lambda: w.view.notice != "")
    assert line in w.view.notice
    assert "\n" not in w.view.notice
    assert w.view.match is match


def test_the_brackets_switch_to_agents_that_can_play_here(open_watch: OpenWatch) -> None:
    w = open_watch("shortcut", "greedy", rules=BOARD)
    match = w.view.match
    press(w.app, "]")
    w.until(lambda: w.view.match is not match)
    assert [game.name for game in w.view.match.games] == ["dqn-10x10", "greedy"]  # the first that plays on any board
    assert w.view.game.rules.height == 8
    match = w.view.match
    press(w.app, "[")
    w.until(lambda: w.view.match is not match)
    assert w.view.match.games[0].name == "shortcut"


def test_new_games_and_the_same_again(open_watch: OpenWatch) -> None:
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


def test_the_finished_game_is_scrubbed_with_the_mouse(open_watch: OpenWatch) -> None:
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


def test_the_speed_changes(open_watch: OpenWatch) -> None:
    w = open_watch("shortcut", rules=BOARD, fps=10)
    press(w.app, "up")
    assert w.view.playback.speed == 15
    for _ in range(20):
        press(w.app, "down")
    assert w.view.playback.speed == 1


def test_a_small_window_makes_room_for_what_is_typed(open_watch: OpenWatch) -> None:
    w = open_watch("greedy", rules=BOARD, size=(480, 320))
    w.pause_at(6)
    press(w.app, "s")
    before = shot()
    press(w.app, "o")
    assert (shot()[:30] != before[:30]).any()
    write(w.app, "greedy-seed3.json")
    press(w.app, "return")
    w.until(lambda: w.view.match.is_replay)


def test_so_many_games_and_no_more(open_watch: OpenWatch) -> None:
    w = open_watch("greedy", rules={"height": 5, "width": 4}, fps=240, games=2)
    while w.app.frame():
        pass
    assert w.view.match.seed == 4
    lengths = [new_match(["greedy"], {"height": 5, "width": 4}, seed) for seed in (3, 4)]
    for match in lengths:
        match.play(10**6)
    assert w.view.moves == sum(match.length for match in lengths)
