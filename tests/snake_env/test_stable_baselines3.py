"""The environment in Stable-Baselines3 and sb3-contrib, where they are installed."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import snake_env  # noqa: F401  registers the environment

ID = "snake_env/Snake-v1"
BOARD: dict[str, Any] = {"height": 5, "width": 7}
NETWORK: dict[str, Any] = {"policy": "MlpPolicy", "n_steps": 64, "batch_size": 64, "n_epochs": 2, "seed": 0}

pytestmark = [
    pytest.mark.peers,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of these packages
    pytest.mark.filterwarnings("ignore::UserWarning"),  # small images do not fit their CNN
]


@pytest.mark.parametrize("observation", ["planes", "ego", "features", "rgb", {"name": "ego", "moves": True}])
@pytest.mark.parametrize("actions", ["absolute", "relative"])
def test_their_checker_passes(observation: Any, actions: str) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(gym.make(ID, **BOARD, observation=observation, actions=actions).unwrapped)


def test_ppo_learns_to_stay_alive() -> None:
    """A network that has learned dies later than one that has not."""
    sb3 = pytest.importorskip("stable_baselines3")
    games = [lambda: gym.make(ID, **BOARD, observation="features", actions="relative")] * 8
    model = sb3.PPO(env=sb3.common.vec_env.DummyVecEnv(games), learning_rate=3e-3, **NETWORK)
    before = lengths(model)
    model.learn(8192)
    assert np.mean(lengths(model)) > 2 * np.mean(before)


def test_maskable_ppo_takes_no_fatal_action_while_another_exists() -> None:
    contrib = pytest.importorskip("sb3_contrib")
    env = gym.make(ID, **BOARD)
    model = contrib.MaskablePPO(env=env, **NETWORK)
    model.learn(512)
    for seed in range(20):
        observation, info = env.reset(seed=seed)
        over = False
        while not over:
            masks = env.unwrapped.action_masks()  # type: ignore[attr-defined]
            np.testing.assert_array_equal(masks, info["action_mask"] == 1)
            action, _ = model.predict(observation, action_masks=masks)
            observation, _, terminated, truncated, info = env.step(int(action))
            assert not (terminated and not info["won"]) or not masks.any()
            over = terminated or truncated


def lengths(model: Any) -> list[int]:
    """Steps of 30 games with the same seeds."""
    env, found = gym.make(ID, **BOARD, observation="features", actions="relative"), []
    for seed in range(30):
        observation, _ = env.reset(seed=seed)
        steps, over = 0, False
        while not over:
            action, _ = model.predict(observation, deterministic=True)
            observation, _, terminated, truncated, _ = env.step(int(action))
            steps, over = steps + 1, terminated or truncated
        found.append(steps)
    return found
