"""PPO: its loss by hand and by central differences, its draws by counting; and CartPole, which it must solve."""

import math
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from numpy.typing import NDArray

import agents
from agents.learning.on_policy import RolloutBatch
from agents.learning.ppo import PPO, Settings, clipped_loss
from agents.learning.schedules import Annealing, anneal
from tests.nn.layers.test_gradients import central_differences, relative_error
from tests.support.identity import Identity

Array = NDArray[Any]
SMALL: dict[str, Any] = {"hidden": (8,), "n_steps": 4, "batch_size": 8, "n_epochs": 2}
CLIP, VALUE, ENTROPY = 0.2, 0.7, 0.3


def drawn(B: int, A: int, seed: int) -> tuple[Array, RolloutBatch]:
    """Outputs, and steps with forbidden actions and ratios anywhere but at 1 - ε and 1 + ε, where the loss bends."""
    rng = np.random.default_rng(seed)
    output = rng.normal(size=(B, A + 1))
    masks = rng.random((B, A)) < 0.6
    actions = rng.integers(A, size=B)
    masks[np.arange(B), actions] = True
    ratios = np.array(
        [rng.choice([rng.uniform(0.3, 0.78), rng.uniform(0.82, 1.18), rng.uniform(1.22, 2)]) for _ in actions]
    )
    log_policy = np.array([math.log(policy_of(*row)) for row in zip(output, masks, actions, strict=True)])
    advantages = rng.choice([-1, 1], size=B) * rng.uniform(0.1, 2, size=B)
    return output, RolloutBatch(masks, actions, log_policy - np.log(ratios), rng.normal(size=B), advantages)


def policy_of(output: Array, mask: Array, action: int) -> float:
    """π(a) over the allowed actions, one at a time."""
    powers = [math.exp(logit) if allowed else 0.0 for logit, allowed in zip(output[:-1], mask, strict=True)]
    return powers[action] / sum(powers)


def slow_loss(output: Array, batch: RolloutBatch) -> tuple[float, Array]:
    """The loss, and what is metrics of it, summed over steps as the paper writes them."""
    metrics = np.zeros(5)
    for b, row in enumerate(output):
        policy = [policy_of(row, batch.masks[b], action) for action in range(len(row) - 1)]
        ratio = policy[batch.actions[b]] / math.exp(batch.log_probs[b])
        A = batch.advantages[b]
        gain = min(ratio * A, min(max(ratio, 1 - CLIP), 1 + CLIP) * A)
        metrics += (
            -gain,
            (row[-1] - batch.returns[b]) ** 2 / 2,
            -sum(p * math.log(p) for p in policy if p > 0),
            ratio - 1 - math.log(ratio),
            gain != ratio * A,
        )
    return float(metrics[0] + VALUE * metrics[1] - ENTROPY * metrics[2]), metrics


@given(B=st.integers(1, 8), A=st.integers(2, 5), seed=st.integers(0, 2**32 - 1))
@limits(max_examples=40)
def test_the_gradient_of_the_loss(B: int, A: int, seed: int) -> None:
    output, batch = drawn(B, A, seed)
    gradient, metrics = clipped_loss(output, batch, clip=CLIP, value_weight=VALUE, entropy_weight=ENTROPY)
    assert relative_error(gradient, central_differences(lambda: slow_loss(output, batch)[0], output)) < 1e-6
    np.testing.assert_allclose(metrics, slow_loss(output, batch)[1], rtol=1e-9, atol=1e-12)
    assert (gradient[:, :-1][~batch.masks] == 0).all()


def test_the_loss_by_hand() -> None:
    """Two actions, as likely; ratios 1, 2 and 1/2.

    What is gained: 3 · 1; 1.2 rather than 2; with the advantage -1 the lesser one of -0.5 and -0.8.
    """
    output = np.array([[5.0, 5.0, 1.0], [0.0, 0.0, 2.0], [-1.0, -1.0, 0.0]])
    log_half = math.log(0.5)
    batch = RolloutBatch(
        masks=np.ones((3, 2), bool),
        actions=np.array([0, 1, 0]),
        log_probs=np.array([log_half, math.log(0.25), 0.0]),
        returns=np.array([3.0, 2.0, -4.0]),
        advantages=np.array([3.0, 1.0, -1.0]),
    )
    gradient, metrics = clipped_loss(output, batch, clip=0.2, value_weight=0.5, entropy_weight=0.0)
    divergence = 0 + (2 - 1 - math.log(2)) + (0.5 - 1 + math.log(2))
    assert metrics == pytest.approx([-3 - 1.2 + 0.8, 2 + 0 + 8, 3 * math.log(2), divergence, 2])
    np.testing.assert_allclose(gradient, np.array([[-1.5, 1.5, -1], [0, 0, 0], [0, 0, 2]]), atol=1e-12)


