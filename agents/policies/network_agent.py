"""Agent with a network that scores the actions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from agents.agent import Actions, LearnedAgent
from agents.policies.masks import best_actions
from agents.policies.preprocessing import network_input
from agents.policies.symmetry import Symmetry
from agents.types import Arrays, MaskArray

KIND = "network"  # in the header of the agent's file


class NetworkAgent(LearnedAgent):
    """Agent that takes the action with the highest score of a network among the allowed ones.

    Args:
        network: from observations to scores, see `action_features`.
        environment: keyword arguments of the environment it was trained in.
        action_features: 0 for a network that maps an observation to A scores. K for a network that scores one action
            at a time: the observation is A blocks of K features, one block for each action, followed by features that
            all actions share; the network maps one block and the shared features to one score, so all actions share
            its weights.
        actions: A, for a network with more outputs than scores; the first A are the scores.
        masked: whether invalid actions are masked.
        symmetric: whether scores are averaged over all symmetric views of the board (see `Symmetry`).
        name: shown in tables.
    """

    def __init__(
        self,
        network: nn.Sequential,
        environment: Mapping[str, Any],
        *,
        action_features: int = 0,
        actions: int | None = None,
        masked: bool = True,
        symmetric: bool = False,
        name: str = "network",
    ) -> None:
        self.network, self.environment, self.name = network, dict(environment), name
        self.action_features, self.actions, self.masked = action_features, actions, masked
        outputs = network.output_shape(network.input_shape)[0]
        self._symmetry = Symmetry(network.input_shape, actions or outputs, on=True) if symmetric else None

    def act(
        self,
        observations: NDArray[Any],
        action_mask: MaskArray | None = None,
        *,
        rng: np.random.Generator | None = None,  # noqa: ARG002  part of the interface
    ) -> Actions:
        """Return the best action of each game among the allowed ones, or among all if none is; `rng` is not used."""
        return best_actions(self.scores(observations), action_mask if self.masked else None)

    def scores(self, observations: NDArray[Any]) -> NDArray[Any]:
        """Return the score of each action, (N, A)."""
        if self._symmetry is None:
            return self._scores(observations)
        views = range(self._symmetry.count)
        scores = [self._scores(self._symmetry.view(k, observations))[:, self._symmetry.to_view[k]] for k in views]
        mean: NDArray[Any] = np.mean(scores, axis=0)
        return mean

    def _scores(self, observations: NDArray[Any]) -> NDArray[Any]:
        return score_actions(self.network, network_input(observations), self.action_features)[..., : self.actions]

    def pack(self, notes: Mapping[str, Any], *, half: bool = False) -> tuple[Arrays, dict[str, Any]]:
        """See `LearnedAgent.save`; with `half`, weights are stored as float16."""
        metadata = {
            "kind": KIND,
            "environment": self.environment,
            "action_features": self.action_features,
            "actions": self.actions,
            "masked": self.masked,
            "symmetric": self._symmetry is not None,
        }
        return nn.files.pack(self.network, metadata | {"notes": dict(notes)}, half=half)

    @classmethod
    def load(cls, path: str | Path) -> "NetworkAgent":
        """Load an agent that `save` wrote.

        Raises:
            ValueError: the file holds something else.
        """
        network, metadata = nn.load(path)
        if metadata.get("kind") != KIND or not isinstance(metadata.get("environment"), dict):
            raise ValueError(f"{path} holds a network but no agent; give a file that training an agent wrote")
        options = ("action_features", "actions", "masked", "symmetric")
        given = {name: metadata[name] for name in options if name in metadata}
        return cls(network, metadata["environment"], **given, name=Path(path).stem)


def score_actions(network: nn.Sequential, observations: NDArray[Any], action_features: int) -> NDArray[Any]:
    """Return the scores of the actions.

    Args:
        network: of one agent, or of a population of M.
        observations: (N, ...), or (M, N, ...) for a population.
        action_features: see `NetworkAgent`.

    Returns:
        (N, A), or (M, N, A) for a population.
    """
    if not action_features:
        return network.forward(observations)
    *lead, N, _ = observations.shape
    shared_features = network.input_shape[0] - action_features
    A = (observations.shape[-1] - shared_features) // action_features
    inputs = np.empty((*lead, N, A, network.input_shape[0]), dtype=observations.dtype)
    blocks = observations[..., : A * action_features].reshape(*lead, N, A, action_features)
    inputs[..., :action_features] = blocks
    inputs[..., action_features:] = observations[..., None, A * action_features :]
    return network.forward(inputs.reshape(*lead, N * A, -1)).reshape(*lead, N, A)
