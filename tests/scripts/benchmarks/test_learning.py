"""The benchmark of learning, with a few small games: what is measured, and what is left out without the peer."""

from collections.abc import Iterator
from importlib.util import find_spec

import gymnasium as gym
import numpy as np
import pytest

import nn
from scripts.benchmarks import learning
from scripts.benchmarks.env import SNAKE


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Little work, on as many threads as before."""
    for name, value in {
        "GAMES": 4,
        "N_STEPS": 4,
        "BATCH_SIZE": 8,
        "N_EPOCHS": 1,
        "CHANNELS": (3, 4),
        "HIDDEN": (5,),
    }.items():
        monkeypatch.setattr(learning, name, value)
    yield
    nn.threads.use(1)


def test_without_the_peer_our_learners_are_measured_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(learning, "find_spec", lambda _: None)
    seen = []
    for comparison in learning.comparisons([1, 2]):
        seen.append((comparison.name, nn.threads.count()))
        assert comparison.theirs is None
        assert comparison.target == 3
        assert comparison.ours(0.01) > 0
    peers = ["PPO, CNN on ego, {} / SB3 PPO", "PQN, CNN on ego, {} / SB3 DQN"]
    peers += ["PPO, MLP on features, {} / SB3 PPO", "PQN, MLP on features, {} / SB3 DQN"]
    assert seen == [(name.format(words), n) for words, n in (("1 thread", 1), ("2 threads", 2)) for name in peers]
    assert "pip install stable-baselines3" in capsys.readouterr().err


@pytest.mark.parametrize("name", learning.LEARNERS)
def test_a_measurement_counts_the_steps_of_all_games(name: str) -> None:
    algorithm, environment = learning.LEARNERS[name]
    learns = learning.learner(algorithm, environment)
    learns.step(0.0)
    assert learns.num_timesteps == learning.GAMES * learning.N_STEPS
    assert learns.settings.batch_size == 8
    assert np.isfinite(learns.network.flat).all()


@pytest.mark.parametrize("name", learning.LEARNERS)
def test_the_parts_of_a_learning_step_add_up(name: str) -> None:
    fractions = learning.time_fractions(*learning.LEARNERS[name])
    assert list(fractions) == [*learning.PARTS, "rest"]
    assert sum(fractions.values()) == pytest.approx(1)
    assert all(0 < fraction < 1 for fraction in fractions.values())


@pytest.mark.peers
@pytest.mark.parametrize("name", learning.LEARNERS)
def test_the_peer_learns_with_the_same_network(name: str) -> None:
    assert find_spec("stable_baselines3"), "install the peers"
    algorithm, environment = learning.LEARNERS[name]
    ours = learning.learner(algorithm, environment).network
    speed = learning.sb3("PPO" if algorithm == "ppo" else "DQN", environment, 1)
    assert speed(0.01) > 0
    space = gym.make(SNAKE, **environment).observation_space
    assert isinstance(space, gym.spaces.Box)
    trunk = learning.trunk(space)
    kinds = [type(layer).__name__ for layer in trunk if type(layer).__name__ in ("Conv2d", "Linear")]
    mine = [type(layer).__name__ for _, layer in ours.walk() if isinstance(layer, nn.Conv2D | nn.Dense)]
    assert len(kinds) == len(learning.HIDDEN) + (len(learning.CHANNELS) if "CNN" in name else 0)
    assert len(mine) >= len(kinds)
