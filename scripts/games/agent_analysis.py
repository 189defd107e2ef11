"""Analysis of one position by an agent: the scores of its actions and the feature maps of its network."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import Agent, scripted
from agents.policies.network_agent import NetworkAgent
from agents.policies.preprocessing import network_input
from agents.policies.table_agent import TableAgent
from agents.registry import read_metadata
from scripts.common.feature_maps import FeatureMaps, feature_maps

# Kind of the scores by the "kind" in an agent's notes; "score", without a unit, for all others.
SCORE_KINDS = {"ppo": "probability", "pqn": "value", "dqn": "value", "q": "value"}


@dataclass(frozen=True)
class AgentAnalysis:
    """Scores and feature maps for one position.

    Attributes:
        score_kind: "probability", "value" (the expected return) or "score".
        action_scores: (A,) one for each action; probabilities of forbidden actions are 0.
        layers: the feature maps of each convolution; empty without convolutions.
    """

    score_kind: str
    action_scores: NDArray[np.floating[Any]]
    layers: list[FeatureMaps]


def score_kind_of(name: str) -> str:
    """The kind of the scores of the agent of this name: "probability", "value" or "score"."""
    if name in scripted.SCRIPTED:
        return "score"
    return SCORE_KINDS.get(str(read_metadata(name).get("notes", {}).get("kind")), "score")


def analyse_agent(
    agent: Agent | None, score_kind: str, observation: NDArray[Any], action_mask: NDArray[np.int8]
) -> AgentAnalysis | None:
    """Analyse one observation.

    Args:
        agent: of any type.
        score_kind: of its scores, as `score_kind_of` gives it.
        observation: without the batch axis.
        action_mask: (A,) allowed actions.

    Returns:
        The analysis, or None for an agent without scores, such as a scripted one.
    """
    if not isinstance(agent, NetworkAgent | TableAgent):
        return None
    action_scores = agent.scores(observation[None])[0]
    if score_kind == "probability":
        allowed = action_mask.astype(bool) | (not action_mask.any())
        exponentials = np.exp(action_scores - action_scores[allowed].max()) * allowed
        action_scores = exponentials / exponentials.sum()
    layers: list[FeatureMaps] = []
    if isinstance(agent, NetworkAgent) and len(agent.network.input_shape) == 3:
        found = feature_maps(agent.network, network_input(observation[None]))
        layers = [layer for layer in found if layer.maps.shape[1:] != (1, 1)]
    return AgentAnalysis(score_kind, action_scores, layers)
