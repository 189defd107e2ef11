"""Playing as a person: turns, races with the same food, and the window driven by keys."""

import json
import re
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pygame")

import pygame

from scripts import play
from scripts.games.high_scores import HighScores
from scripts.games.human_game import HumanGame
from scripts.games.playback_game import PlaybackGame
from scripts.games.players import find_agent
from scripts.ui.app import App
from scripts.windows.play_window import PlayWindow
from tests.support.ui.windows import pixels, press, settle, shot, wait

RULES = play.RULES | {"height": 6, "width": 9}
UP, RIGHT, DOWN, LEFT = range(4)
STEPS = {UP: -9, RIGHT: 1, DOWN: 9, LEFT: -1}


def free_turns(game: HumanGame) -> list[int]:
    """Both directions at right angles to the heading."""
    heading = int(game.state.heading[0])
    return [(heading + 1) % 4, (heading - 1) % 4]


def test_turns_wait_for_their_moves_and_none_goes_back() -> None:
    game = HumanGame(RULES, 3)
    heading, head = int(game.state.heading[0]), int(game.state.head[0])
    side = free_turns(game)[0]
    game.turn(heading)
    game.turn((heading + 2) % 4)
    game.turn(side)  # within one move ...
    game.turn((side + 2) % 4)  # ... this would go back into the neck
    game.step()
    assert int(game.state.heading[0]) == side
    assert int(game.state.head[0]) == head + STEPS[side]
    game.step()
    assert int(game.state.heading[0]) == side  # straight on


def test_a_snake_without_a_neck_turns_back_with_its_next_move_alone() -> None:
    rules = RULES | {"walls": "wrap", "initial_length": 1, "hunger_limit": 1000}
    game = HumanGame(rules, 2)
    heading = int(game.state.heading[0])
    game.turn((heading + 2) % 4)
    game.step()
    assert int(game.state.heading[0]) == (heading + 2) % 4
    game.turn((heading + 1) % 4)
    game.turn((heading + 3) % 4)  # a neck may have grown by then
    game.step()
    game.step()
    assert int(game.state.heading[0]) == (heading + 1) % 4
    assert not game.over


def test_two_quick_turns_are_two_moves() -> None:
    game = HumanGame(RULES | {"walls": "wrap"}, 4)
    heading = int(game.state.heading[0])
    first = free_turns(game)[0]
    game.turn(first)
    game.turn(heading)
    game.step()
    assert int(game.state.heading[0]) == first
    game.step()
    assert int(game.state.heading[0]) == heading


def test_relative_steering_turns_the_snake() -> None:
    game = HumanGame(RULES | {"walls": "wrap"}, 5)
    heading = int(game.state.heading[0])
    for side, expected in ((1, heading + 1), (1, heading + 2), (-1, heading + 1)):
        game.turn_relative(side)
        game.step()
        assert int(game.state.heading[0]) == expected % 4


def test_a_game_ends_at_the_wall_and_stays_ended() -> None:
    game = HumanGame(RULES, 1)
    while not game.over:
        game.step()
    moves = game.moves
    game.step()
    assert 0 < game.moves == moves <= 9
    assert game.ending == "wall"
    assert game.state.over[0]


