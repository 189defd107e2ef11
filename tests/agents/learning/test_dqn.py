"""DQN: its arithmetic by hand and by central differences, then small games that it must solve."""

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from numpy.typing import NDArray

import agents
import snake_env  # noqa: F401  registers the environment
from agents.learning.dqn import DQN, Settings
from agents.learning.exploration import epsilon_greedy, exploration_rate
from agents.learning.q_values import action_values, n_step_targets, q_loss
from agents.policies.symmetry import Symmetry
from tests.nn.layers.test_gradients import central_differences, relative_error
from tests.support.identity import Identity
from tests.support.same import assert_same

Array = NDArray[Any]
SMALL = Settings(
    hidden=(16,), channels=(4,), learning_starts=64, batch_size=16, updates=2, buffer_size=600, target_update_interval=3
)
QUICK: dict[str, Any] = {
    "hidden": (32,),
    "learning_starts": 128,
    "batch_size": 64,
    "target_update_interval": 20,
    "learning_rate": 3e-3,
}


def snake(
    games: int = 6, observation: str = "planes", actions: str = "absolute"
) -> gym.vector.VectorEnv[Any, Any, Any]:
    options: dict[str, Any] = {
        "height": 4,
        "width": 5,
        "observation": observation,
        "actions": actions,
        "hunger_limit": 12,
    }
    return gym.make_vec("snake_env/Snake-v1", num_envs=games, vectorization_mode="vector_entry_point", **options)


def run(learner: DQN, rounds: int, first: int = 0, total: int = 20) -> list[dict[str, float]]:
    return [learner.step((first + number) / total) for number in range(rounds)]


def test_targets_by_hand() -> None:
    returns, discounts = np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.5, 0.0])
    chooser = np.array([[9.0, 1.0, 2.0], [9.0, 1.0, 2.0], [1.0, 2.0, 3.0]])
    values = np.array([[10.0, 20.0, 30.0], [10.0, 20.0, 30.0], [7.0, 7.0, 7.0]])
    masks = np.array([[True, True, True], [False, True, True], [True, True, True]])
    # chosen: action 0, worth 10; action 2, since 0 is forbidden, worth 30; nothing follows
    double = n_step_targets(returns, discounts, chooser, values, masks)
    assert double.tolist() == [1 + 5, 2 + 15, 3]
    single = n_step_targets(returns, discounts, values, values, masks)
    assert single.tolist() == [1 + 15, 2 + 15, 3]


def test_dueling_values_by_hand() -> None:
    output = np.array([[1.0, 2.0, 6.0, 10.0]])  # advantages with the mean 3, and the value 10
    assert action_values(output, dueling=True).tolist() == [[8, 9, 13]]
    assert action_values(output, dueling=False) is output


def test_the_loss_by_hand() -> None:
    output = np.array([[1.0, 5.0], [0.0, 0.0]])
    total, gradient, errors = q_loss(
        output, np.array([1, 0]), np.array([4.5, 3.0]), np.array([1.0, 0.5]), dueling=False, delta=1.0
    )
    assert errors.tolist() == [-0.5, 3.0]
    assert total == 0.5**2 / 2 + 0.5 * (3 - 0.5)  # a parabola, and half the weight on the line
    assert gradient.tolist() == [[0, 0.5], [-0.5, 0]]


@pytest.mark.parametrize("dueling", [False, True])
def test_the_gradient_of_the_loss(dueling: bool) -> None:
    rng = np.random.default_rng(0)
    B, A = 12, 3
    output = rng.normal(size=(B, A + dueling)) * 2
    actions, targets, weights = rng.integers(A, size=B), rng.normal(size=B) * 2, rng.uniform(0.1, 1, size=B)

    def value() -> float:
        return q_loss(output, actions, targets, weights, dueling=dueling, delta=0.8)[0]

    _, gradient, errors = q_loss(output, actions, targets, weights, dueling=dueling, delta=0.8)
    assert (np.abs(errors) > 0.8).any()
    assert (np.abs(errors) < 0.8).any()
    assert relative_error(gradient, central_differences(value, output)) < 1e-7


def test_chance_keeps_to_what_is_allowed_and_is_even() -> None:
    masks = np.tile([True, False, True, True], (6000, 1))
    values = np.tile([1.0, 9.0, 3.0, 2.0], (6000, 1))
    rng = np.random.default_rng(0)
    counts = np.bincount(epsilon_greedy(values, masks, 0.6, rng), minlength=4) / 6000
    np.testing.assert_allclose(counts, [0.2, 0, 0.6, 0.2], atol=0.03)
    assert set(epsilon_greedy(values, masks, 0.0, rng).tolist()) == {2}


