"""Parallel Q(λ): its loss by central differences, its exploration by counting; and CartPole, which it must solve."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from numpy.typing import NDArray

import agents
from agents.learning.on_policy import RolloutSamples
from agents.learning.pqn import PQN, PQNSettings, pqn_loss
from tests.nn.layers.test_gradients import central_differences, relative_error
from tests.support.identity import Identity, identity_network

Array = NDArray[Any]


def steps_of(actions: Array, returns: Array, A: int) -> RolloutSamples:
    """Steps in which all actions are allowed."""
    B = len(actions)
    return RolloutSamples(np.empty((B, 0)), np.ones((B, A), bool), actions, np.zeros(B), returns, np.zeros(B))


@given(B=st.integers(1, 8), A=st.integers(2, 5), seed=st.integers(0, 2**32 - 1))
@limits(max_examples=20)
def test_the_gradient_of_the_loss(B: int, A: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    output, actions, returns = rng.normal(size=(B, A)), rng.integers(A, size=B), rng.normal(size=B)

    def slow_loss() -> float:
        rows = zip(output, actions, returns, strict=True)
        return float(sum((row[action] - target) ** 2 / 2 for row, action, target in rows))

    gradient, sums = pqn_loss(output, steps_of(actions, returns, A))
    assert relative_error(gradient, central_differences(slow_loss, output)) < 1e-6
    assert sums.tolist() == pytest.approx([slow_loss(), sum(max(row) for row in output.tolist())])


def test_the_loss_by_hand() -> None:
    output = np.array([[1.0, 5.0], [2.0, 0.0]])
    gradient, sums = pqn_loss(output, steps_of(np.array([1, 0]), np.array([4.0, 5.0]), 2))
    assert gradient.tolist() == [[0, 1], [-3, 0]]
    assert sums.tolist() == [1 / 2 + 9 / 2, 5 + 2]


def test_the_reported_value_is_that_of_allowed_actions() -> None:
    steps = steps_of(np.array([0]), np.array([1.0]), 2)._replace(masks=np.array([[True, False]]))
    assert pqn_loss(np.array([[1.0, 100.0]]), steps)[1].tolist() == [0, 1]


def fixed(**exploration: float) -> PQN:
    """A learner whose action values are its observations (B, 4)."""
    settings = PQNSettings(n_steps=4, batch_size=8, **exploration)  # type: ignore[arg-type]
    return PQN(Identity(4, actions=4), settings, build_network=identity_network(4))


@pytest.mark.parametrize(("progress", "epsilon"), [(0.0, 0.8), (0.1, 0.5), (0.2, 0.2), (1.0, 0.2)])
def test_exploration_falls_to_its_final_rate(progress: float, epsilon: float) -> None:
    """Of four actions the best is forbidden, the second best allowed: exploring takes one of the three at random."""
    learner = fixed(exploration_initial_eps=0.8, exploration_final_eps=0.2, exploration_fraction=0.2)
    assert learner.step(progress)["exploration_rate"] == pytest.approx(epsilon)
    N = 40000
    output = np.tile(np.array([3.0, 9.0, 5.0, 4.0], np.float32), (N, 1))
    choice = learner._act(output, np.tile([True, False, True, True], (N, 1)))
    shares = np.bincount(choice.actions, minlength=4) / N
    np.testing.assert_allclose(shares, [epsilon / 3, 0, 1 - 2 * epsilon / 3, epsilon / 3], atol=0.01)
    assert choice.values.tolist() == [5] * N  # that of the best allowed action
    assert choice.log_probs is None


def test_without_exploration_the_best_allowed_action_is_taken() -> None:
    learner = fixed(exploration_initial_eps=0.5, exploration_final_eps=0.0, exploration_fraction=0.0)
    learner.step(0.0)
    rng = np.random.default_rng(0)
    output, masks = rng.normal(size=(500, 4)), rng.random((500, 4)) < 0.5
    masks[np.arange(500), rng.integers(4, size=500)] = True
    choice = learner._act(output, masks)
    for row, mask, action, value in zip(output, masks, choice.actions, choice.values, strict=True):
        allowed = {float(row[a]): a for a in range(4) if mask[a]}
        assert (action, value) == (allowed[max(allowed)], max(allowed))


@pytest.mark.parametrize(("truncated", "of_wrong"), [(False, 0.0), (True, 0.5)])
def test_truncated_games_are_bootstrapped_and_terminated_ones_are_not(truncated: bool, of_wrong: float) -> None:
    """Games of one step: right is worth 1, wrong 0; if truncated, with γ = 1/2, right 1 + 1/2 + ... = 2 and wrong 1."""
    settings = PQNSettings(
        hidden=(32,), n_steps=8, batch_size=64, gamma=0.5, exploration_final_eps=0.5, learning_rate=3e-3
    )
    learner = PQN(Identity(16, length=1, truncated=truncated), settings, seed=2)
    for step in range(120):
        learner.step(step / 120)
    values = learner.agent().scores(np.eye(3, dtype=np.float32))
    assert values.argmax(axis=1).tolist() == [0, 1, 2]
    right = values.diagonal()
    np.testing.assert_allclose(right, right.mean(), rtol=0.05)
    np.testing.assert_allclose(values[~np.eye(3, dtype=bool)] / right.mean(), of_wrong, atol=0.05)


@pytest.mark.slow
def test_solves_cart_pole() -> None:
    envs = gym.make_vec("CartPole-v1", num_envs=16, vectorization_mode="vector_entry_point")
    settings = PQNSettings(n_steps=32, batch_size=128, q_lambda=0.9, hidden=(128,), learning_rate=2e-3)
    learner = PQN(envs, settings, seed=1)
    while learner.num_timesteps < 300_000:
        learner.step(learner.num_timesteps / 300_000)
    games = gym.make_vec("CartPole-v1", num_envs=100, vectorization_mode="vector_entry_point")
    assert agents.evaluate(learner.agent(), games, games=100, seed=10**6).mean >= 475