def test_a_race_played_alike_is_the_same_game() -> None:
    rival = PlaybackGame("shortcut", find_agent("shortcut", RULES), RULES, 8, same_food=True)
    game = HumanGame(RULES | {"actions": "relative"}, 8)
    while not rival.over:
        rival.step()
        game.turn(rival.actions[-1])
        game.step()
        for mine, theirs in zip(game.state, rival.timesteps[-1].state, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert game.ending == "full"
    assert game.score == 6 * 9 - 3


def meals(name: str, seed: int) -> list[tuple[int, set[int]]]:
    """Where each food of a race lay, and on which cells the snake was when it came."""
    game = PlaybackGame(name, find_agent(name, RULES), RULES, seed, same_food=True)
    found: list[tuple[int, set[int]]] = []
    while not game.over:
        state = game.timesteps[-1].state
        if state.score[0] == len(found):
            found.append((int(state.food[0, 0]), set(np.flatnonzero(state.body).tolist())))
        game.step()
    return found


def test_racers_who_play_differently_get_the_same_food_unless_one_lies_on_it() -> None:
    alike = compared = 0
    for seed in range(6):
        one, two = meals("safe-greedy", seed), meals("shortcut", seed)
        for (first, first_body), (second, second_body) in zip(one, two, strict=False):
            assert first == second or first in second_body or second in first_body
            alike += first == second
            compared += len(first_body) < 20
    assert alike > 0.6 * compared > 30


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> None:
    """Presses Space whenever a game waits for a key, and no other key."""
    frame = App.frame

    def pressed(app: App) -> bool:
        assert isinstance(app.view, PlayWindow)
        if app.view.race.waiting:
            code = pygame.K_SPACE
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, unicode=" ", mod=0))
            pygame.event.post(pygame.event.Event(pygame.KEYUP, key=code, mod=0))
        return frame(app)

    monkeypatch.setattr(App, "frame", pressed)


@pytest.mark.usefixtures("player")
def test_play_ends_at_the_wall_without_turns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--height", "5", "--width", "6", "--fps", "500", "--seed", "1", "--games", "2"]
    scores = play.main(play.parse([*words, "--scores", str(tmp_path / "scores.json")]))
    assert len(scores) == 2
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == [f"score {food}" for food in scores]


@pytest.mark.usefixtures("player")
def test_play_takes_the_opponents_board_and_names_what_it_cannot_do(tmp_path: Path) -> None:
    scores = ["--scores", str(tmp_path / "scores.json")]
    words = ["--against", "ppo-6x6", "--fps", "3000", "--seed", "1", "--games", "1", *scores]
    assert len(play.main(play.parse(words))) == 1
    with pytest.raises(ValueError, match="no agent at nobody"):
        play.main(play.parse(["--against", "nobody", *scores]))
    with pytest.raises(ValueError, match="seed is -1; give an integer from 0"):
        play.main(play.parse(["--seed", "-1", *scores]))
    with pytest.raises(ValueError, match="ppo-10x10 cannot play on 10 x 12: it was trained on 10 x 10"):
        play.main(play.parse(["--against", "ppo-10x10", "--width", "12", *scores]))
    with pytest.raises(ValueError, match="fps is 0; give 1 or more"):
        play.main(play.parse(["--fps", "0", *scores]))


@pytest.fixture
def window(screen: None, tmp_path: Path) -> PlayWindow:  # noqa: ARG001  windows open there
    scores = HighScores(tmp_path / "scores.json")
    return PlayWindow(RULES, scores, ("shortcut", find_agent("shortcut", RULES)), seed=8, fps=4)


def test_the_boards_of_a_race_start_alike(window: PlayWindow) -> None:
    app = App(window, (900, 600))
    settle(app, "tiles", "start")
    mine, theirs = (shot(place) for place in window.boards.places)
    red = (mine[..., 0] > 200) & (mine[..., 1] < 120) & (mine[..., 2] < 110)
    assert red.sum() > 50  # the food
    np.testing.assert_array_equal(mine, theirs)
    app.close()


@pytest.mark.usefixtures("screen")
def test_keys_steer_pause_and_begin_again(tmp_path: Path) -> None:
    window = PlayWindow(RULES | {"walls": "wrap"}, HighScores(tmp_path / "scores.json"), seed=8, fps=4)
    app = App(window, (900, 600))
    assert window.race.game.moves == 0
    side = free_turns(window.race.game)[0]
    press(app, ["up", "right", "down", "left"][side])
    wait(app, lambda: window.race.game.moves == 1, 3)
    assert int(window.race.game.state.heading[0]) == side
    press(app, "space")
    assert window.race.paused
    assert window.message()[0] == "Paused"
    moves = window.race.game.moves
    for _ in range(40):
        app.frame()
        window.update(0.05)  # two seconds
    assert window.race.game.moves == moves
    press(app, "r")
    assert (window.seed, window.race.game.moves, window.race.paused, window.race.waiting) == (8, 0, False, True)
    press(app, "n")
    assert window.seed == 9
    press(app, "m")
    heading = int(window.race.game.state.heading[0])
    press(app, "d")
    wait(app, lambda: window.race.game.moves == 1, 3)
    assert window.relative
    assert int(window.race.game.state.heading[0]) == (heading + 1) % 4
    press(app, "q")
    assert window.closed
    app.close()


