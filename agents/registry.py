"""Saved agents of every kind: loaded from a file, a run folder, or by the name of an agent of the package."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nn
from agents.agent import LearnedAgent
from agents.policies import network_agent, table_agent
from agents.policies.network_agent import NetworkAgent
from agents.policies.table_agent import TableAgent

FOLDER = Path(__file__).parent / "pretrained"

# The function that loads each kind of agent; the header of a file holds its kind. A new kind needs one line here.
LOADERS: dict[str, Callable[[Path], LearnedAgent]] = {
    network_agent.KIND: NetworkAgent.load,
    table_agent.KIND: TableAgent.load,
}


def names() -> list[str]:
    """Return the names of the agents in the package, for `load`; `read_metadata` returns how each was trained."""
    return sorted(file.stem for file in FOLDER.glob("*.npz"))


def load(agent: str | Path) -> LearnedAgent:
    """Load an agent.

    Args:
        agent: a file of weights, a run folder for the best agent of the run, or the name of an agent of the package. If
            there is a file or folder of that name, it is used.

    Raises:
        FileNotFoundError: there is no such agent, or the run has not saved one yet.
        ValueError: the file holds something else.
    """
    file = find_file(agent)
    kind = str(read_metadata(file).get("kind"))
    if kind not in LOADERS:
        raise ValueError(
            f"{file} holds no agent: its kind is {kind}, known are {', '.join(LOADERS)}; "
            "give a file that training an agent wrote"
        )
    loaded = LOADERS[kind](file)
    path = Path(agent)
    loaded.name = path.stem if path.is_file() else path.resolve().name
    return loaded


def read_metadata(agent: str | Path) -> dict[str, Any]:
    """Read what is stored beside an agent's weights: its kind, its environment, and notes on how it was trained.

    Args:
        agent: as for `load`.

    Raises:
        FileNotFoundError: there is no such agent.
        ValueError: the file cannot be read.
    """
    _, header = nn.files.read(find_file(agent))
    return dict(header.get("metadata", header))  # files of networks, written by `nn.save`, have a part for metadata


def find_file(agent: str | Path) -> Path:
    """Return the path of an agent's file.

    Args:
        agent: as for `load`.

    Raises:
        FileNotFoundError: there is no such agent.
    """
    path = Path(agent)
    file = path / "best.npz" if path.is_dir() else path
    if not path.exists() and str(agent) in names():
        file = FOLDER / f"{agent}.npz"
    if not file.is_file():
        raise FileNotFoundError(
            f"there is no agent at {path}; give a run folder with a best.npz, a file of weights, "
            f"or the name of a shipped agent: {', '.join(names()) or 'there are none yet'}"
        )
    return file
