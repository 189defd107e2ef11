"""PPO: its loss by hand and by central differences, its samples by counting; and CartPole, which it must solve."""

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
import nn
from agents.learning import ppo
from agents.learning.on_policy import RolloutSamples
from agents.learning.ppo import PPO, PPOSettings, ppo_loss
from agents.learning.rollout import ActionChoice
from agents.policies.networks import actor_critic
from tests.nn.layers.test_gradients import central_differences, relative_error
from tests.support.identity import Identity, identity_network

Array = NDArray[Any]
SMALL: dict[str, Any] = {"hidden": (8,), "n_steps": 4, "batch_size": 8, "n_epochs": 2}
COEFFICIENTS = {"clip_range": 0.2, "vf_coef": 0.7, "ent_coef": 0.3}
CLIP, VF, ENT = COEFFICIENTS.values()


def draw(B: int, A: int, seed: int) -> tuple[Array, RolloutSamples]:
    """Outputs, and steps with forbidden actions; ratios are not close to 1 - ε and 1 + ε, where the loss has a kink."""
    rng = np.random.default_rng(seed)
    output = rng.normal(size=(B, A + 1))
    masks = rng.random((B, A)) < 0.6
    actions = rng.integers(A, size=B)
    masks[np.arange(B), actions] = True
    ratios = np.array(
        [rng.choice([rng.uniform(0.3, 0.78), rng.uniform(0.82, 1.18), rng.uniform(1.22, 2)]) for _ in actions]
    )
    log_policy = np.array([math.log(probability(*row)) for row in zip(output, masks, actions, strict=True)])
    advantages = rng.choice([-1, 1], size=B) * rng.uniform(0.1, 2, size=B)
    return output, steps_of(masks, actions, log_policy - np.log(ratios), rng.normal(size=B), advantages)


def steps_of(masks: Array, actions: Array, log_probs: Array, returns: Array, advantages: Array) -> RolloutSamples:
    """Steps without observations, which the loss does not use."""
    return RolloutSamples(np.empty((len(actions), 0)), masks, actions, log_probs, returns, advantages)


def probability(output: Array, mask: Array, action: int) -> float:
    """π(a) of one step, over the allowed actions."""
    powers = [math.exp(logit) if allowed else 0.0 for logit, allowed in zip(output[:-1], mask, strict=True)]
    return powers[action] / sum(powers)


def slow_loss(output: Array, steps: RolloutSamples) -> tuple[float, Array]:
    """The loss and its metrics, summed over the steps as the paper writes them."""
    sums = np.zeros(5)
    for b, row in enumerate(output):
        policy = [probability(row, steps.masks[b], action) for action in range(len(row) - 1)]
        ratio = policy[steps.actions[b]] / math.exp(steps.log_probs[b])
        A = steps.advantages[b]
        surrogate = min(ratio * A, min(max(ratio, 1 - CLIP), 1 + CLIP) * A)
        sums += (
            -surrogate,
            (row[-1] - steps.returns[b]) ** 2 / 2,
            -sum(p * math.log(p) for p in policy if p > 0),
            ratio - 1 - math.log(ratio),
            abs(ratio - 1) > CLIP,
        )
    return float(sums[0] + VF * sums[1] - ENT * sums[2]), sums


@given(B=st.integers(1, 8), A=st.integers(2, 5), seed=st.integers(0, 2**32 - 1))
@limits(max_examples=40)
def test_the_gradient_of_the_loss(B: int, A: int, seed: int) -> None:
    output, steps = draw(B, A, seed)
    gradient, sums = ppo_loss(output, steps, **COEFFICIENTS)
    assert relative_error(gradient, central_differences(lambda: slow_loss(output, steps)[0], output)) < 1e-6
    np.testing.assert_allclose(sums, slow_loss(output, steps)[1], rtol=1e-9, atol=1e-12)
    assert (gradient[:, :-1][~steps.masks] == 0).all()


def test_the_loss_by_hand() -> None:
    """Two actions with probability 1/2 each; ratios 1, 2 and 1/2.

    The surrogates: 3 · 1; 1.2 rather than 2; with the advantage -1 the minimum of -0.5 and -0.8.
    """
    output = np.array([[5.0, 5.0, 1.0], [0.0, 0.0, 2.0], [-1.0, -1.0, 0.0]])
    log_half = math.log(0.5)
    steps = steps_of(
        masks=np.ones((3, 2), bool),
        actions=np.array([0, 1, 0]),
        log_probs=np.array([log_half, math.log(0.25), 0.0]),
        returns=np.array([3.0, 2.0, -4.0]),
        advantages=np.array([3.0, 1.0, -1.0]),
    )
    gradient, sums = ppo_loss(output, steps, clip_range=0.2, vf_coef=0.5, ent_coef=0.0)
    approx_kl = 0 + (2 - 1 - math.log(2)) + (0.5 - 1 + math.log(2))
    assert sums == pytest.approx([-3 - 1.2 + 0.8, 2 + 0 + 8, 3 * math.log(2), approx_kl, 2])
    np.testing.assert_allclose(gradient, np.array([[-1.5, 1.5, -1], [0, 0, 0], [0, 0, 2]]), atol=1e-12)


def test_the_entropy_bonus_pulls_towards_equal_probabilities() -> None:
    """π = (3/4, 1/4), H = log 4 - 3/4 log 3: the gradient of -H is π (log π + H)."""
    steps = steps_of(np.ones((1, 2), bool), np.array([0]), np.array([math.log(0.75)]), np.zeros(1), np.zeros(1))
    gradient, _ = ppo_loss(np.array([[math.log(3), 0.0, 0.0]]), steps, clip_range=0.2, vf_coef=1, ent_coef=2)
    pull = 2 * 0.75 * (math.log(3) - 0.75 * math.log(3))
    np.testing.assert_allclose(gradient, [[pull, -pull, 0]], atol=1e-12)


