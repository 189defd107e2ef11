"""The parameters that each learner reaches after a few short steps of training."""

from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

import nn
import snake_env  # noqa: F401  registers the environment
from agents.evolution.cma_es import CMAES
from agents.evolution.evaluator import PopulationEvaluator
from agents.evolution.evolution import Evolution
from agents.evolution.genetic import GeneticAlgorithm
from agents.evolution.strategy import Strategy
from agents.learning.dqn import DQN, DQNSettings
from agents.learning.learner import Learner
from agents.learning.ppo import PPO, PPOSettings
from agents.learning.pqn import PQN, PQNSettings
from agents.learning.q_learning import QLearning, QLearningSettings
from agents.policies.networks import actor_critic, q_network
from snake_env.observations.features import OVERALL, PER_ACTION

ID = "snake_env/Snake-v1"
F, G = len(PER_ACTION), len(OVERALL)
LAYERS: dict[str, Any] = {"channels": (4, 4), "hidden": (16,)}


def games(observation: str | dict[str, Any]) -> gym.vector.VectorEnv[Any, Any, Any]:
    """Eight games on a small board with shaped rewards."""
    arguments: dict[str, Any] = {"height": 5, "width": 6, "actions": "relative", "observation": observation}
    arguments["reward"] = {"name": "distance", "gamma": 0.99, "starving": 1.0}
    return gym.make_vec(ID, num_envs=8, vectorization_mode="vector_entry_point", **arguments)


def train(learner: Learner, steps: int) -> Learner:
    """The learner after some steps."""
    for i in range(steps):
        learner.step(i / steps)
    return learner


def evolve(strategy: Callable[[NDArray[np.float64], np.random.Generator], Strategy]) -> NDArray[np.float64]:
    """The champion and the centre after four generations."""
    layers = [nn.Dense(F + G, 4), nn.Tanh(), nn.Dense(4, 1)]
    network = nn.Sequential(layers, input_shape=(F + G,), rng=0)
    board = {"height": 5, "width": 6, "observation": "features"}
    evaluator = PopulationEvaluator(f"snake_env:{ID}", board, network, F)
    search = Evolution(
        strategy(network.flat.astype(np.float64), np.random.default_rng(8)),
        evaluator,
        seed=8,
        n_episodes=4,
        n_validation_episodes=6,
        validate_every=2,
    )
    train(search, 4)
    return np.concatenate((search.champion, search.strategy.centre))


def learners() -> dict[str, NDArray[Any]]:
    """The parameters of each learner, by name."""
    ego = {"name": "ego", "moves": True}
    center: dict[str, Any] = {"center_channels": F + G}
    on_policy: dict[str, Any] = {"n_steps": 16, "batch_size": 32, "n_epochs": 2, "symmetric": True, **LAYERS}
    found: dict[str, PPO | PQN | DQN] = {
        "ppo ego": PPO(games(ego), PPOSettings(**on_policy), build_network=partial(actor_critic, **center), seed=1),
        "ppo features": PPO(
            games("features"),
            PPOSettings(n_steps=16, batch_size=32, n_epochs=2, hidden=(16, 16), gamma=0.998, gae_lambda=0.9),
            seed=2,
        ),
        "pqn ego": PQN(games(ego), PQNSettings(**on_policy), build_network=partial(q_network, **center), seed=3),
        "pqn planes": PQN(games("planes"), PQNSettings(n_steps=16, batch_size=64, n_epochs=1, **LAYERS), seed=4),
    }
    for learner in found.values():
        train(learner, 5)
    off_policy: dict[str, Any] = {"train_freq": 4, "gradient_steps": 2, "batch_size": 16, "learning_starts": 50}
    dqn = DQN(
        games("features"), DQNSettings(**off_policy, buffer_size=400, hidden=(16,), target_update_interval=3), seed=5
    )
    train(dqn, 20)
    prioritized = DQN(
        games(ego),
        DQNSettings(**off_policy, buffer_size=200, prioritized_replay=True, double=False, dueling=False, **LAYERS),
        build_network=partial(q_network, **center),
        seed=6,
    )
    train(prioritized, 12)
    found |= {"dqn features": dqn, "dqn prioritized": prioritized}
    components = tuple(action * F + i for action in range(3) for i in range(3))
    table = QLearning(games("features"), QLearningSettings(components=components, n_bins=(4,)), seed=7)
    train(table, 20)
    return {name: learner.network.flat for name, learner in found.items()} | {
        "q": table.table.values,
        "es": evolve(lambda mean, rng: CMAES(mean, population=8, sigma=0.5, rng=rng)),
        "ga": evolve(lambda mean, rng: GeneticAlgorithm(mean, population=8, sigma=0.5, rng=rng, elite=2)),
    }
