"""Rendering of the environment for one game, and its window."""

import copy
import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from snake_env import SnakeEnv, SnakeVectorEnv
from tests.support.env_games import ID


def test_every_render_mode() -> None:
    picture: Any = gym.make(ID, height=5, width=6, render_mode="rgb_array")
    picture.reset(seed=1)
    frame: Any = picture.render()
    assert frame.dtype == np.uint8
    assert frame.ndim == 3
    before = frame.copy()
    picture.step(int(picture.unwrapped.action_masks().argmax()))
    assert not np.array_equal(before, picture.render())
    np.testing.assert_array_equal(before, frame)
    text = gym.make(ID, height=5, width=6, render_mode="ansi")
    text.reset(seed=1)
    drawn: Any = text.render()
    assert isinstance(drawn, str)
    assert len(drawn.splitlines()) >= 5


def test_a_window_opens_and_closes() -> None:
    pytest.importorskip("pygame")
    env = SnakeEnv(height=5, width=6, render_mode="human")
    env.reset(seed=1)
    env.step(int(env.action_masks().argmax()))
    assert env.render() is None
    env.close()
    env.close()
    env.reset(seed=1)  # opens it again
    env.close()


@pytest.mark.parametrize("make", [SnakeEnv, lambda **arguments: SnakeVectorEnv(2, **arguments)])
def test_a_copy_has_no_window_and_a_window_closes_as_often_as_it_opens(make: Any) -> None:
    pytest.importorskip("pygame")
    env = make(height=5, width=6, render_mode="human")
    for _ in range(2):
        env.reset(seed=1)
        assert env._window is not None
        copied = pickle.loads(pickle.dumps(copy.deepcopy(env)))
        assert copied._window is None
        np.testing.assert_array_equal(copied.get_state()["body"], env.get_state()["body"])
        env.close()
        assert env._window is None


@pytest.mark.parametrize("make", [SnakeEnv, lambda **arguments: SnakeVectorEnv(2, **arguments)])
def test_a_window_shows_the_game_after_set_state(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame")
    from snake_env.rendering.window import Window

    shown: list[Any] = []
    monkeypatch.setattr(Window, "show", lambda _, frame: shown.append(frame))
    env, other = make(height=5, width=6, render_mode="human"), make(height=5, width=6, render_mode="human")
    env.reset(seed=1)
    other.reset(seed=2)
    env.set_state(other.get_state())
    env.close()
    other.close()
    assert len(shown) == 3
    np.testing.assert_array_equal(shown[2], shown[1])
    assert not np.array_equal(shown[2], shown[0])


def test_close_takes_the_arguments_of_other_vector_environments() -> None:
    SnakeVectorEnv(2).close(terminate=True)


def test_render_without_a_render_mode_warns() -> None:
    env = SnakeEnv(height=5, width=6)
    env.reset(seed=1)
    with pytest.warns(UserWarning, match="rgb_array"):
        assert env.render() is None
