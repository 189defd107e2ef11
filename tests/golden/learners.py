"""The parameters that each learner reaches after a few short steps of training."""

import gymnasium as gym
import numpy as np

import nn
import snake_env  # noqa: F401  registers the environment
from agents.evolution.cma_es import CMAES
from agents.evolution.evaluator import PopulationEvaluator
from agents.evolution.evolution import Evolution
from agents.evolution.genetic import GeneticAlgorithm
from agents.learning import dqn, ppo, pqn, q_learning
from snake_env.observations.features import OVERALL, PER_ACTION

ID = "snake_env/Snake-v1"


def flat_of(learner):
    return learner.network.flat


def games(n=8, **more):
    return gym.make_vec(
        ID,
        num_envs=n,
        vectorization_mode="vector_entry_point",
        height=5,
        width=6,
        actions="relative",
        reward={"name": "distance", "gamma": 0.99, "starving": 1.0},
        **more,
    )


def learners():
    found = {}

    def learn(name, learner, steps=5):
        for i in range(steps):
            learner.step(i / steps)
        found[name] = learner.table.values if hasattr(learner, "table") else learner.network.flat

    ego = {"observation": {"name": "ego", "moves": True}}
    net = {"channels": (4, 4), "hidden": (16,)}
    close = len(PER_ACTION) + len(OVERALL)
    learn(
        "ppo ego",
        ppo.PPO(
            games(**ego),
            ppo.Settings(horizon=16, minibatch=32, epochs=2, symmetric=True, close_up=close, **net),
            seed=1,
        ),
    )
    learn(
        "ppo features",
        ppo.PPO(
            games(observation="features"),
            ppo.Settings(horizon=16, minibatch=32, epochs=2, hidden=(16, 16), discount=0.998, trace=0.9),
            seed=2,
        ),
    )
    learn(
        "pqn ego",
        pqn.PQN(
            games(**ego),
            pqn.Settings(horizon=16, minibatch=32, epochs=2, symmetric=True, close_up=close, **net),
            seed=3,
        ),
    )
    learn(
        "pqn planes",
        pqn.PQN(games(observation="planes"), pqn.Settings(horizon=16, minibatch=64, epochs=1, **net), seed=4),
    )
    learn(
        "dqn features",
        dqn.DQN(
            games(observation="features"),
            dqn.Settings(horizon=4, updates=2, minibatch=16, capacity=400, warm_up=50, hidden=(16,), target_every=3),
            seed=5,
        ),
        20,
    )
    learn(
        "dqn prioritized",
        dqn.DQN(
            games(**ego),
            dqn.Settings(
                horizon=4,
                updates=2,
                minibatch=16,
                capacity=200,
                warm_up=50,
                prioritised=True,
                double=False,
                dueling=False,
                close_up=close,
                **net,
            ),
            seed=6,
        ),
        12,
    )
    K, A = len(PER_ACTION), 3
    components = tuple(a * K + i for a in range(A) for i in range(3))
    learn(
        "q",
        q_learning.QLearning(
            games(observation="features"), q_learning.Settings(components=components, levels=(4,)), seed=7
        ),
        20,
    )
    inputs = len(PER_ACTION) + len(OVERALL)
    for name, make in (
        ("es", lambda m, r: CMAES(m, population=8, sigma=0.5, rng=r)),
        ("ga", lambda m, r: GeneticAlgorithm(m, population=8, sigma=0.5, rng=r, elite=2)),
    ):
        network = nn.Sequential([nn.Dense(inputs, 4), nn.Tanh(), nn.Dense(4, 1)], input_shape=(inputs,), rng=0)
        contest = PopulationEvaluator(
            f"snake_env:{ID}", {"height": 5, "width": 6, "observation": "features"}, network, len(PER_ACTION)
        )
        rng = np.random.default_rng(8)
        search = Evolution(
            make(network.flat.astype(np.float64), rng), contest, seed=8, games=4, validation_games=6, validate_every=2
        )
        for _ in range(4):
            search.step()
        found[name] = np.concatenate((search.champion, search.strategy.centre))
    return found
