"""What an agent makes of a position: how much it wants each action, and what its network's layers answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import agents
from agents import scripted
from agents.policies.network_agent import NetworkAgent
from agents.policies.preprocessing import network_input
from agents.policies.table_agent import TableAgent
from agents.registry import about
from scripts.vision.feature_maps import FeatureMaps, feature_maps
from snake_env.observations.features import OVERALL, PER_ACTION

PLANES = ("head", "body", "food", "walls")  # of the observation "planes", and the first of "ego"
# What the numbers of an agent are, by the "kind" in its notes; those of all others are scores without a unit.
MEANINGS = {"ppo": "probability", "pqn": "value", "dqn": "value", "q": "value"}


@dataclass(frozen=True)
class Opinion:
    """What an agent thinks.

    Attributes:
        meaning: "probability", "value" (the return that it expects) or "score".
        wants: (A,) how much it wants each action; probabilities of forbidden ones are 0.
        layers: what each convolution answers; empty without one.
    """

    meaning: str
    wants: NDArray[np.floating[Any]]
    layers: list[FeatureMaps]


def meaning_of(name: str) -> str:
    """What the numbers of the agent of this name are."""
    if name in scripted.SCRIPTED:
        return "score"
    return MEANINGS.get(str(about(name).get("notes", {}).get("kind")), "score")


def opinion_of(
    agent: agents.Agent | None, meaning: str, observation: NDArray[Any], mask: NDArray[np.int8]
) -> Opinion | None:
    """What the agent thinks of one observation (without the axis of the batch); None of one that follows a rule."""
    if not isinstance(agent, NetworkAgent | TableAgent):
        return None
    wants = agent.scores(observation[None])[0]
    if meaning == "probability":
        allowed = mask.astype(bool) | (not mask.any())
        likely = np.exp(wants - wants[allowed].max()) * allowed
        wants = likely / likely.sum()
    layers: list[FeatureMaps] = []
    if isinstance(agent, NetworkAgent) and len(agent.network.input_shape) == 3:
        answers = feature_maps(agent.network, network_input(observation[None]))
        layers = [answer for answer in answers if answer.maps.shape[1:] != (1, 1)]
    return Opinion(meaning, wants, layers)


def plane_names(observation: str | Mapping[str, Any]) -> tuple[str, ...]:
    """The names of an observation's planes (see `snake_env.observations.registry`)."""
    moves = isinstance(observation, Mapping) and observation.get("moves", False)
    return PLANES + (tuple(name.replace("_", " ") for name in PER_ACTION + OVERALL) if moves else ())
