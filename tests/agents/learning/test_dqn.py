"""DQN: small games that it must solve, its target network, its replay buffer and its state."""

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import agents
from agents.learning.dqn import DQN, DQNSettings
from agents.learning.q_values import action_values
from agents.policies.symmetry import Symmetry
from tests.support.identity import Identity
from tests.support.rollouts import make_snake
from tests.support.same import assert_same

Array = NDArray[Any]
SMALL = DQNSettings(
    hidden=(16,),
    channels=(4,),
    learning_starts=64,
    batch_size=16,
    gradient_steps=2,
    buffer_size=600,
    target_update_interval=3,
)
QUICK: dict[str, Any] = {
    "hidden": (32,),
    "learning_starts": 128,
    "batch_size": 64,
    "target_update_interval": 20,
    "learning_rate": 3e-3,
}


def snake(n_envs: int = 6, observation: str = "planes") -> VectorEnv[Any, Any, Any]:
    return make_snake(n_envs, 4, 5, observation=observation, hunger_limit=12)


def run(learner: DQN, rounds: int, first: int = 0, total: int = 20) -> list[dict[str, float]]:
    return [learner.step((first + number) / total) for number in range(rounds)]


@pytest.mark.parametrize("prioritized_replay", [False, True])
@pytest.mark.parametrize("dueling", [False, True])
def test_learns_the_identity(dueling: bool, prioritized_replay: bool) -> None:
    """The environment fails if a forbidden action is taken."""
    settings = DQNSettings(dueling=dueling, prioritized_replay=prioritized_replay, double=dueling, **QUICK)
    learner = DQN(Identity(16, masked=True, truncated=dueling), settings, seed=1)
    run(learner, 30, total=30)
    agent = learner.agent()
    shown = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(agent.act(shown), [0, 1, 2])
    result = agents.evaluate(agent, Identity(16), games=32)
    np.testing.assert_array_equal(result.scores, result.steps)


@pytest.mark.parametrize("truncated", [False, True])
def test_truncated_games_are_bootstrapped_and_terminated_ones_are_not(truncated: bool) -> None:
    """The right action gives 1. Games of one step are worth 1 if terminated, and 1 / (1 - γ) = 2 if truncated."""
    settings = DQNSettings(gamma=0.5, exploration_final_eps=0.2, **QUICK)
    learner = DQN(Identity(16, length=1, truncated=truncated), settings)
    run(learner, 40, total=40)
    values = action_values(learner.network.forward(np.eye(3, dtype=np.float32)), dueling=True)
    np.testing.assert_allclose(values.max(axis=1), 2 if truncated else 1, atol=0.15)


def test_integer_observations_keep_their_dtype_in_the_buffer() -> None:
    learner = DQN(Identity(16, dtype=np.uint8), DQNSettings(**QUICK))
    run(learner, 30, total=30)
    assert learner.state()[0]["buffer.observations"].dtype == np.uint8
    np.testing.assert_array_equal(learner.agent().act(np.eye(3, dtype=np.uint8) * 255), [0, 1, 2])


def test_the_target_network_is_updated_every_target_update_interval() -> None:
    learner = DQN(
        Identity(16), DQNSettings(**QUICK | {"target_update_interval": 16, "gradient_steps": 8, "learning_starts": 0})
    )
    start = learner.network.flat.copy()

    def target() -> Array:
        return learner.state()[0]["target.flat"]

    learner.step(0)
    np.testing.assert_array_equal(target(), start)
    assert (learner.network.flat != start).any()
    learner.step(0)
    assert learner.num_updates == 16
    np.testing.assert_array_equal(target(), learner.network.flat)


def test_the_gradient_is_a_mean_and_is_clipped() -> None:
    """After the first step, the gradients in Adam's state are those of the step."""

    def norm(**options: Any) -> float:
        settings = DQNSettings(
            **QUICK | {"learning_starts": 0, "gradient_steps": 1, "exploration_final_eps": 1.0} | options
        )
        learner = DQN(Identity(16), settings)
        learner.step(0)
        return float(np.linalg.norm(learner.state()[0]["optimiser.gradients"]))

    large, small = (norm(batch_size=count, max_grad_norm=1e9) for count in (640, 64))
    assert large == pytest.approx(small, rel=0.5)
    assert norm(max_grad_norm=0.01) == pytest.approx(0.01, rel=1e-5)


def test_every_improvement_of_dqn_has_an_effect() -> None:
    def weights(progress: float, **options: Any) -> bytes:
        learner = DQN(
            snake(16, "features"), DQNSettings(**QUICK | {"learning_starts": 0, "target_update_interval": 5} | options)
        )
        for _ in range(3):
            learner.step(progress)
        return learner.network.flat.tobytes()

    assert weights(0.5) == weights(0.5)
    assert weights(0.5) != weights(0.5, double=False)
    assert weights(0.5) != weights(0.5, n_step=2)
    assert weights(0.5) != weights(0.5, prioritized_replay=True)
    # beta rises from its first value to 1
    assert weights(0.0, prioritized_replay=True, per_beta=0.0) != weights(0.0, prioritized_replay=True, per_beta=1.0)
    assert weights(1.0, prioritized_replay=True, per_beta=0.0) == weights(1.0, prioritized_replay=True, per_beta=1.0)


