"""A network that plays: it scores the actions, and the best allowed one is taken."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from agents.agent import Actions, LearnedAgent
from agents.policies.masks import allowed_actions, best_allowed
from agents.policies.preprocessing import network_input
from agents.policies.symmetry import Symmetry

KIND = "network"  # what a saved agent of this class says it is


class NetworkAgent(LearnedAgent):
    """Plays the action to which a network gives the highest score.

    Args:
        network: see `action_features`.
        environment: the environment arguments it was trained with.
        action_features: 0 for a network from the observation to A scores. K for a scorer: the observation is A blocks
            of K features, one for each action, followed by features that hold for all; the network sees one block
            and those at a time and gives one score, so what it learns of one action holds for all of them.
        actions: A, for a network that gives more numbers than the A scores, which come first.
        masked: whether it obeys action masks.
        symmetric: whether scores are means over all views of the board (see `Symmetry`).
        name: what tables call it.
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
        action_mask: NDArray[np.int8] | None = None,
        *,
        rng: np.random.Generator | None = None,  # noqa: ARG002  part of the interface
    ) -> Actions:
        """The best allowed action of each game; the best of all where none is allowed. Chance plays no part."""
        return best_actions(self.scores(observations), action_mask if self.masked else None)

    def scores(self, observations: NDArray[Any]) -> NDArray[Any]:
        """(N, A) what the network thinks of each action."""
        if self._symmetry is None:
            return self._scores(observations)
        views = range(self._symmetry.count)
        scores = [self._scores(self._symmetry.view(k, observations))[:, self._symmetry.seen[k]] for k in views]
        mean: NDArray[Any] = np.mean(scores, axis=0)
        return mean

    def _scores(self, observations: NDArray[Any]) -> NDArray[Any]:
        return score_actions(self.network, network_input(observations), self.action_features)[..., : self.actions]

    def save(self, path: str | Path, notes: Mapping[str, Any], *, half: bool = False) -> None:
        """Write the agent to one file, with notes on how it came about; half: the weights as float16."""
        about = {
            "kind": KIND,
            "environment": self.environment,
            "action_features": self.action_features,
            "actions": self.actions,
            "masked": self.masked,
            "symmetric": self._symmetry is not None,
        }
        nn.save(path, self.network, metadata=about | {"notes": dict(notes)}, half=half)

    @classmethod
    def load(cls, path: str | Path) -> "NetworkAgent":
        """The agent that `save` wrote.

        Raises:
            ValueError: the file holds something else.
        """
        network, about = nn.load(path)
        if about.get("kind") != KIND or not isinstance(about.get("environment"), dict):
            raise ValueError(f"{path} holds a network but no agent; give a file that training an agent wrote")
        # Files of evolution's first release have only the first of these.
        options = {name: about[name] for name in ("action_features", "actions", "masked", "symmetric") if name in about}
        return cls(network, about["environment"], **options, name=Path(path).stem)


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
        return best_allowed(scores, allowed_actions(action_mask))
    best: Actions = scores.argmax(axis=-1)
    return best
