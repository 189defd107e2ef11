"""The running scale of rewards, compared with NumPy's standard deviation of all returns so far."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agents.learning.return_scale import ReturnScale
from tests.support.same import assert_same

Array = NDArray[Any]
GAMMA = 0.9


def draw(rollouts: int, steps: int, n_envs: int, seed: int) -> tuple[Array, Array]:
    """(R, T, N) rewards far from 0, and where games end."""
    rng = np.random.default_rng(seed)
    shape = (rollouts, steps, n_envs)
    return rng.normal(50, 3, shape), rng.random(shape) < 0.2


def returns_of(rewards: Array, ended: Array) -> list[float]:
    """All discounted returns that run forward in time, game by game."""
    returns = []
    for game in range(rewards.shape[1]):
        running = 0.0
        for reward, over in zip(rewards[:, game], ended[:, game], strict=True):
            running = GAMMA * running + reward
            returns.append(running)
            running = 0.0 if over else running
    return returns


def test_by_hand() -> None:
    """Returns 2, 1 + 2 = 3 and, in a new game, 4: mean 3, variance 2/3."""
    scale = ReturnScale(1, 0.5)
    scaled = scale(np.array([[2.0], [2.0], [4.0]]), np.array([[False], [True], [False]]))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled[:, 0], np.array([2, 2, 4]) / np.sqrt(2 / 3), rtol=1e-6)


@given(rollouts=st.integers(1, 5), steps=st.integers(2, 9), n_envs=st.integers(1, 4), seed=st.integers(0, 2**32 - 1))
def test_the_scale_is_the_standard_deviation_of_all_returns_so_far(
    rollouts: int, steps: int, n_envs: int, seed: int
) -> None:
    rewards, ended = draw(rollouts, steps, n_envs, seed)
    scale = ReturnScale(n_envs, GAMMA)
    for number in range(rollouts):
        scaled = scale(rewards[number], ended[number])
        seen = [array[: number + 1].reshape(-1, n_envs) for array in (rewards, ended)]
        np.testing.assert_allclose(scaled, rewards[number] / np.std(returns_of(seen[0], seen[1])), rtol=1e-5)


@pytest.mark.parametrize("factor", [1e-3, 1e4])
def test_scaled_rewards_do_not_depend_on_the_scale_of_the_rewards(factor: float) -> None:
    rewards, ended = draw(3, 20, 4, seed=0)
    plain, other = ReturnScale(4, GAMMA), ReturnScale(4, GAMMA)
    for some, over in zip(rewards, ended, strict=True):
        np.testing.assert_allclose(other(factor * some, over), plain(some, over), rtol=1e-5)


def test_rewards_that_never_differ_stay_finite() -> None:
    scaled = ReturnScale(2, GAMMA)(np.zeros((5, 2)), np.zeros((5, 2), bool))
    assert scaled.tolist() == np.zeros((5, 2)).tolist()


def test_continues_from_its_state() -> None:
    rewards, ended = draw(4, 7, 3, seed=2)
    whole = ReturnScale(3, GAMMA)
    for number in range(2):
        whole(rewards[number], ended[number])
    arrays = whole.state()
    saved = {name: array.copy() for name, array in arrays.items()}
    expected = [whole(rewards[number], ended[number]) for number in (2, 3)]
    assert_same(arrays, saved)
    resumed = ReturnScale(3, GAMMA)
    resumed.restore(arrays)
    assert_same([resumed(rewards[number], ended[number]) for number in (2, 3)], expected)