@pytest.mark.parametrize("name", ["n_steps", "updates", "batch_size", "window", "target_update_interval"])
def test_counts_of_nothing_are_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is 0; give 1 or more"):
        Settings(**{name: 0})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [np.nan, -0.5, np.inf])
def test_numbers_that_nothing_is_learned_by_are_named(value: float) -> None:
    for name, given in (
        ("discount", "give a share, 0 to 1"),
        ("exploration_fraction", "share"),
        ("huber", "give a number from 0"),
    ):
        with pytest.raises(ValueError, match=f"{name} is {value}; .*{given}"):
            Settings(**{name: value})  # type: ignore[arg-type]


def test_exploration_falls_on_a_line_and_stays() -> None:
    found = [exploration_rate(1.0, 0.2, 0.5, progress) for progress in (0, 0.25, 0.5, 1)]
    np.testing.assert_allclose(found, [1.0, 0.6, 0.2, 0.2])
    assert exploration_rate(1.0, 0.2, 0.0, 0.0) == pytest.approx(0.2)


@pytest.mark.parametrize("prioritized_replay", [False, True])
@pytest.mark.parametrize("dueling", [False, True])
def test_learns_to_name_what_it_sees(dueling: bool, prioritized_replay: bool) -> None:
    """Forbidden actions fail in this environment, so that none is taken is tested as well."""
    settings = Settings(dueling=dueling, prioritized_replay=prioritized_replay, double=dueling, **QUICK)
    learner = DQN(Identity(16, masked=True, truncated=dueling), settings, seed=1)
    run(learner, 30, total=30)
    agent = learner.agent()
    shown = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(agent.act(shown), [0, 1, 2])
    result = agents.evaluate(agent, Identity(16), games=32)
    np.testing.assert_array_equal(result.scores, result.steps)


@pytest.mark.parametrize("truncated", [False, True])
def test_values_know_what_ends_and_what_is_only_cut_off(truncated: bool) -> None:
    """Always right: 1 a step. Games of one step are worth 1; cut off rather than over, 1 / (1 - d) = 2."""
    settings = Settings(gamma=0.5, exploration_final_eps=0.2, **QUICK)
    learner = DQN(Identity(16, length=1, truncated=truncated), settings)
    run(learner, 40, total=40)
    values = action_values(learner.network.forward(np.eye(3, dtype=np.float32)), dueling=True)
    np.testing.assert_allclose(values.max(axis=1), 2 if truncated else 1, atol=0.15)


def test_whole_numbers_are_remembered_as_they_are() -> None:
    learner = DQN(Identity(16, dtype=np.uint8), Settings(**QUICK))
    run(learner, 30, total=30)
    assert learner.state()[0]["replay.observations"].dtype == np.uint8
    np.testing.assert_array_equal(learner.agent().act(np.eye(3, dtype=np.uint8) * 255), [0, 1, 2])


def test_the_target_network_follows_now_and_then() -> None:
    learner = DQN(Identity(16), Settings(**QUICK | {"target_update_interval": 16, "updates": 8, "learning_starts": 0}))
    start = learner.network.flat.copy()

    def target() -> Array:
        return learner.state()[0]["target"]

    learner.step(0)
    np.testing.assert_array_equal(target(), start)
    assert (learner.network.flat != start).any()
    learner.step(0)
    assert learner.updates == 16
    np.testing.assert_array_equal(target(), learner.network.flat)


def test_the_gradient_is_a_mean_and_is_shortened() -> None:
    """After one step of Adam its sum of gradients is the gradient."""

    def length(**options: Any) -> float:
        settings = Settings(**QUICK | {"learning_starts": 0, "updates": 1, "exploration_final_eps": 1.0} | options)
        learner = DQN(Identity(16), settings)
        learner.step(0)
        return float(np.linalg.norm(learner.state()[0]["optimiser.gradients"]))

    large, small = (length(batch_size=count, max_grad_norm=1e9) for count in (640, 64))
    assert large == pytest.approx(small, rel=0.5)
    assert length(max_grad_norm=0.01) == pytest.approx(0.01, rel=1e-5)


def test_every_option_from_a_paper_matters() -> None:
    def weights(progress: float, **options: Any) -> bytes:
        learner = DQN(
            snake(16, "features"), Settings(**QUICK | {"learning_starts": 0, "target_update_interval": 5} | options)
        )
        for _ in range(3):
            learner.step(progress)
        return learner.network.flat.tobytes()

    assert weights(0.5) == weights(0.5)
    assert weights(0.5) != weights(0.5, double=False)
    assert weights(0.5) != weights(0.5, window=2)
    assert weights(0.5) != weights(0.5, prioritized_replay=True)
    # importance goes from its first value to 1
    assert weights(0.0, prioritized_replay=True, per_beta=0.0) != weights(0.0, prioritized_replay=True, per_beta=1.0)
    assert weights(1.0, prioritized_replay=True, per_beta=0.0) == weights(1.0, prioritized_replay=True, per_beta=1.0)