def test_entropy_pulls_towards_all_actions_alike() -> None:
    """π = (3/4, 1/4), H = log 4 - 3/4 log 3: the gradient of -H is π (log π + H)."""
    batch = RolloutBatch(np.ones((1, 2), bool), np.array([0]), np.array([math.log(0.75)]), np.zeros(1), np.zeros(1))
    gradient, _ = clipped_loss(np.array([[math.log(3), 0.0, 0.0]]), batch, clip=0.2, value_weight=1, entropy_weight=2)
    pull = 2 * 0.75 * (math.log(3) - 0.75 * math.log(3))
    np.testing.assert_allclose(gradient, [[pull, -pull, 0]], atol=1e-12)


def learner(**changed: Any) -> PPO:
    """Little enough to make a step in no time."""
    return PPO(Identity(4), Settings(**SMALL | changed))


def test_draws_follow_the_policy_and_are_never_forbidden() -> None:
    N = 40000
    logits = np.array([1.0, 40.0, 0.0, -0.5], np.float32)  # the greatest one is forbidden
    mask = np.array([True, False, True, True])
    expected = np.exp([1, 0, -0.5]) / np.exp([1, 0, -0.5]).sum()
    output = np.tile(np.append(logits, np.float32(7)), (N, 1))
    choice = learner().choose(output, np.tile(mask, (N, 1)))
    counts = np.bincount(choice.actions, minlength=4)
    assert counts[1] == 0
    shares = counts[mask] / N
    chi_square = N * ((shares - expected) ** 2 / expected).sum()
    assert chi_square < 13.8  # two degrees of freedom: once in a thousand
    assert choice.values.tolist() == [7] * N
    assert choice.log_probs is not None
    log_policy = np.array([math.log(expected[0]), 0, *np.log(expected[1:])])
    np.testing.assert_allclose(choice.log_probs, log_policy[choice.actions], atol=1e-5)


def test_where_one_action_is_allowed_it_is_certain() -> None:
    masks = np.eye(4, dtype=bool)
    choice = learner().choose(np.full((4, 5), 1e4, np.float32) * np.arange(5, dtype=np.float32), masks)
    assert choice.actions.tolist() == [0, 1, 2, 3]
    assert choice.log_probs is not None
    assert choice.log_probs.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("shape", "numbers"),
    [
        ("constant", [8, 8, 8, 8, 8]),
        ("linear", [8, 6.5, 5, 2, 2]),
        ("cosine", [8, 5 + 3 * math.sqrt(0.5), 5, 2, 2]),
    ],
)
def test_schedules_by_hand(shape: Annealing, numbers: list[float]) -> None:
    found = [anneal(shape, 8, 2, progress) for progress in (-0.1, 0.25, 0.5, 1, 1.3)]
    assert found == pytest.approx(numbers)


def test_an_unknown_schedule_is_named() -> None:
    with pytest.raises(ValueError, match="no schedule 'steep'; choose one of constant, linear, cosine"):
        learner(schedule="steep").step(0.5)


def test_the_weight_of_entropy_falls() -> None:
    mine = learner(entropy=0.8, final_entropy=0.2, clip=CLIP, value_weight=VALUE)
    output, batch = drawn(6, 3, seed=1)
    for progress, weight in ((0, 0.8), (0.5, 0.5), (1, 0.2)):
        mine.step(progress)
        expected, _ = clipped_loss(output, batch, clip=CLIP, value_weight=VALUE, entropy_weight=weight)
        np.testing.assert_allclose(mine.loss(output, batch)[0], expected, rtol=1e-9)


def test_the_learning_rate_falls() -> None:
    mine = learner(learning_rate=1e-2, final_learning_rate=0.0)
    moved = []
    for progress in (0.0, 0.9, 1.0):
        before = mine.network.flat.copy()
        mine.step(progress)
        moved.append(float(np.abs(mine.network.flat - before).max()))
    assert moved[0] > 5 * moved[1] > 0
    assert moved[2] == 0


def test_at_first_all_actions_are_alike() -> None:
    metrics = learner(n_epochs=1, batch_size=10**6).step(0.0)
    assert metrics["entropy"] == pytest.approx(math.log(3), abs=1e-6)
    assert metrics["divergence"] == pytest.approx(0, abs=1e-6)
    assert metrics["clipped"] == 0
    assert metrics["policy_loss"] == pytest.approx(0, abs=1e-6)  # minus the mean advantage, which is 0


@pytest.mark.slow
def test_cartpole() -> None:
    envs = gym.make_vec("CartPole-v1", num_envs=16, vectorization_mode="vector_entry_point")
    chosen = Settings(
        n_steps=128,
        batch_size=512,
        n_epochs=8,
        gamma=0.99,
        hidden=(64, 64),
        learning_rate=1e-3,
        entropy=0.01,
        final_entropy=0.0,
    )
    mine = PPO(envs, chosen, seed=1)
    while mine.num_timesteps < 300_000:
        mine.step(mine.num_timesteps / 300_000)
    games = gym.make_vec("CartPole-v1", num_envs=100, vectorization_mode="vector_entry_point")
    assert agents.evaluate(mine.agent(), games, games=100, seed=10**6).mean >= 475