def test_a_race_is_shown_to_its_end_and_its_score_is_saved(window: PlayWindow) -> None:
    app = App(window, (900, 600))
    race = window.race
    wait(app, lambda: race.opponent_game is not None and len(race.opponent_game.timesteps) > 20)
    rival = PlaybackGame("shortcut", find_agent("shortcut", RULES), RULES, 8, same_food=True)
    while not rival.over:
        rival.step()
    window.speed = 2000.0
    for action in rival.actions[:60]:  # as the agent plays, and then straight on into whatever is there
        race.game.turn(action)
        race.game.step()
    eaten = race.game.score
    assert eaten > 2
    press(app, "space")
    wait(app, lambda: race.over)
    app.frame()
    assert race.game.score >= eaten
    assert window.message()[0] == f"shortcut wins, {6 * 9 - 3} to {race.game.score}"
    assert window.place == 1
    assert window.message()[1] == "place 1 of the high scores   N: new game   R: same game again"
    kept = json.loads(window.scores.path.read_text())["scores"]["6 x 9, solid walls, 1 food"]
    assert [(score["food"], score["moves"]) for score in kept] == [(race.game.score, race.game.moves)]
    app.close()


@pytest.mark.parametrize(
    ("path", "spoilt", "why"),
    [
        ("file/scores.json", "file", r"scores\.json: (Not a directory|File exists)"),
        ("scores.json", "scores.json", r"scores\.json is no file of high scores"),
    ],
)
def test_a_score_that_cannot_be_saved_is_named_and_play_goes_on(
    window: PlayWindow, tmp_path: Path, path: str, spoilt: str, why: str
) -> None:
    app = App(window, (900, 600))
    window.scores.path = tmp_path / path
    (tmp_path / spoilt).write_text("in the way")
    rival = PlaybackGame("shortcut", find_agent("shortcut", RULES), RULES, 8, same_food=True)
    while int(rival.timesteps[-1].state.score[0]) == 0:
        rival.step()
    for action in rival.actions:
        window.race.game.turn(action)
        window.race.game.step()
    assert window.race.game.score == 1
    window.speed = 2000.0
    press(app, "space")
    wait(app, lambda: window.race.game.over)
    app.frame()
    assert window.place is None
    assert re.search(why, window.message()[1])
    press(app, "n")
    assert window.seed == 9
    assert "cannot" not in window.message()[1]
    assert app.frame()
    app.close()


