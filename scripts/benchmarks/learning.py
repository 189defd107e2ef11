"""Speed of learning, rollouts and updates: PPO and PQN compared with Stable-Baselines3's PPO and DQN.

Both have the same board, observation, network, number of games, rollout length, minibatch, epochs and threads.
"""

import cProfile
import pstats
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gymnasium as gym

import nn
from agents.learning.ppo import PPO, PPOSettings
from agents.learning.pqn import PQN, PQNSettings
from agents.policies.networks import actor_critic, q_network
from scripts.benchmarks.comparison import Comparison, Measure, repeat
from scripts.benchmarks.env import SNAKE
from snake_env.observations.features import OVERALL, PER_ACTION

GAMES, N_STEPS, BATCH_SIZE, N_EPOCHS = 128, 64, 512, 3
EGO = {"observation": {"name": "ego", "moves": True}, "actions": "relative"}
FEATURES = {"observation": "features", "actions": "relative"}
CHANNELS, HIDDEN = (32, 64, 64), (256,)
TARGET = 3.0

LEARNERS: dict[str, tuple[str, dict[str, Any]]] = {
    "PPO, CNN on ego": ("ppo", EGO),
    "PQN, CNN on ego": ("pqn", EGO),
    "PPO, MLP on features": ("ppo", FEATURES),
    "PQN, MLP on features": ("pqn", FEATURES),
}

# The functions that make up each part of a learning step, as (file name, function).
PARTS = {
    "environment": [("vector_env.py", "step")],
    "forward": [("sequential.py", "forward")],
    "backward": [("sequential.py", "accumulate_gradients")],
    "optimiser": [("optimisers.py", "step"), ("clipping.py", "clip_by_global_norm")],
}


def comparisons(thread_counts: Sequence[int]) -> Iterator[Comparison]:
    """Yield the comparisons."""
    theirs = find_spec("stable_baselines3") is not None
    if not theirs:
        print("Stable-Baselines3 is not installed; left out (pip install stable-baselines3)", file=sys.stderr)
    for threads in thread_counts:
        nn.threads.use(threads)
        for name, (algorithm, environment) in LEARNERS.items():
            peer = "PPO" if algorithm == "ppo" else "DQN"
            yield Comparison(
                name=f"{name}, {threads} thread{'s' * (threads > 1)} / SB3 {peer}",
                ours=ours(algorithm, environment),
                theirs=sb3(peer, environment, threads) if theirs else None,
                target=TARGET,
            )


def learner(algorithm: str, environment: dict[str, Any]) -> PPO | PQN:
    """Return one of our learners."""
    envs = gym.make_vec(SNAKE, num_envs=GAMES, vectorization_mode="vector_entry_point", **environment)
    same: dict[str, Any] = {"n_steps": N_STEPS, "batch_size": BATCH_SIZE, "channels": CHANNELS, "hidden": HIDDEN}
    center = len(PER_ACTION) + len(OVERALL) if environment is EGO else 0
    if algorithm == "ppo":
        build = partial(actor_critic, center_channels=center)
        return PPO(envs, PPOSettings(**same, n_epochs=N_EPOCHS), build_network=build)
    return PQN(envs, PQNSettings(**same, n_epochs=N_EPOCHS), build_network=partial(q_network, center_channels=center))


def ours(algorithm: str, environment: dict[str, Any]) -> Measure:
    """Return the environment steps per second of one of our learners."""
    learns = learner(algorithm, environment)
    return repeat(lambda: learns.step(0.0), GAMES * N_STEPS)


def sb3(algorithm: str, environment: dict[str, Any], threads: int) -> Measure:
    """Return the same of Stable-Baselines3; its DQN makes as many updates on as large minibatches as our learner."""
    import stable_baselines3
    import torch
    from stable_baselines3.common.logger import Logger
    from stable_baselines3.common.vec_env import DummyVecEnv

    torch.set_num_threads(threads)
    games = DummyVecEnv([lambda: gym.make(SNAKE, **environment)] * GAMES)
    if algorithm == "PPO":
        how = {"n_steps": N_STEPS, "n_epochs": N_EPOCHS}
    else:
        updates = N_EPOCHS * GAMES * N_STEPS // BATCH_SIZE
        how = {"train_freq": N_STEPS, "gradient_steps": updates, "buffer_size": 4 * GAMES * N_STEPS}
        how["learning_starts"] = 0
    model: Any = getattr(stable_baselines3, algorithm)(
        "CnnPolicy" if len(games.observation_space.shape or ()) == 3 else "MlpPolicy",
        games,
        **how,
        batch_size=BATCH_SIZE,
        policy_kwargs={"features_extractor_class": trunk, "net_arch": []},
        device="cpu",
    )
    model.set_logger(Logger(None, []))  # the default one creates a temporary folder in each call
    return repeat(lambda: model.learn(GAMES * N_STEPS, reset_num_timesteps=False), GAMES * N_STEPS)


def trunk(observation_space: gym.spaces.Box) -> Any:  # noqa: ANN401  a PyTorch module, which may not be installed
    """Return our trunk as PyTorch layers, with the attribute that Stable-Baselines3 needs."""
    import torch

    shape = observation_space.shape
    layers: list[Any] = []
    inputs, side = shape[0], shape[-1]
    if len(shape) == 3:
        for number, outputs in enumerate(CHANNELS):
            stride = 2 if number or side > 12 else 1
            layers += [torch.nn.Conv2d(inputs, outputs, 3, stride, 1), torch.nn.ReLU()]
            inputs, side = outputs, -(-side // stride)
        layers.append(torch.nn.Flatten())
        inputs *= side * side
    for units in HIDDEN:
        layers += [torch.nn.Linear(inputs, units), torch.nn.ReLU()]
        inputs = units
    network = torch.nn.Sequential(*layers)
    network.features_dim = HIDDEN[-1]
    return network


def time_fractions(algorithm: str, environment: dict[str, Any]) -> dict[str, float]:
    """Return the fraction of the learning time that each of `PARTS` takes, on one thread, and the "rest"."""
    nn.threads.use(1)
    learns = learner(algorithm, environment)
    learns.step(0.0)
    profile = cProfile.Profile()
    profile.runcall(learns.step, 0.0)
    stats: Any = pstats.Stats(profile)
    spent = dict.fromkeys(PARTS, 0.0)
    for (file, _, function), (_, _, _, cumulative, _) in stats.stats.items():
        for part, functions in PARTS.items():
            if (Path(file).name, function) in functions:
                spent[part] += cumulative / stats.total_tt
    return spent | {"rest": 1 - sum(spent.values())}
