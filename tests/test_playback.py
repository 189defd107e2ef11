"""Going through a match, without a window."""

import numpy as np
import pytest

from match import Match, new_match
from playback import Playback


@pytest.fixture
def match() -> Match:
    match = new_match(["greedy", "cycle"], {"height": 6, "width": 5}, 2)
    match.play(31)
    return match


def test_moves_pass_at_the_speed(match: Match) -> None:
    playback = Playback(match, 8)
    for _ in range(30):
        playback.update(0.05)  # one and a half seconds
    assert playback.position == 12


def test_it_waits_for_moves_that_are_not_yet_played(match: Match) -> None:
    playback = Playback(match, 10)
    assert playback.wanted == 3
    playback.update(60)
    assert playback.position == match.length - 1 == 30
    assert playback.wanted > match.length
    match.play(playback.wanted)
    playback.update(0)
    assert playback.position > 30


def test_stepping_pauses_and_stays_within_the_match(match: Match) -> None:
    playback = Playback(match, 10)
    playback.update(1)
    playback.step(-1)
    assert (playback.position, playback.playing) == (9, False)
    playback.update(5)
    assert playback.position == 9
    playback.go(-4)
    assert playback.position == 0
    playback.go(10**9)
    match.play(10**9)
    playback.update(0)
    assert playback.position == playback.last
    assert playback.at_end
    playback.update(0.5)
    assert playback.seconds_at_end == pytest.approx(0.5)
    playback.toggle()  # from its start again
    assert (playback.position, playback.playing) == (0, True)


def test_games_of_a_match_are_paired(match: Match) -> None:
    """The same start and the same food as in a game that an agent plays alone."""
    (alone,) = new_match(["cycle"], {"height": 6, "width": 5}, 2).games
    for _ in range(30):
        alone.step()
    for one, other in zip(match.games[1].moments, alone.moments, strict=True):
        np.testing.assert_array_equal(one.state.body, other.state.body)
        np.testing.assert_array_equal(one.state.food, other.state.food)
    first, second = (game.moments[0].state for game in match.games)
    np.testing.assert_array_equal(first.food, second.food)
    np.testing.assert_array_equal(first.stream, second.stream)


def test_a_game_that_is_over_keeps_its_last_position(match: Match) -> None:
    match.play(10**6)
    shorter = min(match.games, key=lambda game: len(game.moments))
    assert len(shorter.moments) < match.length
    assert shorter.moment(match.length - 1) is shorter.moments[-1]
