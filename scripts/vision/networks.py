"""Networks for images: dense and convolutional. A new one is a function here and its options in a training command."""

import math
from collections.abc import Sequence

import numpy as np

import nn


def dense_network(
    input_shape: Sequence[int], hidden: Sequence[int], dropout: float, classes: int, rng: np.random.Generator
) -> nn.Sequential:
    """Build dense layers with ReLU and dropout between them."""
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
    """Build blocks of 3 x 3 convolutions with batch normalisation and ReLU, then two dense layers.

    Args:
        input_shape: (C, H, W).
        channels: of each block; the last convolution of a block is followed by 2 x 2 max pooling.
        convolutions: the number in each block, or one number for all blocks.
        hidden: units of the first dense layer.
        dropout: share of these units that is dropped in training.
        classes: number of outputs.
        rng: for the initial weights.

    Raises:
        ValueError: pooling leaves no pixel, or `convolutions` does not fit `channels`.
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
            # Batch normalisation makes a bias superfluous. It follows pooling, as ReLU does: a quarter of the work.
            pool = [nn.MaxPool2D()] if number == count - 1 else []
            layers += [nn.Conv2D(C, outputs, bias=False), *pool, nn.BatchNorm(outputs), nn.ReLU()]
            C = outputs
    layers += [nn.Flatten(), nn.Dense(C * H * W, hidden), nn.ReLU()]
    if dropout:
        layers += [nn.Dropout(dropout)]
    return nn.Sequential([*layers, nn.Dense(hidden, classes)], input_shape=input_shape, rng=rng)
