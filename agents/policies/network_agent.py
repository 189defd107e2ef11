"""Agent with a network that scores the actions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

import nn
from agents.agent import Actions, LearnedAgent
from agents.policies.masks import best_actions
from agents.policies.preprocessing import network_input
from agents.policies.symmetry import Symmetry
from agents.types import Arrays, MaskArray
from nn.from_json import AtLeast, Count, from_json

KIND: Final = "network"  # in the header of the agent's file


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What the file of a network agent holds beside the network; the arguments of `NetworkAgent`, and notes."""

    kind: Literal["network"]
    environment: dict[str, Any]
    action_features: Count = 0
    actions: Annotated[int, AtLeast(1)] | None = None
    masked: bool = True
    symmetric: bool = False
    notes: dict[str, Any] = field(default_factory=dict)


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

    Raises:
        ValueError: a network that does not score actions in this way.
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
        outputs, *others = network.output_shape(network.input_shape)
        if others or outputs < (actions or 1) or (action_features and outputs != 1):
            needed = f"{actions or 1} or more" if not action_features else "1 at a time"
            raise ValueError(f"the network returns {(outputs, *others)} for an observation; scores needed: {needed}")
        if action_features and (len(network.input_shape) != 1 or action_features > network.input_shape[0]):
            raise ValueError(f"action_features is {action_features}, but the network takes {network.input_shape}")
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
        metadata = Metadata(
            kind=KIND,
            environment=self.environment,
            action_features=self.action_features,
            actions=self.actions,
            masked=self.masked,
            symmetric=self._symmetry is not None,
            notes=dict(notes),
        )
        return nn.files.pack(self.network, asdict(metadata), half=half)

    @classmethod
    def unpack(cls, arrays: Arrays, header: Mapping[str, Any]) -> "NetworkAgent":
        """See `LearnedAgent.unpack`."""
        network, metadata = nn.files.unpack(arrays, header)
        saved = from_json(metadata, Metadata)
        return cls(
            network,
            saved.environment,
            action_features=saved.action_features,
            actions=saved.actions,
            masked=saved.masked,
            symmetric=saved.symmetric,
        )


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
