"""What plays: scripted players, and agents that learn. They meet games through Gymnasium alone."""

from agents.agent import Agent
from agents.evaluation import Evaluation, evaluate
from agents.network_agent import NetworkAgent
from agents.saved import load, names

__all__ = ["Agent", "Evaluation", "NetworkAgent", "evaluate", "load", "names"]
