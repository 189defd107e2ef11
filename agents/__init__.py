"""What plays: scripted players, and agents that learn. They meet games through Gymnasium alone."""

from pathlib import Path

from agents.agent import Agent
from agents.evaluation import Evaluation, evaluate
from agents.network_agent import NetworkAgent

__all__ = ["Agent", "Evaluation", "NetworkAgent", "evaluate", "load"]


def load(path: str | Path) -> Agent:
    """The agent in a file of weights, or the best one of a run folder.

    Raises:
        FileNotFoundError: nothing is there, or a run folder that holds no agent yet.
        ValueError: a file that holds something else.
    """
    given = Path(path)
    file = given / "best.npz" if given.is_dir() else given
    if not file.is_file():
        raise FileNotFoundError(
            f"there is no agent at {given}; give a run folder with a best.npz, or a file of weights"
        )
    agent = NetworkAgent.load(file)
    agent.name = given.name if given.is_dir() else given.stem
    return agent
