"""One episode of Snake, step by step, with the state of every step and how the game ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from agents import Agent
from scripts.games.players import ENVIRONMENT_ID
from scripts.games.shared_food import seed_food
from snake_env.endings import classify_endings
from snake_env.engine.rules import Rules
from snake_env.engine.state import State

ENDING_LABELS = {  # of `snake_env.endings.classify_endings`, for people
    "": "",
    "full": "board full",
    "starved": "starved",
    "trapped": "trapped",
    "wall": "hit a wall",
    "body": "hit its body",
}


@dataclass(frozen=True)
class Timestep:
    """One step of an episode.

    Attributes:
        state: after the step, N = 1.
        observation: as the agent sees the state, without the batch axis.
        action_mask: (A,) int8, 1 for each action that keeps the snake alive.
        ending: "" while the game goes on, else how it ended (see `snake_env.endings.classify_endings`).
    """

    state: State
    observation: NDArray[Any]
    action_mask: NDArray[np.int8]
    ending: str = ""


class Episode:
    """One game, played one action at a time.

    Args:
        environment: arguments of the environment.
        seed: of the game.
        same_food: whether the food is the same for all players with this seed (see `shared_food`).

    Attributes:
        current: the time step now.
        rules: of the game, complete.
    """

    def __init__(self, environment: Mapping[str, Any], seed: int, *, same_food: bool = False) -> None:
        self.seed, self.same_food, self.rules = seed, same_food, rules_of(environment)
        made: Any = gym.make(ENVIRONMENT_ID, **environment)
        self._env = made.unwrapped
        observation, info = self._env.reset(seed=seed)
        self.current = Timestep(State(**self._env.get_state()), observation, info["action_mask"])

    @property
    def over(self) -> bool:
        """Whether the game has ended."""
        return self.current.ending != ""

    def step(self, action: int) -> Timestep:
        """Play one action and return the new time step.

        Raises:
            ValueError: an action outside the action space.
            ResetNeeded: the game is over.
        """
        if self.same_food:
            seed_food(self._env, self.seed)
        observation, _, terminated, truncated, info = self._env.step(action)
        state, ending = State(**self._env.get_state()), ""
        if terminated or truncated:
            ending = str(classify_endings(state, self.rules, np.array([action]), np.array([truncated]))[0])
        self.current = Timestep(state, observation, info["action_mask"], ending)
        return self.current


def play_episode(
    agent: Agent, environment: Mapping[str, Any], seed: int, *, same_food: bool = False
) -> Iterator[State]:
    """Play one game and yield its states, from the first to the last.

    Args:
        agent: who plays; it sees the observation that it was trained on.
        environment: arguments of the environment, in place of those that the agent was trained with.
        seed: of the game.
        same_food: see `Episode`.
    """
    episode = Episode(agent.environment | dict(environment), seed, same_food=same_food)
    yield episode.current.state
    while not episode.over:
        now = episode.current
        yield episode.step(int(agent.act(now.observation[None], now.action_mask[None])[0])).state


def rules_of(environment: Mapping[str, Any]) -> Rules:
    """The rules among the arguments of an environment, which also hold the observation and the reward."""
    return Rules(**{field.name: environment[field.name] for field in fields(Rules) if field.name in environment})
