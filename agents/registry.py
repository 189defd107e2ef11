"""Saved agents of every kind: loaded from a file, a run folder, or by the name of an agent of the package."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nn
from agents.agent import LearnedAgent
from agents.policies import network_agent, table_agent
from agents.policies.network_agent import NetworkAgent
from agents.policies.table_agent import TableAgent
from agents.types import Arrays
from nn.file_error import reading
from nn.from_json import from_json

FOLDER = Path(__file__).parent / "pretrained"

# The header of a file holds the kind of its agent. A new kind needs one line here.
KINDS: dict[str, type[LearnedAgent]] = {network_agent.KIND: NetworkAgent, table_agent.KIND: TableAgent}


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
        ValueError: the file holds something else; the message names the file and what is wrong with it.
    """
    file, path = find_file(agent), Path(agent)
    with reading(file, "holds no agent", "give a file that training an agent wrote"):
        loaded = unpack(*nn.files.read(file))
    loaded.name = path.stem if path.is_file() else path.resolve().name
    return loaded


def unpack(arrays: Arrays, header: Mapping[str, Any]) -> LearnedAgent:
    """Return the agent of what `LearnedAgent.pack` returned, whatever its kind.

    Raises:
        ValueError: it is something else.
    """
    kind = str(_metadata(header).get("kind"))
    if kind not in KINDS:
        raise ValueError(f"its kind is {kind}, known are {', '.join(KINDS)}")
    return KINDS[kind].unpack(arrays, header)


def read_metadata(agent: str | Path) -> dict[str, Any]:
    """Read what is stored beside an agent's weights: its kind, its environment, and notes on how it was trained.

    Args:
        agent: as for `load`.

    Raises:
        FileNotFoundError: there is no such agent.
        ValueError: the file cannot be read.
    """
    file = find_file(agent)
    with reading(file):
        return _metadata(nn.files.read(file)[1])


def _metadata(header: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a header that is about the agent; files of networks have a part for it."""
    return from_json(header.get("metadata", header), dict[str, Any], "metadata")


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
