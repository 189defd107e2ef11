"""Lambda returns: a table by hand, and a slow sum over each game alone."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agents.learning.returns import lambda_returns

Array = NDArray[Any]


def test_by_hand() -> None:
    """Three games with γ = 1/2 and λ = 1/2, from the last step backwards.

    Not ended:                  4 + 10/2 = 9;  3 + (6 + 9)/4 = 6.75;  2 + (2 + 6.75)/4 = 4.1875;  1 + (4 + 4.1875)/4
    Terminated by step 1:       4 + 10/2 = 9;  the new game's row;    -2;                         1 + (4 - 2)/4
    Truncated by step 1:        4 + 10/2 = 9;  the new game's row;    -2 + 20/2 = 8;              1 + (4 + 8)/4
    """
    rewards = np.array([[1, 1, 1], [2, -2, -2], [3, 0, 0], [4, 4, 4]], np.float32)
    values = np.array([[8, 8, 8], [4, 4, 4], [2, 100, 20], [6, 6, 6], [10, 10, 10]], np.float32)
    terminated, ended = np.zeros((4, 3), bool), np.zeros((4, 3), bool)
    terminated[1, 1] = ended[1, 1] = ended[1, 2] = True
    returns = lambda_returns(rewards, values, terminated, ended, gamma=0.5, lambda_=0.5)
    assert returns.dtype == np.float32
    assert returns[[0, 1, 3]].tolist() == [[3.046875, 1.5, 4], [4.1875, -2, 8], [9, 9, 9]]
    assert returns[2, 0] == 6.75


def test_with_lambda_0_they_are_one_step_targets() -> None:
    rewards, values, terminated, ended = draw(5, 6, seed=1)
    returns = lambda_returns(rewards, values, terminated, ended, gamma=0.9, lambda_=0)
    np.testing.assert_allclose(returns, rewards + 0.9 * np.where(terminated, 0, values[1:]), rtol=1e-6)


def test_with_lambda_1_they_are_discounted_sums() -> None:
    rewards = np.array([[1], [2], [4], [8]], np.float32)
    values = np.array([[50], [60], [70], [80], [16]], np.float32)
    never = np.zeros((4, 1), bool)
    running = lambda_returns(rewards, values, never, never, gamma=0.5, lambda_=1)
    assert running[:, 0].tolist() == [1 + 1 + 1 + 1 + 1, 2 + 2 + 2 + 2, 4 + 4 + 4, 8 + 8]
    last = np.array([[False], [False], [False], [True]])
    terminated = lambda_returns(rewards, values, last, last, gamma=0.5, lambda_=1)
    assert terminated[:, 0].tolist() == [1 + 1 + 1 + 1, 2 + 2 + 2, 4 + 4, 8]


def draw(steps: int, n_envs: int, seed: int) -> tuple[Array, Array, Array, Array]:
    rng = np.random.default_rng(seed)
    ended = rng.random((steps, n_envs)) < 0.3
    return (
        rng.normal(size=(steps, n_envs)),
        rng.normal(size=(steps + 1, n_envs)),
        ended & (rng.random((steps, n_envs)) < 0.5),
        ended,
    )


def advantage(rewards: Array, values: Array, final: float, gamma: float, lambda_: float) -> float:
    """Equation 16 of Schulman et al., Σ (γλ)^k δ_k, for the first of these steps; V = `final` after the last."""
    following = [*values[1:], final]
    errors = [r + gamma * after - v for r, v, after in zip(rewards, values, following, strict=True)]
    return sum(float(error) * (gamma * lambda_) ** k for k, error in enumerate(errors))


@given(
    steps=st.integers(1, 12),
    n_envs=st.integers(1, 4),
    gamma=st.floats(0, 1),
    lambda_=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_each_step_sums_over_its_own_game(steps: int, n_envs: int, gamma: float, lambda_: float, seed: int) -> None:
    rewards, values, terminated, ended = draw(steps, n_envs, seed)
    returns = lambda_returns(rewards, values, terminated, ended, gamma=gamma, lambda_=lambda_)
    for game in range(n_envs):
        for t in range(steps):
            last = next((s for s in range(t, steps) if ended[s, game]), steps - 1)
            final = 0.0 if terminated[last, game] else float(values[last + 1, game])
            of_game = slice(t, last + 1)
            expected = advantage(rewards[of_game, game], values[of_game, game], final, gamma, lambda_)
            assert returns[t, game] - values[t, game] == pytest.approx(expected, abs=1e-5)


@given(where=st.integers(0, 6), truncated=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_rewards_and_values_of_the_next_game_do_not_matter(where: int, truncated: bool, seed: int) -> None:
    rewards, values, terminated, ended = draw(8, 3, seed)
    ended[where], terminated[where] = True, not truncated
    before = lambda_returns(rewards, values, terminated, ended, gamma=0.9, lambda_=0.8)
    rewards[where + 1 :] += 7
    values[where + 2 :] -= 5
    if not truncated:
        values[where + 1] += 3
    after = lambda_returns(rewards, values, terminated, ended, gamma=0.9, lambda_=0.8)
    np.testing.assert_array_equal(after[: where + 1], before[: where + 1])
    assert (after[where + 1 :] != before[where + 1 :]).any()
    values[where + 1] += 3
    moved = lambda_returns(rewards, values, terminated, ended, gamma=0.9, lambda_=0.8)[where] - after[where]
    np.testing.assert_allclose(moved, 2.7 if truncated else 0, atol=1e-5)
