"""Properties of both on-policy learners, PPO and PQN, and the functions that they share."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import VectorEnv

import agents
import nn
from agents.learning.on_policy import RolloutSamples, explained_variance, flatten, minibatches
from agents.learning.ppo import PPO, PPOSettings
from agents.learning.pqn import PQN, PQNSettings
from tests.support.identity import Identity
from tests.support.rollouts import make_rollout, make_snake
from tests.support.same import assert_same

Envs = VectorEnv[Any, Any, Any]
Maker = Callable[..., PPO | PQN]


def make_ppo(envs: Envs, seed: int = 0, **settings: Any) -> PPO:
    return PPO(envs, PPOSettings(**settings), seed=seed, environment={"height": 4})


def make_pqn(envs: Envs, seed: int = 0, **settings: Any) -> PQN:
    return PQN(envs, PQNSettings(**settings), seed=seed, environment={"height": 4})


both = pytest.mark.parametrize("make", [make_ppo, make_pqn])
SMALL: dict[str, Any] = {"n_steps": 8, "batch_size": 32, "n_epochs": 2, "hidden": (16,), "channels": (4,)}
RULES: dict[str, Any] = {"hunger_limit": 9, "reward": "distance", "initial_length": (2, 9)}


@pytest.fixture(autouse=True)
def _one_thread_afterwards() -> Iterator[None]:
    yield
    nn.threads.use(1)


def snake(n_envs: int, **rules: Any) -> Envs:
    return make_snake(n_envs, 4, 5, **RULES | rules)


def run(learner: PPO | PQN, steps: range) -> list[dict[str, float]]:
    return [learner.step(number / 20) for number in steps]


def same(first: Any, second: Any) -> bool:
    """Whether metrics are equal, NaN equal to NaN."""
    return json.dumps(first) == json.dumps(second)


def test_a_rollout_becomes_one_long_batch() -> None:
    """Step t of game n is step t * N + n of the batch."""
    T, N, rng = 3, 2, np.random.default_rng(0)
    rollout = make_rollout(
        T,
        N,
        masks=rng.random((T, N, 2)) < 0.5,
        actions=rng.integers(2, size=(T, N)),
        log_probs=rng.normal(size=(T, N)),
        observations=rng.integers(256, size=(T, N, 1)),
        values=rng.integers(9, size=(T + 1, N)),
    )
    returns = rng.integers(9, size=(T, N)).astype(np.float32)
    steps = flatten(rollout, returns)
    assert [len(array) for array in steps] == [T * N] * 6
    for t in range(T):
        for n in range(N):
            step = steps.select(np.array([t * N + n]))
            expected = RolloutSamples(
                rollout.observations[t, [n]],
                rollout.masks[t, [n]],
                rollout.actions[t, [n]],
                rollout.log_probs[t, [n]],
                returns[t, [n]],
                returns[t, [n]] - rollout.values[t, [n]],
            )
            assert_same(step, expected)


@pytest.mark.parametrize(("B", "batch_size", "sizes"), [(9, 3, {3}), (10, 4, {5}), (10, 3, {3, 4}), (2, 100, {2})])
def test_each_epoch_has_every_index_once_in_minibatches_of_about_the_size(
    B: int, batch_size: int, sizes: set[int]
) -> None:
    indices = 10 * np.arange(B)
    found = list(minibatches(indices, batch_size, 3, np.random.default_rng(0)))
    per_epoch = len(found) // 3
    assert {len(minibatch) for minibatch in found} == sizes
    epochs = [np.concatenate(found[i * per_epoch : (i + 1) * per_epoch]) for i in range(3)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), indices)
    if B > 2:
        assert len({epoch.tobytes() for epoch in epochs}) == 3  # each in another order


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4], 1.0),
        ([11, 12, 13, 14], 1.0),  # a constant error counts as explained
        ([7, 7, 7, 7], 0.0),
        ([4, 3, 2, 1], -3.0),  # R - V = -3, -1, 1, 3 with the variance 5; that of R is 1.25
        ([1, 2, 3, 2], 1 - 0.75 / 1.25),  # R - V = 0, 0, 0, 2
    ],
)
def test_explained_variance_by_hand(values: list[float], expected: float) -> None:
    returns = np.array([1.0, 2.0, 3.0, 4.0])
    assert explained_variance(returns, returns - np.array(values)) == pytest.approx(expected)


def test_the_explained_variance_of_constant_returns_is_nan() -> None:
    assert math.isnan(explained_variance(np.full(3, 2.0), np.array([0.0, 1.0, 2.0])))


@both
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_learns_the_identity(make: Maker, masked: bool, dtype: type[np.generic]) -> None:
    """With masks, the environment fails if a forbidden action is taken."""
    learner = make(
        Identity(16, masked=masked, dtype=dtype, truncated=masked),
        seed=1,
        n_steps=16,
        batch_size=64,
        hidden=(32,),
        learning_rate=5e-3,
        gamma=0.5,
    )
    for step in range(40):
        learner.step(step / 40)
    assert learner.num_timesteps == 40 * 16 * 16
    result = agents.evaluate(learner.agent(), Identity(16, masked=masked, dtype=dtype), games=32)
    np.testing.assert_array_equal(result.scores, result.steps)


@both
def test_if_masks_are_ignored_forbidden_actions_are_taken(make: Maker) -> None:
    learner = make(Identity(16, masked=True), masked=False, **SMALL)
    with pytest.raises(AssertionError, match="a forbidden action was taken"):
        run(learner, range(3))
    assert not learner.agent().masked


@both
def test_same_seed_same_weights(make: Maker) -> None:
    def weights(seed: int) -> bytes:
        learner = make(snake(6), seed, **SMALL)
        run(learner, range(3))
        return learner.network.flat.tobytes()

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


@both
@pytest.mark.parametrize(("observation", "actions"), [("planes", "absolute"), ("features", "relative")])
def test_any_number_of_threads_gives_the_same_weights(make: Maker, observation: str, actions: str) -> None:
    """A minibatch of images is several parts here."""

    def train(threads: int) -> Any:
        nn.threads.use(threads)
        learner = make(
            snake(80, observation=observation, actions=actions), **SMALL | {"batch_size": 600, "n_steps": 16}
        )
        metrics = run(learner, range(2))
        return metrics, learner.state()

    one = train(1)
    for threads in (2, 3):
        other = train(threads)
        assert same(one[0], other[0])
        assert_same(one[1], other[1])


@both
@pytest.mark.parametrize("symmetric", [False, True])
def test_continues_from_its_state_as_without_an_interruption(make: Maker, symmetric: bool, tmp_path: Path) -> None:
    settings = SMALL | {"symmetric": symmetric}
    whole = make(snake(6), 3, **settings)
    run(whole, range(5))
    arrays, header = whole.state()
    nn.files.write(tmp_path / "state.npz", arrays, header)
    metrics = run(whole, range(5, 12))
    saved, header = nn.files.read(tmp_path / "state.npz")
    assert_same(arrays, saved)  # training did not change the state that was returned
    resumed = make(snake(6), 3, **settings)
    resumed.restore(saved, header)
    assert resumed.num_timesteps == 5 * 8 * 6
    assert same(run(resumed, range(5, 12)), metrics)
    assert_same(resumed.state(), whole.state())


@both
def test_games_without_a_state_start_anew(make: Maker) -> None:
    whole = make(Identity(4), **SMALL)
    run(whole, range(3))
    arrays, header = whole.state()
    resumed = make(Identity(4), **SMALL)
    resumed.restore(arrays, header)
    assert_same(resumed.state(), (arrays, header))
    assert math.isfinite(run(resumed, range(3, 4))[0]["episode_score"])


@both
def test_the_agent_is_a_copy_and_can_be_saved(make: Maker, tmp_path: Path) -> None:
    learner = make(snake(4), symmetric=True, **SMALL)
    run(learner, range(2))
    agent = learner.agent()
    agent.save(tmp_path / "agent.npz", {})
    observations, info = snake(30).reset(seed=5)
    before = agent.scores(observations)
    assert before.shape == (30, 4)
    run(learner, range(2, 5))
    np.testing.assert_array_equal(agent.scores(observations), before)
    assert (learner.agent().scores(observations) != before).any()
    loaded = agents.load(tmp_path / "agent.npz")
    assert loaded.environment == {"height": 4}
    mask = info["action_mask"]
    np.testing.assert_array_equal(loaded.act(observations, mask), agent.act(observations, mask))


@both
def test_episode_metrics_are_those_of_the_games_that_ended(make: Maker) -> None:
    learner = make(Identity(3, length=20), **SMALL | {"n_steps": 8})
    metrics = run(learner, range(5))  # 40 steps; games end after 20, 21 and 22 of them, and then after 21 more
    assert [row["episodes"] for row in metrics] == [0, 0, 3, 0, 0]
    for name in ("episode_score", "episode_reward", "episode_length"):
        assert [math.isnan(row[name]) for row in metrics] == [True, True, False, True, True]
    assert 0 < metrics[2]["episode_score"] == metrics[2]["episode_reward"] < 15
    assert metrics[2]["episode_length"] == 21


@both
def test_the_gradient_is_a_mean_and_is_clipped(make: Maker) -> None:
    """After the first step, the gradients in Adam's state are those of the step."""

    def norm(n_envs: int, max_grad_norm: float) -> float:
        one_batch = {"n_steps": 16, "n_epochs": 1, "batch_size": 10**6}
        learner = make(Identity(n_envs), **SMALL | one_batch, max_grad_norm=max_grad_norm)
        learner.step(0.0)
        return float(np.linalg.norm(learner.state()[0]["optimiser.gradients"]))

    assert norm(160, 1e9) == pytest.approx(norm(16, 1e9), rel=0.5)
    assert norm(16, 0.01) == pytest.approx(0.01, rel=1e-5)


