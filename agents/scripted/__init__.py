"""Scripted players: baselines that learn nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from agents.agent import Agent
from agents.scripted.cycle import CycleAgent, ShortcutAgent
from agents.scripted.greedy import GreedyAgent
from agents.scripted.random import RandomAgent
from agents.scripted.safe_greedy import SafeGreedyAgent

RULES = {"walls": "solid", "actions": "absolute"}  # environment arguments that observations do not show: their defaults

SCRIPTED: dict[str, Callable[..., Agent]] = {
    "random": lambda walls, actions: RandomAgent(actions=actions),  # noqa: ARG005  same arguments for all
    "greedy": GreedyAgent,
    "safe-greedy": SafeGreedyAgent,
    "cycle": CycleAgent,
    "shortcut": ShortcutAgent,
}


def make(name: str, environment: Mapping[str, Any]) -> Agent:
    """Return a scripted player.

    Args:
        name: a key of `SCRIPTED`.
        environment: keyword arguments of the environment it plays in.

    Raises:
        ValueError: unknown name, walls or actions.
    """
    if name not in SCRIPTED:
        raise ValueError(f"there is no scripted agent {name!r}; choose one of {', '.join(map(repr, SCRIPTED))}")
    return SCRIPTED[name](**{rule: environment.get(rule, default) for rule, default in RULES.items()})
