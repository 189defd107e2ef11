"""The networks of learners: a trunk that fits what is observed, and on it one head or two."""

from collections.abc import Sequence

import numpy as np

import nn

CLOSEST = 7  # cells of a side that an image has at least to be looked at closely in the middle


def trunk(
    shape: Sequence[int], channels: Sequence[int], hidden: Sequence[int], *, close_up: int = 0, normalise: bool
) -> list[nn.Layer]:
    """Layers from observations of this shape to `hidden[-1]` features.

    Images (C, H, W) pass 3 x 3 convolutions with so many `channels`: the first over every cell of an image of at most
    12 a side, all others over every second one while more than two a side are left. Then, and for vectors at once, come
    dense layers of `hidden` units.

    Args:
        shape: of an observation.
        channels: of the convolutions.
        hidden: of the dense layers, at least one.
        close_up: channels of the image, the last ones, of which only the middle counts (`nn.CenterConv2D`).
        normalise: with layer normalisation before each ReLU (Gallici et al. 2024, arXiv 2407.04811).

    Raises:
        ValueError: no hidden layer, or an observation that is neither.
    """
    if len(shape) not in (1, 3):
        raise ValueError(f"observations have the shape {tuple(shape)}; learners take vectors (F,) and planes (C, H, W)")
    if not hidden:
        raise ValueError("hidden is empty; give the units of at least one dense layer")
    layers: list[nn.Layer] = []
    inputs = shape[0]
    if len(shape) == 3:
        _, H, W = shape
        for number, outputs in enumerate(channels):
            stride = 2 if (number and min(H, W) > 2) or min(H, W) > 12 else 1
            H, W = -(-H // stride), -(-W // stride)
            if number == 0 and close_up and min(shape[1:]) >= CLOSEST:
                layers.append(nn.CenterConv2D(inputs, outputs, close_up, stride=stride))
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


def one_head(
    shape: Sequence[int],
    outputs: int,
    channels: Sequence[int],
    hidden: Sequence[int],
    rng: np.random.Generator,
    *,
    close_up: int = 0,
) -> nn.Sequential:
    """Normalised trunk and `outputs` numbers: the values of actions."""
    layers = trunk(shape, channels, hidden, close_up=close_up, normalise=True)
    return nn.Sequential([*layers, nn.Dense(hidden[-1], outputs)], input_shape=shape, rng=rng)


def two_heads(
    shape: Sequence[int],
    outputs: int,
    channels: Sequence[int],
    hidden: Sequence[int],
    rng: np.random.Generator,
    *,
    close_up: int = 0,
    normalise: bool = False,
) -> nn.Sequential:
    """Trunk, `outputs` numbers that are 0 at first, and one number more: policy and value, advantages and value."""
    layers = trunk(shape, channels, hidden, close_up=close_up, normalise=normalise)
    heads = nn.Split(nn.Dense(hidden[-1], outputs, initialiser="zeros"), nn.Dense(hidden[-1], 1))
    return nn.Sequential([*layers, heads], input_shape=shape, rng=rng)
