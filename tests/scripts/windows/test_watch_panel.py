"""The panel of the watch window: action scores, observation, feature maps, and the time of a frame."""

import time
from typing import Any

import numpy as np
import pytest

from agents import Agent, scripted
from scripts.games.playback_game import PlaybackGame
from scripts.games.playback_match import PlaybackMatch

pytest.importorskip("pygame")


from scripts.windows import watch_panel
from tests.support.ui.watching import BOARD, OpenWatch, Watch
from tests.support.ui.windows import click, press


def test_a_panel_is_chosen_by_key_and_by_mouse(open_watch: OpenWatch) -> None:
    w = open_watch("shortcut", "greedy", rules=BOARD)
    press(w.app, "tab")
    assert w.view.game.name == "greedy"
    click(w.app, w.view.boards.places[0].center)
    assert w.view.game.name == "shortcut"


def test_the_panel_shows_the_probabilities_of_the_actions(open_watch: OpenWatch) -> None:
    w = open_watch("ppo-10x10")
    w.pause_at(7)
    latest, game = w.view.analysis_worker.latest(w.view.game), w.view.game
    assert latest is not None
    analysis = latest.analysis
    assert analysis is not None
    assert analysis.score_kind == "probability"
    assert analysis.action_scores.sum() == pytest.approx(1)
    assert int(analysis.action_scores.argmax()) == game.actions[7]
    assert (analysis.action_scores[game.timesteps[7].action_mask == 0] == 0).all()
    assert [layer.maps.shape for layer in analysis.layers] == [(32, 10, 10), (64, 5, 5), (64, 3, 3)]


@pytest.mark.parametrize("name", ["q-10x10", "pqn-10x10", "es-10x10", "random", "cycle"])
def test_every_kind_of_agent_is_watched(open_watch: OpenWatch, name: str) -> None:
    w = open_watch(name)
    w.pause_at(5)
    latest = w.view.analysis_worker.latest(w.view.game)
    assert latest is not None
    analysis = latest.analysis
    assert (analysis is None) == (name in scripted.SCRIPTED)
    if analysis is not None:
        scores = np.where(w.view.game.timesteps[5].action_mask, analysis.action_scores, -np.inf)
        assert int(scores.argmax()) == w.view.game.actions[5]


class Slow(Agent):
    """Takes a fifth of a second for each move."""

    name, environment = "slow", {"observation": "planes", **BOARD}

    def act(self, observations: Any, action_mask: Any = None, *, rng: Any = None) -> Any:
        time.sleep(0.2)
        return np.array([int(np.argmax(action_mask[0]))])


@pytest.mark.usefixtures("screen")
def test_a_slow_agent_blocks_no_frame() -> None:
    w = Watch(PlaybackMatch([PlaybackGame("greedy", Slow(), {}, 1)]), fps=30)
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


def test_action_scores_are_shown_with_the_action_mask_of_their_own_position(
    open_watch: OpenWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fast game is ahead of its analysis: scores of one position with the mask of another would be wrong."""
    shown: list[tuple[Any, ...]] = []
    monkeypatch.setattr(watch_panel, "_draw_action_scores", lambda *words: shown.append(words))
    w = open_watch("ppo-10x10", fps=60)
    w.until(lambda: w.position > 60)
    analysed = [words for words in shown if words[-1] is not None]
    assert len(analysed) > 10
    for _, _, game, position, analysis in analysed:
        mask = game.timestep(position).action_mask
        assert not analysis.action_scores[mask == 0].any()  # probabilities of moves that kill are 0


def test_a_frame_takes_less_than_a_sixtieth_of_a_second(open_watch: OpenWatch) -> None:
    """Of the window's thread, while a network with convolutions plays and its maps are shown."""
    w = open_watch("ppo-10x10", size=(1200, 760), fps=60)
    w.until(
        lambda: (
            w.position > 10
            and w.view.analysis_worker.latest(w.view.game) is not None
            and not w.view.worker.busy("tiles")
        )
    )
    times = []
    for _ in range(120):
        start = time.thread_time()
        w.app.frame()
        times.append(time.thread_time() - start)
        time.sleep(0.005)
    assert np.median(times) < 1 / 60
