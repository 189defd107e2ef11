"""Several threads play at once, each with games, players and pictures of its own, and get what one would get."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import agents
from agents import scripted
from tests.support.same import assert_same

ID = "snake_env:snake_env/Snake-v1"
THREADS = 6


def alike(work: Callable[[int], Any]) -> None:
    """Whether threads that do this work at the same time get what they get one after another."""
    alone = [work(seed) for seed in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(work, range(THREADS)))
    assert_same(alone, together)


@pytest.mark.parametrize("obstacles", [None, [0.1, 2]])
@pytest.mark.parametrize("observation", ["planes", "features", {"name": "ego", "moves": True}, "rgb"])
def test_environments(observation: Any, obstacles: Any) -> None:
    rules = {"height": 5, "width": 6, "observation": observation, "obstacles": obstacles, "food": 2}

    def play(seed: int) -> list[Any]:
        many = gym.make_vec(ID, num_envs=7, vectorization_mode="vector_entry_point", **rules)
        one, rng, seen = gym.make(ID, **rules), np.random.default_rng(seed), list[Any]()
        many.reset(seed=seed)
        one.reset(seed=seed)
        for _ in range(40):
            seen.append(many.step(rng.integers(4, size=7))[:4])
            seen.append(one.step(rng.integers(4))[:4])
            if seen[-1][2] or seen[-1][3]:
                seen.append(one.reset()[0])
        return seen

    alike(play)


def test_pictures_of_games() -> None:
    def draw(seed: int) -> list[Any]:
        env = gym.make(ID, height=5, width=6 + seed % 2, render_mode="rgb_array", walls=["solid", "wrap"][seed % 2])
        env.reset(seed=seed)
        pictures = []
        for _ in range(5):
            pictures.append(env.render())
            if env.step(env.unwrapped.action_masks().argmax())[2]:  # type: ignore[attr-defined]
                env.reset()
        return pictures

    alike(draw)


@pytest.mark.parametrize("name", ["greedy", "safe-greedy", "cycle", "shortcut"])
def test_scripted_players(name: str) -> None:
    def play(seed: int) -> Any:
        envs = gym.make_vec(ID, num_envs=6, vectorization_mode="vector_entry_point", height=6, width=4 + seed % 3)
        agent, seen = scripted.make(name, {}), list[Any]()
        observations, info = envs.reset(seed=seed)
        for _ in range(30):
            seen.append(agent.act(observations, info["action_mask"]))
            observations, _, _, _, info = envs.step(seen[-1])
        return seen

    alike(play)


@pytest.mark.parametrize("name", ["pqn-8x8", "dqn-10x10"])
def test_learned_players(name: str) -> None:
    """Each thread loads the agent anew, as two threads of one program would."""

    def play(seed: int) -> Any:
        agent, seen = agents.load(name), list[Any]()
        envs = gym.make_vec(ID, num_envs=5, vectorization_mode="vector_entry_point", **agent.environment)
        observations, info = envs.reset(seed=seed)
        for _ in range(20):
            seen.append(agent.act(observations, info["action_mask"]))
            observations, _, _, _, info = envs.step(seen[-1])
        return seen

    alike(play)
