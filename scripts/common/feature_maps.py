"""Feature maps: the outputs of a network's layers for one image.

A convolution has a map for each channel. The map is taken after normalisation and activation, but before pooling makes
it coarser. A hidden dense layer has a number for each unit: a map of one pixel.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn

POINTWISE = (nn.BatchNorm, nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid)  # outside of training
KINDS: dict[type[nn.Layer], str] = {nn.Conv2D: "convolution", nn.Dense: "dense layer"}


@dataclass(frozen=True)
class FeatureMaps:
    """The maps of one layer.

    Attributes:
        name: kind and number of the layer: "convolution 1", "dense layer 2".
        maps: (C, H, W) floats; (units, 1, 1) of a dense layer.
    """

    name: str
    maps: NDArray[np.floating[Any]]


def feature_maps(network: nn.Sequential, image: NDArray[np.floating[Any]]) -> list[FeatureMaps]:
    """Return the maps of all convolutions and dense layers except the last, which computes the scores.

    Args:
        network: of images or vectors.
        image: (1, C, H, W) or (1, F), normalised as the network needs it.
    """
    blocks: list[list[nn.Layer]] = [[]]  # each a layer with weights, and the layers up to the next one
    for layer in network.layers:
        if isinstance(layer, nn.Conv2D | nn.Dense | nn.Flatten | nn.Split):
            blocks.append([])
        blocks[-1].append(layer)
    found: list[FeatureMaps] = []
    numbers = dict.fromkeys(KINDS.values(), 0)
    y = np.asarray(image, network.flat.dtype)
    for block in blocks[:-1]:
        unpooled = None
        for layer in block:
            if isinstance(layer, nn.BatchNormMaxPool2D):  # the normalisation alone
                unpooled = nn.BatchNorm.forward(layer, y if unpooled is None else unpooled).copy()
            elif isinstance(layer, nn.MaxPool2D | nn.AvgPool2D):
                unpooled = y.copy() if unpooled is None else unpooled  # a copy, since layers reuse their memory
            elif unpooled is not None and isinstance(layer, POINTWISE):
                unpooled = layer.forward(unpooled).copy()
            y = layer.forward(y)
        kind = next((name for kind, name in KINDS.items() if block and isinstance(block[0], kind)), None)
        if kind:
            numbers[kind] += 1
            maps = np.array((y if unpooled is None else unpooled)[0])
            found.append(FeatureMaps(f"{kind} {numbers[kind]}", maps if maps.ndim == 3 else maps[:, None, None]))
    return found
