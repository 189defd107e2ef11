"""Scripted agents and agents that learn. They use the environment through Gymnasium alone."""

from agents.agent import Agent
from agents.evaluation import Evaluation, evaluate
from agents.policies.network_agent import NetworkAgent
from agents.registry import load, names

__all__ = ["Agent", "Evaluation", "NetworkAgent", "evaluate", "load", "names"]
