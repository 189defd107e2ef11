"""A network that plays: it scores the actions, and the best allowed one is taken."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from agents.agent import Actions, Agent

KIND = "network"  # what a saved agent of this class says it is


class NetworkAgent(Agent):
    """Plays the action to which a network gives the highest score.

    Args:
        network: see `action_features`.
        environment: the environment arguments it was trained with.
        action_features: 0 for a network from the observation to A scores. K for a scorer: the observation is A blocks
            of K features, one for each action, followed by features that hold for all; the network sees one block
            and those at a time and gives one score, so what it learns of one action holds for all of them.
        name: what tables call it.
    """

    def __init__(
        self,
        network: nn.Sequential,
        environment: Mapping[str, Any],
        *,
        action_features: int = 0,
        name: str = "network",
    ) -> None:
        self.network, self.environment, self.name = network, dict(environment), name
        self.action_features = action_features

    def act(
        self,
        observations: NDArray[Any],
        action_mask: NDArray[np.int8] | None = None,
        *,
        rng: np.random.Generator | None = None,  # noqa: ARG002  part of the interface
    ) -> Actions:
        """The best allowed action of each game; the best of all where none is allowed. Chance plays no part."""
        return best_actions(self.scores(observations), action_mask)

    def scores(self, observations: NDArray[Any]) -> NDArray[Any]:
        """(N, A) what the network thinks of each action."""
        return score_actions(self.network, observations, self.action_features)

    def save(self, path: str | Path, notes: Mapping[str, Any]) -> None:
        """Write the agent to one file, with notes on how it came about."""
        about = {"kind": KIND, "environment": self.environment, "action_features": self.action_features}
        nn.save(path, self.network, metadata=about | {"notes": dict(notes)})

    @classmethod
    def load(cls, path: str | Path) -> "NetworkAgent":
        """The agent that `save` wrote.

        Raises:
            ValueError: the file holds something else.
        """
        network, about = nn.load(path)
        if about.get("kind") != KIND:
            raise ValueError(f"{path} holds a network but no agent; give a file that training an agent wrote")
        return cls(network, about["environment"], action_features=about["action_features"], name=Path(path).stem)


def score_actions(network: nn.Sequential, observations: NDArray[Any], action_features: int) -> NDArray[Any]:
    """(..., N, A) scores of the actions for observations (..., N, F); for a population both have a leading M."""
    if not action_features:
        return network.forward(observations)
    *lead, N, _ = observations.shape
    overall_features = network.input_shape[0] - action_features
    A = (observations.shape[-1] - overall_features) // action_features
    inputs = np.empty((*lead, N, A, network.input_shape[0]), dtype=observations.dtype)
    blocks = observations[..., : A * action_features].reshape(*lead, N, A, action_features)
    inputs[..., :action_features] = blocks
    inputs[..., action_features:] = observations[..., None, A * action_features :]
    return network.forward(inputs.reshape(*lead, N * A, -1)).reshape(*lead, N, A)


def best_actions(scores: NDArray[Any], action_mask: NDArray[np.int8] | None) -> Actions:
    """(N,) the best allowed action of each game; the best of all where none is allowed."""
    if action_mask is not None:
        # Nothing is allowed to a trapped snake; then every action is as forbidden as the others.
        scores = np.where(action_mask == 1, scores, scores - 2 * np.ptp(scores, axis=-1, keepdims=True) - 1)
    best: Actions = scores.argmax(axis=-1)
    return best