def learner(**settings: Any) -> PPO:
    """A learner whose steps take milliseconds."""
    return PPO(Identity(4), PPOSettings(**SMALL | settings))


def choose(output: Array, masks: Array) -> ActionChoice:
    """The actions of a learner whose network has this output (B, 4 + 1)."""
    return PPO(Identity(4, actions=4), build_network=identity_network(5))._act(output, masks)


def test_samples_follow_the_policy_and_are_never_forbidden() -> None:
    N = 40000
    logits = np.array([1.0, 40.0, 0.0, -0.5], np.float32)  # the largest one is forbidden
    mask = np.array([True, False, True, True])
    expected = np.exp([1, 0, -0.5]) / np.exp([1, 0, -0.5]).sum()
    output = np.tile(np.append(logits, np.float32(7)), (N, 1))
    choice = choose(output, np.tile(mask, (N, 1)))
    counts = np.bincount(choice.actions, minlength=4)
    assert counts[1] == 0
    shares = counts[mask] / N
    chi_square = N * ((shares - expected) ** 2 / expected).sum()
    assert chi_square < 13.8  # two degrees of freedom: exceeded once in a thousand times
    assert choice.values.tolist() == [7] * N
    assert choice.log_probs is not None
    log_policy = np.array([math.log(expected[0]), 0, *np.log(expected[1:])])
    np.testing.assert_allclose(choice.log_probs, log_policy[choice.actions], atol=1e-5)


def test_a_single_allowed_action_is_certain() -> None:
    masks = np.eye(4, dtype=bool)
    output = np.full((4, 5), 1e4, np.float32) * np.arange(5, dtype=np.float32)
    choice = choose(output, masks)
    assert choice.actions.tolist() == [0, 1, 2, 3]
    assert choice.log_probs is not None
    assert choice.log_probs.tolist() == [0, 0, 0, 0]


def test_the_coefficients_of_the_loss_are_those_of_the_settings_and_the_entropy_coefficient_falls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[dict[str, float]] = []

    def recorded(output: Array, steps: RolloutSamples, **coefficients: float) -> tuple[Array, Array]:
        found.append(coefficients)
        return ppo_loss(output, steps, clip_range=CLIP, vf_coef=VF, ent_coef=ENT)

    monkeypatch.setattr(ppo, "ppo_loss", recorded)
    ours = learner(ent_coef=0.8, final_ent_coef=0.2, clip_range=0.3, vf_coef=0.6)
    for progress, ent_coef in ((0, 0.8), (0.5, 0.5), (1, 0.2)):
        found.clear()
        ours.step(progress)
        assert len(found) >= 4
        for coefficients in found:
            assert coefficients == pytest.approx({"clip_range": 0.3, "vf_coef": 0.6, "ent_coef": ent_coef})


def test_advantages_are_normalised_over_the_rollout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each epoch's minibatches together have advantages with mean 0 and standard deviation 1, in valid rows only."""
    found: list[Array] = []

    def recorded(output: Array, steps: RolloutSamples, **coefficients: float) -> tuple[Array, Array]:
        found.append(steps.advantages)
        return ppo_loss(output, steps, **coefficients)

    monkeypatch.setattr(ppo, "ppo_loss", recorded)
    PPO(Identity(8, length=3), PPOSettings(**SMALL | {"n_steps": 16, "n_epochs": 1})).step(0.0)
    assert len(found) > 8
    advantages = np.concatenate(found)
    assert len(advantages) < 8 * 16  # without the rows in which a game starts anew
    assert advantages.mean() == pytest.approx(0, abs=1e-5)
    assert advantages.std() == pytest.approx(1, abs=1e-4)


def test_the_learning_rate_falls() -> None:
    ours = learner(learning_rate=1e-2, final_learning_rate=0.0)
    moved = []
    for progress in (0.0, 0.9, 1.0):
        before = ours.network.flat.copy()
        ours.step(progress)
        moved.append(float(np.abs(ours.network.flat - before).max()))
    assert moved[0] > 5 * moved[1] > 0
    assert moved[2] == 0


def test_at_first_all_actions_have_the_same_probability() -> None:
    metrics = learner(n_epochs=1, batch_size=10**6).step(0.0)
    assert metrics["entropy"] == pytest.approx(math.log(3), abs=1e-6)
    assert metrics["approx_kl"] == pytest.approx(0, abs=1e-6)
    assert metrics["clip_fraction"] == 0
    assert metrics["policy_loss"] == pytest.approx(0, abs=1e-6)  # minus the mean advantage, which is 0


def test_constant_values_explain_no_variance() -> None:
    def zeros(*args: Any, **layers: Any) -> nn.Sequential:
        network = actor_critic(*args, **layers)
        network.flat = 0.0
        return network

    ours = PPO(Identity(4), PPOSettings(**SMALL), build_network=zeros)
    assert ours.step(0.0)["explained_variance"] == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
def test_solves_cart_pole() -> None:
    envs = gym.make_vec("CartPole-v1", num_envs=16, vectorization_mode="vector_entry_point")
    settings = PPOSettings(
        n_steps=128,
        batch_size=512,
        n_epochs=8,
        gamma=0.99,
        hidden=(64, 64),
        learning_rate=1e-3,
        ent_coef=0.01,
        final_ent_coef=0.0,
    )
    ours = PPO(envs, settings, seed=1)
    while ours.num_timesteps < 300_000:
        ours.step(ours.num_timesteps / 300_000)
    games = gym.make_vec("CartPole-v1", num_envs=100, vectorization_mode="vector_entry_point")
    assert agents.evaluate(ours.agent(), games, games=100, seed=10**6).mean >= 475