def test_errors_become_priorities() -> None:
    learner = DQN(Identity(16), DQNSettings(prioritized_replay=True, **QUICK))
    run(learner, 3)
    assert len(np.unique(learner.state()[0]["buffer.priorities"])) > 50


def test_it_learns_nothing_before_learning_starts() -> None:
    learner = DQN(snake(), DQNSettings(hidden=(8,), channels=(4,), learning_starts=97, buffer_size=600))
    start = learner.network.flat.copy()
    first, second, third = run(learner, 3)
    assert learner.num_timesteps == 3 * 48
    assert np.isnan(first["td_loss"])
    assert np.isnan(second["td_loss"])
    assert third["td_loss"] > 0
    assert learner.num_updates == 8
    assert (learner.network.flat != start).any()


@pytest.mark.parametrize(
    "options", [{}, {"symmetric": True, "prioritized_replay": True}, {"dueling": False, "n_step": 1}]
)
def test_continues_from_its_state_as_without_an_interruption(options: dict[str, Any]) -> None:
    settings = DQNSettings(**vars(SMALL) | options)
    whole = DQN(snake(), settings, seed=3)
    run(whole, 9)
    first = DQN(snake(), settings, seed=3)
    run(first, 5)
    arrays, header = first.state()
    arrays = {name: array.copy() for name, array in arrays.items()}
    second = DQN(snake(), settings, seed=99)
    second.restore(arrays, json.loads(json.dumps(header)))
    run(second, 4, first=5)
    assert whole.num_updates > 0
    assert_same(second.state()[0], whole.state()[0])
    assert second.state()[1] == whole.state()[1]


def test_games_without_a_state_start_anew() -> None:
    settings = DQNSettings(**QUICK)
    first = DQN(Identity(4, length=50), settings)
    run(first, 3)
    arrays, header = first.state()
    second = DQN(Identity(4, length=50), settings)
    second.restore(arrays, json.loads(json.dumps(header)))
    assert not second.state()[0]["buffer.valid"][-settings.n_step :].any()
    run(second, 3)
    assert second.num_timesteps == 2 * first.num_timesteps


def test_same_seed_same_weights() -> None:
    def weights(seed: int) -> bytes:
        learner = DQN(snake(observation="features"), SMALL, seed=seed)
        run(learner, 5)
        return learner.network.flat.tobytes()

    assert weights(3) == weights(3)
    assert weights(3) != weights(4)


def test_the_agent_is_a_copy_and_can_be_saved(tmp_path: Path) -> None:
    environment = {"height": 4, "width": 5, "actions": "absolute"}
    learner = DQN(snake(), DQNSettings(**vars(SMALL) | {"symmetric": True}), environment=environment)
    run(learner, 4)
    agent = learner.agent()
    observations, info = snake(40).reset(seed=1)
    scores = agent.scores(observations)
    assert scores.shape == (40, 4)
    symmetry = Symmetry((4, 4, 5), 4)
    assert symmetry.count == 4
    turned = agent.scores(symmetry.view(2, observations))[:, symmetry.to_view[2]]
    np.testing.assert_allclose(turned, scores, atol=1e-5)
    run(learner, 2, first=4)
    np.testing.assert_array_equal(agent.scores(observations), scores)
    agent.save(tmp_path / "dqn.npz", {})
    loaded = agents.load(tmp_path / "dqn.npz")
    assert loaded.environment == environment
    np.testing.assert_array_equal(
        loaded.act(observations, info["action_mask"]), agent.act(observations, info["action_mask"])
    )


@pytest.mark.slow
def test_solves_cart_pole() -> None:
    def cart_poles(n_envs: int) -> VectorEnv[Any, Any, Any]:
        return gym.make_vec("CartPole-v1", num_envs=n_envs, vectorization_mode="vector_entry_point")

    settings = DQNSettings(
        train_freq=4,
        gradient_steps=4,
        batch_size=128,
        buffer_size=20_000,
        learning_starts=1000,
        n_step=10,
        target_update_interval=50,
        exploration_fraction=0.5,
        learning_rate=1e-3,
        final_learning_rate=0.0,
        huber_delta=10.0,
        hidden=(64, 64),
    )
    learner, steps = DQN(cart_poles(16), settings), 120_000
    while learner.num_timesteps < steps:
        learner.step(learner.num_timesteps / steps)
    assert agents.evaluate(learner.agent(), cart_poles(100), games=100, seed=10**6).mean >= 475
