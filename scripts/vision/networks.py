"""The networks that the training scripts build for pictures; a new one is one function here and its options there."""

import math
from collections.abc import Sequence

import numpy as np

import nn


def dense_network(
    input_shape: Sequence[int], hidden: Sequence[int], dropout: float, classes: int, rng: np.random.Generator
) -> nn.Sequential:
    """Dense layers with ReLU and dropout between them."""
    layers: list[nn.Layer] = [nn.Flatten()]
    inputs = math.prod(input_shape)
    for units in hidden:
        layers += [nn.Dense(inputs, units), nn.ReLU()]
        if dropout:
            layers += [nn.Dropout(dropout)]
        inputs = units
    return nn.Sequential([*layers, nn.Dense(inputs, classes)], input_shape=input_shape, rng=rng)


def convolutional_network(
    input_shape: Sequence[int],
    channels: Sequence[int],
    convolutions: Sequence[int],
    hidden: int,
    dropout: float,
    classes: int,
    rng: np.random.Generator,
) -> nn.Sequential:
    """Blocks of 3 x 3 convolutions, each normalised and with ReLU, the last one pooled; two dense layers at the end.

    A block halves the sides of what it sees. `channels` and `convolutions` have a number for each, but one number of
    `convolutions` is for all.
    """
    C, H, W = input_shape
    H, W = H >> len(channels), W >> len(channels)
    if not H * W:
        raise ValueError(
            f"{len(channels)} blocks leave nothing of {input_shape[1]} x {input_shape[2]} pixels; use fewer"
        )
    if len(convolutions) not in (1, len(channels)) or min(convolutions) < 1:
        raise ValueError(
            f"convolutions are {' '.join(map(str, convolutions))} for {len(channels)} blocks; "
            "give one number for all, or one for each, at least 1"
        )
    counts = convolutions if len(convolutions) > 1 else [convolutions[0]] * len(channels)
    layers: list[nn.Layer] = []
    for outputs, count in zip(channels, counts, strict=True):
        for number in range(count):
            # The normalisation takes out a bias. It comes after pooling, as does ReLU: a quarter of the work.
            pool = [nn.MaxPool2D()] if number == count - 1 else []
            layers += [nn.Conv2D(C, outputs, bias=False), *pool, nn.BatchNorm(outputs), nn.ReLU()]
            C = outputs
    layers += [nn.Flatten(), nn.Dense(C * H * W, hidden), nn.ReLU()]
    if dropout:
        layers += [nn.Dropout(dropout)]
    return nn.Sequential([*layers, nn.Dense(hidden, classes)], input_shape=input_shape, rng=rng)
