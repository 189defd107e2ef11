"""Playing as a person: turns, races with the same food, and the window driven by keys."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pygame")

from scripts import play
from scripts.games.high_scores import HighScores
from scripts.games.human_game import HumanGame
from scripts.games.playback_game import PlaybackGame
from scripts.games.players import find_agent
from scripts.ui.app import App
from scripts.windows.play_window import PlayWindow
from tests.support.ui.windows import press, shot, wait

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


def test_play_ends_at_the_wall_without_a_player(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--height", "5", "--width", "6", "--fps", "500", "--seed", "1", "--games", "2"]
    scores = play.main(play.parse([*words, "--scores", str(tmp_path / "scores.json")]))
    assert len(scores) == 2
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == [f"score {food}" for food in scores]


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
    with pytest.raises(ValueError, match="both must be at least 1"):
        play.main(play.parse(["--fps", "0", *scores]))


@pytest.fixture
def race(screen: None, tmp_path: Path) -> PlayWindow:  # noqa: ARG001  windows open there
    scores = HighScores(tmp_path / "scores.json")
    return PlayWindow(RULES, scores, ("shortcut", find_agent("shortcut", RULES)), seed=8, fps=4)


def test_the_boards_of_a_race_start_alike(race: PlayWindow) -> None:
    app = App(race, (900, 600))
    press(app, "space")
    wait(app, lambda: not race.worker.busy("tiles"))
    app.frame()
    mine, theirs = (shot(place) for place in race.boards.places)
    red = (mine[..., 0] > 200) & (mine[..., 1] < 120) & (mine[..., 2] < 110)
    assert red.sum() > 50  # the food
    box = shot()[race.boards.places[0].centery, race.boards.places[0].centerx]
    assert tuple(box) == app.theme.panel  # "Paused" lies over the player's board, and there the two differ
    H = len(mine)
    np.testing.assert_array_equal(mine[: H // 4], theirs[: H // 4])
    np.testing.assert_array_equal(mine[-H // 4 :], theirs[-H // 4 :])
    app.close()


@pytest.mark.usefixtures("screen")
def test_keys_steer_pause_and_begin_again(tmp_path: Path) -> None:
    race = PlayWindow(RULES | {"walls": "wrap"}, HighScores(tmp_path / "scores.json"), seed=8, fps=4)
    app = App(race, (900, 600))
    assert race.game.moves == 0
    side = free_turns(race.game)[0]
    press(app, ["up", "right", "down", "left"][side])
    wait(app, lambda: race.game.moves == 1, 3)
    assert int(race.game.state.heading[0]) == side
    press(app, "space")
    assert race.paused
    moves = race.game.moves
    for _ in range(40):
        app.frame()
        race.update(0.05)  # two seconds
    assert race.game.moves == moves
    press(app, "r")
    assert (race.game.seed, race.game.moves, race.paused) == (8, 0, False)
    press(app, "n")
    assert race.game.seed == 9
    press(app, "m")
    heading = int(race.game.state.heading[0])
    press(app, "d")
    wait(app, lambda: race.game.moves == 1, 3)
    assert race.relative
    assert int(race.game.state.heading[0]) == (heading + 1) % 4
    press(app, "q")
    assert race.closed
    app.close()


def test_a_race_is_shown_to_its_end_and_its_score_is_saved(race: PlayWindow) -> None:
    app = App(race, (900, 600))
    wait(app, lambda: race.opponent_game is not None and len(race.opponent_game.timesteps) > 20)
    rival = PlaybackGame("shortcut", find_agent("shortcut", RULES), RULES, 8, same_food=True)
    while not rival.over:
        rival.step()
    race.speed = 2000.0
    for action in rival.actions[:60]:  # as the agent plays, and then straight on into whatever is there
        race.game.turn(action)
        race.game.step()
    eaten = race.game.score
    assert eaten > 2
    wait(app, lambda: race.over)
    app.frame()
    assert race.game.score >= eaten
    assert race._message()[0] == f"shortcut wins, {6 * 9 - 3} to {race.game.score}"
    assert race.place == 1
    kept = json.loads(race.scores.path.read_text())["scores"]["6 x 9, solid walls, 1 food"]
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
    race: PlayWindow, tmp_path: Path, path: str, spoilt: str, why: str
) -> None:
    app = App(race, (900, 600))
    race.scores.path = tmp_path / path
    (tmp_path / spoilt).write_text("in the way")
    rival = PlaybackGame("shortcut", find_agent("shortcut", RULES), RULES, 8, same_food=True)
    while int(rival.timesteps[-1].state.score[0]) == 0:
        rival.step()
    for action in rival.actions:
        race.game.turn(action)
        race.game.step()
    assert race.game.score == 1
    race.speed = 2000.0
    wait(app, lambda: race.game.over)
    assert race.place is None
    assert re.search(why, race.notice)
    press(app, "n")
    assert race.game.seed == 9
    assert app.frame()
    app.close()


def test_a_window_of_any_size_shows_boards_that_do_not_overlap(race: PlayWindow) -> None:
    for size in ((900, 600), (1600, 1000), (520, 360)):
        app = App(race, size)
        race.closed = False
        app.frame()
        first, second = race.boards.places
        assert first.right < second.left
        assert first.size == second.size
        assert second.right < size[0]
        press(app, "t")
        assert shot().std() > 10
    app.close()
