"""Wrong arguments, actions, seeds and options of the vector environment."""

import gc
import sys
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode

from snake_env import SnakeEnv, SnakeVectorEnv
from tests.support.same import assert_same
from tests.support.vector_games import F, T


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ([0, 1], r"shape \(2,\).*3 integers.*0 up, 1 right, 2 down, 3 left"),
        ([[0, 1, 2]], r"shape \(1, 3\)"),
        (1, r"shape \(\)"),
        ([0, 1, 4], "between 0 and 4.*0 up, 1 right, 2 down, 3 left"),
        ([0, 1, -1], "between -1 and 1"),
        ([0, 1, 2**62], "between 0 and"),
        (np.array([0, 1, 2**64 - 1], dtype=np.uint64), "between"),
        ([0.0, 1.0, 2.0], "float64"),
        ([True, False, True], "bool"),
        (["up", "up", "up"], "<U2"),
        (None, "object"),
    ],
    ids=repr,
)
def test_bad_actions_are_named_and_do_nothing(actions: Any, words: str) -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    envs.reset(seed=1)
    before = envs.get_state()
    with pytest.raises(ValueError, match=words):
        envs.step(actions)
    assert_same(envs.get_state(), before)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.uint64])
def test_actions_of_any_integer_dtype(dtype: type[Any]) -> None:
    envs, twin = SnakeVectorEnv(3, height=5, width=6), SnakeVectorEnv(3, height=5, width=6)
    envs.reset(seed=1)
    twin.reset(seed=1)
    assert_same(envs.step(np.array([0, 1, 3], dtype=dtype)), twin.step([0, 1, 3]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seed": [1, 2]}, "2 seeds for 3 games"),
        ({"seed": [1, 2, 3, 4]}, "4 seeds for 3 games"),
        ({"seed": "123"}, "seed is '123'; give one integer, or one for each game"),
        ({"seed": {1: 2, 3: 4, 5: 6}}, "give one integer, or one for each game"),
        ({"options": {"length": 3}}, "'length'"),
        ({"options": {"initial_length": 99}}, "initial_length is 99"),
        ({"options": {"reset_mask": np.array([True])}}, r"reset_mask has shape \(1,\)"),
        ({"options": {"reset_mask": np.array([1, 0, 1])}}, "reset_mask.*int64"),
        ({"options": {"reset_mask": np.zeros(3, dtype=bool)}}, "at least one"),
    ],
    ids=str,
)
def test_a_bad_reset_is_named_and_does_nothing(arguments: dict[str, Any], words: str) -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    envs.reset(seed=1)
    before = envs.get_state()
    with pytest.raises(ValueError, match=words):
        envs.reset(**arguments)
    assert_same(envs.get_state(), before)


def test_seeds_are_integers_of_any_type() -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    with pytest.raises(ValueError, match=r"seed is 2.5; give a non-negative integer, or None"):
        envs.reset(seed=[1, 2.5, 3])  # type: ignore[list-item]
    expected = envs.reset(seed=4)[0]
    for same in (np.arange(4, 7), [4, np.int64(5), 6], np.int64(4)):
        np.testing.assert_array_equal(envs.reset(seed=same)[0], expected)  # type: ignore[arg-type]
    one = SnakeEnv(height=5, width=6)
    np.testing.assert_array_equal(one.reset(seed=np.int64(4))[0], expected[0])  # type: ignore[arg-type]


def test_games_without_a_seed_can_be_repeated() -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    first, _ = envs.reset()
    seed = envs.np_random_seed
    assert isinstance(seed, int)
    assert seed >= 0
    twins = SnakeVectorEnv(3, height=5, width=6)
    np.testing.assert_array_equal(twins.reset(seed=seed)[0], first)
    assert_same(envs.reset(), twins.reset())
    envs.reset(seed=np.int64(9))  # type: ignore[arg-type]
    assert envs.np_random_seed == 9
    envs.reset(seed=[100, None, 7])
    assert envs.np_random_seed == -1
    partly = SnakeVectorEnv(3, height=5, width=6)
    partly.reset(seed=4, options={"reset_mask": np.array([T, F, T])})
    partly.reset(options={"reset_mask": np.array([F, T, F])})
    twins.reset(seed=4)
    assert_same(partly.get_state(), twins.get_state())