SIZES = ((400, 300), (420, 700), (700, 300), (500, 800), (900, 600))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("board", [(4, 5), (64, 7), (64, 64)], ids=str)
@pytest.mark.parametrize("against", [None, "greedy"])
@pytest.mark.usefixtures("screen")
def test_in_a_window_of_any_size_nothing_covers_a_board(
    tmp_path: Path, size: tuple[int, int], board: tuple[int, int], against: str | None
) -> None:
    """Boards lie in the window, apart from each other, and show the same whatever the message says."""
    rules = RULES | {"height": board[0], "width": board[1]}
    opponent = (against, find_agent(against, rules)) if against else None
    window = PlayWindow(rules, HighScores(tmp_path / "scores.json"), opponent, seed=8)
    app = App(window, size)
    settle(app, "tiles", "start")
    places = window.boards.places
    assert len(places) == (1 if against is None else 2)
    for place in places:
        assert pygame.Rect(0, 0, *size).contains(place)
        assert not place.colliderect(window.message_area)
        assert min(place.width, place.height) > 0
    assert len({place.size for place in places}) == 1
    assert not any(one.colliderect(other) for one, other in combinations(places, 2))
    assert window.message()[0].startswith("Press")
    waiting = [shot(place) for place in places]
    window.race.steer(lambda: True)
    window.race.paused = True
    app.frame()
    assert window.message()[0] == "Paused"
    for place, before in zip(places, waiting, strict=True):
        np.testing.assert_array_equal(shot(place), before)
    window.say("a notice")
    window.race.paused, window.speed = False, 0.0
    app.frame()
    assert window.message()[0] == ""
    for place, before in zip(places, waiting, strict=True):
        np.testing.assert_array_equal(shot(place), before)
    press(app, "t")
    assert shot().std() > 5
    app.close()


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("relative", [False, True])
def test_a_game_waits_for_the_first_key(tmp_path: Path, relative: bool) -> None:
    window = PlayWindow(RULES, HighScores(tmp_path / "scores.json"), seed=8, fps=30, relative=relative)
    app = App(window, (900, 600))
    heading = int(window.race.game.state.heading[0])
    for _ in range(50):
        app.frame()
        window.update(0.2)
    press(app, ["down", "left", "up", "right"][heading] if not relative else "down")  # the snake cannot turn back
    window.update(10.0)
    press(app, "?")  # nor does another key let it go
    window.update(10.0)
    press(app, "?")
    assert window.race.waiting
    assert window.race.game.moves == 0
    assert "to start" in window.message()[0]
    press(app, ["up", "right", "down", "left"][heading] if not relative else "up")
    assert not window.race.waiting
    wait(app, lambda: window.race.game.moves > 0, 3)
    app.close()


@pytest.mark.usefixtures("screen")
def test_an_opponent_waits_too_and_the_help_pauses_the_games(window: PlayWindow) -> None:
    app = App(window, (900, 600))
    settle(app, "start", "play")
    for _ in range(20):
        window.update(1.0)
    assert window.race.shown == 0
    window.speed = 30.0
    press(app, "?")
    press(app, "space")  # the game begins, behind the help
    time.sleep(0.2)
    app.frame()
    assert (window.race.waiting, window.race.game.moves, window.race.shown) == (False, 0, 0)
    press(app, "?")
    wait(app, lambda: window.race.game.moves > 0 and window.race.shown > 0, 3)
    app.close()


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize(("limit", "steps_to_starve"), [(None, 32), (16, 16), (2, 2), (1, 1), (2**31, 2**31)])
def test_hunger_is_shown_and_warned_of(tmp_path: Path, limit: int | None, steps_to_starve: int) -> None:
    """The bar runs out, and the last quarter of it has the warning's colour, on both boards."""
    rules = {**RULES, "height": 4, "width": 4, "walls": "wrap", "hunger_limit": limit}
    opponent = ("greedy", find_agent("greedy", rules))
    window = PlayWindow(rules, HighScores(tmp_path / "scores.json"), opponent, seed=3)
    app = App(window, (900, 600))
    settle(app, "tiles", "start")
    game, lengths = window.race.game, []
    while not game.over and game.moves < 40:
        hunger = int(game.state.hunger[0])
        place = window.boards.places[0]
        app.frame()
        below = pygame.Rect(place.x, place.bottom + 6, place.width, 30)
        warned = pixels(app.theme.bad, below)
        assert (warned > 0) == (4 * hunger >= 3 * steps_to_starve)
        assert warned == 0 or pixels(app.theme.accent, below) == 0
        lengths.append(pixels(app.theme.accent, below) + warned)
        row, col = divmod(int(game.state.food[0, 0]), 4)
        ahead = [direction for direction in range(4) if _reached(game, direction) != (row, col)]
        game.turn(next(d for d in [int(game.state.heading[0]), *ahead] if d in ahead))
        game.step()
    if steps_to_starve <= 32:
        assert game.ending == "starved"
        assert lengths[0] > 0
        assert steps_to_starve < 16 or lengths[0] > lengths[steps_to_starve // 2] > 0
    app.close()


def _reached(game: HumanGame, direction: int) -> tuple[int, int]:
    row, col = divmod(int(game.state.head[0]), 4)
    down, right = ((-1, 0), (0, 1), (1, 0), (0, -1))[direction]
    return (row + down) % 4, (col + right) % 4