@both
def test_rows_in_which_a_game_starts_anew_are_not_learned_from(make: Maker) -> None:
    """In games of one step every second row is the end of a game: its observation must not matter."""

    class Changed(Identity):
        changed = False

        def step(self, actions: Any) -> Any:
            observations, rewards, terminated, truncated, info = super().step(actions)
            if self.changed:
                observations = np.where(terminated[:, None], np.float32(1), observations)
            return observations, rewards, terminated, truncated, info

    found = []
    for changed in (False, True):
        envs = Changed(8, length=1)
        envs.changed = changed
        learner = make(envs, **SMALL)
        run(learner, range(1))
        found.append(learner.network.flat.copy())
    np.testing.assert_array_equal(found[0], found[1])


@both
def test_rollouts_without_a_valid_row_change_nothing(make: Maker) -> None:
    """Games of one step, and rollouts of one step: in every second rollout all games start anew."""
    learner = make(Identity(4, length=1), **SMALL | {"n_steps": 1})
    first = learner.step(0.0)
    weights = learner.network.flat.copy()
    second = learner.step(0.0)
    np.testing.assert_array_equal(learner.network.flat, weights)
    assert second.keys() == first.keys()
    assert learner.num_timesteps == 8
    learner.step(0.0)
    assert (learner.network.flat != weights).any()


@both
def test_weights_that_are_nan_stop_the_training(make: Maker) -> None:
    learner = make(snake(4), **SMALL)
    learner.step(0.0)
    learner.network.flat[3] = np.nan
    with pytest.raises(FloatingPointError, match=r"training has diverged.*lower the learning rate"):
        learner.step(0.1)