def test_errors_become_priorities() -> None:
    learner = DQN(Identity(16), Settings(prioritized_replay=True, **QUICK))
    run(learner, 3)
    assert len(np.unique(learner.state()[0]["replay.priorities"])) > 50


def test_it_learns_nothing_before_it_is_warm() -> None:
    learner = DQN(snake(), Settings(hidden=(8,), channels=(4,), learning_starts=97, buffer_size=600))
    start = learner.network.flat.copy()
    first, second, third = run(learner, 3)
    assert learner.num_timesteps == 3 * 48
    assert np.isnan(first["loss"])
    assert np.isnan(second["loss"])
    assert third["loss"] > 0
    assert learner.updates == 8
    assert (learner.network.flat != start).any()


@pytest.mark.parametrize(
    "options", [{}, {"symmetric": True, "prioritized_replay": True}, {"dueling": False, "window": 1}]
)
def test_it_goes_on_as_if_nothing_had_happened(options: dict[str, Any]) -> None:
    settings = Settings(**vars(SMALL) | options)
    whole = DQN(snake(), settings, seed=3)
    run(whole, 9)
    first = DQN(snake(), settings, seed=3)
    run(first, 5)
    arrays, header = first.state()
    arrays = {name: array.copy() for name, array in arrays.items()}
    second = DQN(snake(), settings, seed=99)
    second.restore(arrays, json.loads(json.dumps(header)))
    run(second, 4, first=5)
    assert whole.updates > 0
    assert_same(second.state()[0], whole.state()[0])
    assert second.state()[1] == whole.state()[1]


def test_without_the_games_state_it_goes_on_with_new_games() -> None:
    settings = Settings(**QUICK)
    first = DQN(Identity(4, length=50), settings)
    run(first, 3)
    arrays, header = first.state()
    second = DQN(Identity(4, length=50), settings)
    second.restore(arrays, json.loads(json.dumps(header)))
    assert not second.state()[0]["replay.valid"][-settings.window :].any()
    run(second, 3)
    assert second.num_timesteps == 2 * first.num_timesteps


def test_same_seed_same_weights() -> None:
    def weights(seed: int) -> bytes:
        learner = DQN(snake(observation="features"), SMALL, seed=seed)
        run(learner, 5)
        return learner.network.flat.tobytes()

    assert weights(3) == weights(3)
    assert weights(3) != weights(4)


def test_the_agent_is_a_copy_and_comes_back_from_its_file(tmp_path: Path) -> None:
    environment = {"height": 4, "width": 5, "actions": "absolute"}
    learner = DQN(snake(), Settings(**vars(SMALL) | {"symmetric": True}), environment=environment)
    run(learner, 4)
    agent = learner.agent()
    observations, info = snake(40).reset(seed=1)
    scores = agent.scores(observations)
    assert scores.shape == (40, 4)
    symmetry = Symmetry((4, 4, 5), 4)
    assert symmetry.count == 4
    turned = agent.scores(symmetry.view(2, observations))[:, symmetry.seen[2]]
    np.testing.assert_allclose(turned, scores, atol=1e-5)
    run(learner, 2, first=4)
    np.testing.assert_array_equal(agent.scores(observations), scores)
    agent.save(tmp_path / "dqn.npz", {})
    again = agents.load(tmp_path / "dqn.npz")
    assert again.environment == environment
    np.testing.assert_array_equal(
        again.act(observations, info["action_mask"]), agent.act(observations, info["action_mask"])
    )


@pytest.mark.slow
def test_solves_cart_pole() -> None:
    def poles(games: int) -> gym.vector.VectorEnv[Any, Any, Any]:
        return gym.make_vec("CartPole-v1", num_envs=games, vectorization_mode="vector_entry_point")

    settings = Settings(
        n_steps=4,
        updates=4,
        batch_size=128,
        buffer_size=20_000,
        learning_starts=1000,
        window=10,
        target_update_interval=50,
        exploration_fraction=0.5,
        learning_rate=1e-3,
        final_learning_rate=0.0,
        delta=10.0,
        hidden=(64, 64),
    )
    learner, steps = DQN(poles(16), settings), 120_000
    while learner.num_timesteps < steps:
        learner.step(learner.num_timesteps / steps)
    assert agents.evaluate(learner.agent(), poles(100), games=100, seed=10**6).mean >= 475