@pytest.mark.parametrize("seed", [-1, [1, -2, 3]], ids=str)
def test_a_negative_seed_is_an_error_that_does_nothing(seed: Any) -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    envs.reset(seed=1)
    before = envs.get_state()
    with pytest.raises(ValueError, match=r"seed is -.; give a non-negative integer"):
        envs.reset(seed=seed)
    assert_same(envs.get_state(), before)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_envs": 0}, "num_envs is 0"),
        ({"num_envs": -3}, "num_envs is -3"),
        ({"num_envs": 2.0}, "num_envs is 2.0"),
        ({"autoreset_mode": "Sometimes"}, "'Sometimes'.*'NextStep', 'SameStep', 'Disabled'"),
        ({"autoreset_mode": None}, "None.*'NextStep', 'SameStep', 'Disabled'"),
        ({"render_mode": "ansi"}, "'ansi'.*'rgb_array', 'tiled', 'human'"),
        ({"walls": "torus"}, "'torus'"),
    ],
    ids=str,
)
def test_a_bad_argument_is_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SnakeVectorEnv(**arguments)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("max_episode_steps", "hunger_limit truncates games"), ("autoreset", "the environment takes height")],
)
def test_an_unknown_argument_is_named(name: str, hint: str) -> None:
    arguments: dict[str, Any] = {name: 50}
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'.*{hint}"):
        gym.make_vec("snake_env/Snake-v1", num_envs=2, vectorization_mode="vector_entry_point", **arguments)


@pytest.mark.parametrize("arguments", [{"height": 1}, {"heigth": 5}, {"num_envs": 0}], ids=str)
def test_a_refused_argument_raises_nothing_else(arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    ignored: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    with pytest.raises((ValueError, TypeError)):
        SnakeVectorEnv(**arguments)
    if "num_envs" not in arguments:
        with pytest.raises((ValueError, TypeError)):
            SnakeEnv(**arguments)
    gc.collect()
    assert ignored == []
    for env in (SnakeEnv.__new__(SnakeEnv), SnakeVectorEnv.__new__(SnakeVectorEnv)):
        env.close()  # as some versions of Gymnasium do when an environment is deleted


def test_a_vector_of_single_games_takes_its_mode_from_vector_kwargs() -> None:
    with pytest.raises(TypeError, match=r"use vector_kwargs={'autoreset_mode': ...}"):
        gym.make_vec("snake_env/Snake-v1", num_envs=2, vectorization_mode="sync", autoreset_mode="SameStep")
    envs = gym.make_vec(
        "snake_env/Snake-v1", num_envs=2, vectorization_mode="sync", vector_kwargs={"autoreset_mode": "SameStep"}
    )
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    envs.close()


def test_the_mode_can_be_read_where_gymnasiums_vectors_have_it() -> None:
    for mode in AutoresetMode:
        assert SnakeVectorEnv(2, autoreset_mode=mode.value).autoreset_mode is mode


def test_a_step_needs_a_reset() -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    with pytest.raises(ResetNeeded, match="reset"):
        envs.step(np.zeros(3, dtype=np.int64))
    with pytest.raises(ResetNeeded, match="reset"):
        SnakeVectorEnv(3, render_mode="rgb_array").render()
    envs.reset(options={"reset_mask": np.array([T, F, T])})
    with pytest.raises(ResetNeeded, match="reset"):
        envs.step(np.zeros(3, dtype=np.int64))


def test_a_state_of_another_number_of_games_is_refused() -> None:
    envs, more = SnakeVectorEnv(3, height=5, width=6), SnakeVectorEnv(4, height=5, width=6)
    envs.reset(seed=1)
    more.reset(seed=1)
    before = envs.get_state()
    with pytest.raises(ValueError, match=r"shape .*\(3,"):
        envs.set_state(more.get_state())
    assert_same(envs.get_state(), before)
