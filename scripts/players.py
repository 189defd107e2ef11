"""Who plays, by name, from a run folder or a file of weights; and the games that they play."""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym

import agents
import agents.scripted as scripted
import snake_env  # noqa: F401  registers the environment

ENVIRONMENT_ID = "snake_env/Snake-v1"


def find_agent(name: str, rules: Mapping[str, Any]) -> agents.Agent:
    """The agent of this name for games under these rules: a run folder, a file, a shipped or a scripted player.

    Raises:
        ValueError: there is none; the message says which there are.
    """
    if name in scripted.SCRIPTED:
        return scripted.make(name, rules)
    try:
        return agents.load(name)
    except (FileNotFoundError, ValueError) as error:
        raise ValueError(f"{error}; or a scripted player: {', '.join(scripted.SCRIPTED)}") from None


def make_games(agent: agents.Agent, rules: Mapping[str, Any], N: int) -> gym.vector.VectorEnv[Any, Any, Any]:
    """N games at once as this agent must see them: under its own rules, changed by those given."""
    arguments = agent.environment | dict(rules)
    return gym.make_vec(ENVIRONMENT_ID, num_envs=N, vectorization_mode="vector_entry_point", **arguments)


def given_rules(**rules: Any) -> dict[str, Any]:  # noqa: ANN401  any rule's value
    """The rules that were given on the command line: those that are not None."""
    return {name: value for name, value in rules.items() if value is not None}


def shared_rules(agent: str) -> dict[str, Any]:
    """The rules that a learned agent was trained under, for others to play by; none for a scripted one.

    How an agent sees and moves is its own affair: others may be used to other observations and actions.
    """
    if agent in scripted.SCRIPTED:
        return {}
    environment = find_agent(agent, {}).environment
    return {name: value for name, value in environment.items() if name not in ("observation", "reward", "actions")}
