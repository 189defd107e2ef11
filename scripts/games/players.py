"""Agents by name, run folder or file of weights, and the environments that they play in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym

import agents
import snake_env  # noqa: F401  registers the environment
from agents import registry, scripted
from agents.agent import LearnedAgent
from nn.file_error import reading
from nn.from_json import call
from snake_env.engine.rules import Rules
from snake_env.observations.registry import build_observation
from snake_env.rewards import build_reward

ENVIRONMENT_ID = "snake_env/Snake-v1"


def find_agent(name: str, rules: Mapping[str, Any]) -> agents.Agent:
    """Return the agent of this name: of a run folder, a file, a shipped agent or a scripted player.

    Args:
        name: or path of the agent.
        rules: of the games that it will play.

    Raises:
        ValueError: there is no such agent (the message lists those that exist), or it cannot play on this board.
    """
    if name in scripted.SCRIPTED:
        agent = scripted.make(name, rules)
    else:
        try:
            agent = load_agent(name)
        except (OSError, ValueError) as error:
            raise ValueError(f"{error}; or a scripted player: {', '.join(scripted.SCRIPTED)}") from None
    _check_board(name, agent, rules)
    return agent


def load_agent(name: str | Path) -> LearnedAgent:
    """Load a learned agent, and check that its environment is one that this release knows.

    Args:
        name: as for `agents.load`.

    Raises:
        FileNotFoundError, ValueError: see `agents.load`; the environment in the file has an unknown or wrong argument.
    """
    agent = agents.load(name)
    with reading(registry.find_file(name), "holds an agent for another environment", "give another agent"):
        check_environment(agent)
    return agent


def check_environment(agent: agents.Agent) -> None:
    """Raise a ValueError if an argument of the agent's environment is unknown or wrong."""
    rules = dict(agent.environment)
    observation, reward = rules.pop("observation", "planes"), rules.pop("reward", "sparse")
    build_observation(observation, call(Rules, rules, "environment"))
    build_reward(reward)


def _check_board(name: str, agent: agents.Agent, rules: Mapping[str, Any]) -> None:
    """Ask for a first move: a network needs its own board size, and not every board has a Hamiltonian cycle."""
    environment = agent.environment | dict(rules)
    observation, info = gym.make(ENVIRONMENT_ID, **environment).reset(seed=0)
    try:
        agent.act(observation[None], info["action_mask"][None])
        if isinstance(agent, LearnedAgent):
            found, needed = agent.scores(observation[None]).shape[1], len(info["action_mask"])
            if found != needed:
                raise ValueError(f"it scores {found} actions, there are {needed}")
    except ValueError as error:
        here, trained = (
            f"{some.get('height', 10)} x {some.get('width', 10)}" for some in (environment, agent.environment)
        )
        learned = name not in scripted.SCRIPTED and here != trained
        why = f"it was trained on {trained}; give that board, or another agent" if learned else str(error)
        raise ValueError(f"{name} cannot play on {here}: {why}") from None


def make_games(agent: agents.Agent, rules: Mapping[str, Any], N: int) -> gym.vector.VectorEnv[Any, Any, Any]:
    """Make a vector environment of N games as the agent was trained on, with the rules given in place of its own."""
    arguments = agent.environment | dict(rules)
    return gym.make_vec(ENVIRONMENT_ID, num_envs=N, vectorization_mode="vector_entry_point", **arguments)


def shared_rules(agent: str) -> dict[str, Any]:
    """Return the rules that a learned agent was trained under, for other agents to play by; none for a scripted one.

    Observation, reward and actions are left out, as they differ between agents.
    """
    if agent in scripted.SCRIPTED:
        return {}
    environment = find_agent(agent, {}).environment
    return {name: value for name, value in environment.items() if name not in ("observation", "reward", "actions")}
