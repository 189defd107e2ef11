"""Playback of a match, without a window."""

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

pytest.importorskip("pygame")

from scripts.games.playback_game import PlaybackGame
from scripts.games.playback_match import PlaybackMatch, new_match
from scripts.ui.background_worker import BackgroundWorker
from scripts.windows.playback import SECONDS_AT_END, Playback


class ImmediateWorker(BackgroundWorker):
    """Runs a job at once, or, while it is `slow`, never."""

    slow = False

    def ask(self, name: str, job: Callable[[], Any], then: Callable[[Any], None]) -> None:
        assert name == "play"
        if not self.slow:
            then(job())


@pytest.fixture
def worker() -> ImmediateWorker:
    worker = ImmediateWorker()
    worker.close()  # its thread is not needed
    return worker


@pytest.fixture
def match() -> PlaybackMatch:
    match = new_match(["greedy", "cycle"], {"height": 6, "width": 5}, 2)
    match.play(31)
    return match


def test_moves_pass_at_the_speed(match: PlaybackMatch, worker: ImmediateWorker) -> None:
    playback = Playback(match, 8)
    for _ in range(30):
        playback.update(0.05, worker)  # one and a half seconds
    assert playback.position == 12


def test_it_waits_for_moves_that_are_not_yet_played(match: PlaybackMatch, worker: ImmediateWorker) -> None:
    playback = Playback(match, 10)
    assert playback.settled
    worker.slow = True
    playback.update(60, worker)
    assert playback.position == match.length - 1 == 30
    assert not playback.settled
    worker.slow = False
    playback.update(0, worker)
    assert playback.settled
    playback.update(0, worker)
    assert playback.position > 30


def test_stepping_pauses_and_stays_within_the_match(match: PlaybackMatch, worker: ImmediateWorker) -> None:
    playback = Playback(match, 10)
    playback.update(1, worker)
    playback.step(-1)
    assert (playback.position, playback.playing) == (9, False)
    playback.update(5, worker)
    assert playback.position == 9
    playback.go(-4)
    assert playback.position == 0
    playback.go(10**9)
    match.play()
    playback.update(0, worker)
    assert playback.position == playback.last
    assert playback.at_end
    playback.toggle()  # from its start again
    assert (playback.position, playback.playing) == (0, True)


def test_a_match_is_done_once_its_end_was_shown_for_a_while(match: PlaybackMatch, worker: ImmediateWorker) -> None:
    match.play()
    playback = Playback(match, 10)
    playback.go(playback.last)
    playback.playing = True
    playback.update(SECONDS_AT_END - 1, worker)
    assert playback.at_end
    assert not playback.done
    playback.update(1, worker)
    playback.update(0.1, worker)
    assert playback.done
    playback.playing = False  # a paused match stays
    assert not playback.done


def test_one_game_is_the_environments_own() -> None:
    """As `reset(seed=2)` and the same actions give it."""
    match = new_match(["greedy"], {"height": 6, "width": 5}, 2)
    match.play()
    (game,) = match.games
    env = gym.make("snake_env/Snake-v1", height=6, width=5)
    base: Any = env.unwrapped
    env.reset(seed=2)
    for action, timestep in zip([*game.actions, None], game.timesteps, strict=True):
        for name, array in base.get_state().items():
            np.testing.assert_array_equal(getattr(timestep.state, name), array, err_msg=name)
        if action is not None:
            env.step(action)


def meals(game: PlaybackGame) -> list[tuple[int, set[int]]]:
    """Where each piece of food lay, and which cells the snake was on when it came."""
    found: list[tuple[int, set[int]]] = []
    for timestep in game.timesteps:
        if timestep.state.score[0] == len(found) and timestep.state.food[0, 0] >= 0:
            found.append((int(timestep.state.food[0, 0]), set(np.flatnonzero(timestep.state.body).tolist())))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_games_of_a_match_have_the_same_food_to_their_end_however_they_are_played(seed: int) -> None:
    match = new_match(["safe-greedy", "shortcut"], {"height": 6, "width": 9}, seed)
    match.play()
    one, two = (meals(game) for game in match.games)
    assert match.games[0].actions != match.games[1].actions
    alike = 0
    for (first, first_body), (second, second_body) in zip(one, two, strict=False):
        assert first == second or first in second_body or second in first_body
        alike += first == second
    assert alike > 15


def test_a_game_that_is_over_keeps_its_last_position(match: PlaybackMatch) -> None:
    match.play(10**6)
    shorter = min(match.games, key=lambda game: len(game.timesteps))
    assert len(shorter.timesteps) < match.length
    assert shorter.timestep(match.length - 1) is shorter.timesteps[-1]
