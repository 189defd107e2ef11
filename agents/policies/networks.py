"""The networks of learners: a trunk that fits the observations, with one head or two."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

import nn
from agents.types import FloatArray

SMALLEST_CENTER = 7  # rows and columns of the smallest image for which `nn.CenterConv2D` is worth it


class NetworkBuilder(Protocol):
    """Makes the network of a learner from the environment's spaces and the settings."""

    def __call__(
        self,
        shape: Sequence[int],
        n_actions: int,
        rng: np.random.Generator,
        *,
        channels: Sequence[int],
        hidden: Sequence[int],
    ) -> nn.Sequential:
        """Return a network for observations of this shape whose first outputs belong to the actions."""
        ...


def trunk(
    shape: Sequence[int], channels: Sequence[int], hidden: Sequence[int], *, center_channels: int = 0, normalise: bool
) -> list[nn.Layer]:
    """Return layers from observations of this shape to `hidden[-1]` features.

    Images (C, H, W) pass 3 x 3 convolutions: the first with stride 1 if the image has at most 12 rows or columns, all
    others with stride 2 while more than 2 rows and columns are left. Dense layers follow. Vectors (F,) pass the dense
    layers only.

    Args:
        shape: of an observation.
        channels: of each convolution.
        hidden: units of each dense layer, at least one.
        center_channels: number of the image's last channels that are 0 outside of the center; the first convolution is
            an `nn.CenterConv2D` then.
        normalise: whether a layer normalisation precedes each ReLU (Gallici et al. 2024, arXiv 2407.04811).

    Raises:
        ValueError: no hidden layer, or observations that are neither images nor vectors.
    """
    if len(shape) not in (1, 3):
        raise ValueError(f"observations have the shape {tuple(shape)}; learners take vectors (F,) and images (C, H, W)")
    if not hidden:
        raise ValueError("hidden is empty; give the units of at least one dense layer")
    layers: list[nn.Layer] = []
    inputs = shape[0]
    if len(shape) == 3:
        _, H, W = shape
        for number, outputs in enumerate(channels):
            stride = 2 if (number and min(H, W) > 2) or min(H, W) > 12 else 1
            H, W = -(-H // stride), -(-W // stride)
            if number == 0 and center_channels and min(shape[1:]) >= SMALLEST_CENTER:
                layers.append(nn.CenterConv2D(inputs, outputs, center_channels, stride=stride))
            else:
                layers.append(nn.Conv2D(inputs, outputs, stride=stride))
            if normalise:
                layers.append(nn.LayerNorm((outputs, H, W)))
            layers.append(nn.ReLU())
            inputs = outputs
        layers.append(nn.Flatten())
        inputs *= H * W
    for units in hidden:
        layers.append(nn.Dense(inputs, units, initialiser="he"))
        if normalise:
            layers.append(nn.LayerNorm(units))
        layers.append(nn.ReLU())
        inputs = units
    return layers


def actor_critic(
    shape: Sequence[int],
    n_actions: int,
    rng: np.random.Generator,
    *,
    channels: Sequence[int],
    hidden: Sequence[int],
    center_channels: int = 0,
) -> nn.Sequential:
    """Return a network with A logits, 0 at first, and a value: (B, ...) -> (B, A + 1); see `trunk`."""
    layers = trunk(shape, channels, hidden, center_channels=center_channels, normalise=False)
    return nn.Sequential([*layers, _two_heads(hidden[-1], n_actions)], input_shape=shape, rng=rng)


def q_network(
    shape: Sequence[int],
    n_actions: int,
    rng: np.random.Generator,
    *,
    channels: Sequence[int],
    hidden: Sequence[int],
    center_channels: int = 0,
    dueling: bool = False,
) -> nn.Sequential:
    """Return a layer-normalised network with A action values: (B, ...) -> (B, A); see `trunk`.

    A dueling network has A advantages and a value instead (Wang et al. 2016, arXiv 1511.06581): (B, A + 1).
    """
    layers = trunk(shape, channels, hidden, center_channels=center_channels, normalise=True)
    head = _two_heads(hidden[-1], n_actions) if dueling else nn.Dense(hidden[-1], n_actions)
    return nn.Sequential([*layers, head], input_shape=shape, rng=rng)


def split_heads(output: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the two heads of a network's output (B, A + 1), as views: (B, A) and (B,)."""
    return output[:, :-1], output[:, -1]


def _two_heads(features: int, n_actions: int) -> nn.Split:
    return nn.Split(nn.Dense(features, n_actions, initialiser="zeros"), nn.Dense(features, 1))
