"""Saved agents, whatever kind they are: from a file, a run folder, or by the name under which one is shipped."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nn
from agents.agent import LearnedAgent
from agents.policies import network_agent, table_agent
from agents.policies.network_agent import NetworkAgent
from agents.policies.table_agent import TableAgent

FOLDER = Path(__file__).parent / "pretrained"

# What loads the agents of each kind, by the "kind" in the header of their files. A new kind joins with one line.
KINDS: dict[str, Callable[[Path], LearnedAgent]] = {
    network_agent.KIND: NetworkAgent.load,
    table_agent.KIND: TableAgent.load,
}


def names() -> list[str]:
    """The agents that are shipped with the package, for `load`; `about` says how each came about."""
    return sorted(file.stem for file in FOLDER.glob("*.npz"))


def load(agent: str | Path) -> LearnedAgent:
    """The agent in a file of weights, the best one of a run folder, or a shipped one by name; a path that exists wins.

    Raises:
        FileNotFoundError: nothing is there, or a run folder that holds no agent yet.
        ValueError: a file that holds something else.
    """
    file = find_file(agent)
    kind = str(about(file).get("kind"))
    if kind not in KINDS:
        raise ValueError(
            f"{file} holds no agent: its kind is {kind}, known are {', '.join(KINDS)}; "
            "give a file that training an agent wrote"
        )
    loaded = KINDS[kind](file)
    given = Path(agent)
    loaded.name = given.stem if given.is_file() else given.resolve().name
    return loaded


def about(agent: str | Path) -> dict[str, Any]:
    """What is written beside an agent's weights: its kind, its environment, and notes on how it came about.

    Raises:
        FileNotFoundError: nothing is there.
        ValueError: a file that cannot be read.
    """
    _, header = nn.files.read(find_file(agent))
    return dict(header.get("metadata", header))  # what `nn.save` was given, or the header of what is no network


def find_file(agent: str | Path) -> Path:
    """The file of an agent that is given as for `load`.

    Raises:
        FileNotFoundError: nothing is there.
    """
    given = Path(agent)
    file = given / "best.npz" if given.is_dir() else given
    if not given.exists() and str(agent) in names():
        file = FOLDER / f"{agent}.npz"
    if not file.is_file():
        raise FileNotFoundError(
            f"there is no agent at {given}; give a run folder with a best.npz, a file of weights, "
            f"or the name of a shipped agent: {', '.join(names()) or 'there are none yet'}"
        )
    return file
