"""What the layers of a network answer to one picture, as pictures to look at.

A convolution gives a map for each channel: where in the picture it finds what it looks for. It is shown as the network
goes on with it, after normalisation and activation, but before pooling makes it coarser. A hidden dense layer gives a
number for each unit: a map of one pixel.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn

KINDS: dict[type[nn.Layer], str] = {nn.Conv2D: "convolution", nn.Dense: "dense layer"}
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class FeatureMaps:
    """The maps of one layer.

    Attributes:
        name: kind and number of the layer: "convolution 1", "dense layer 2".
        maps: (C, H, W), from 0 for no answer, or a negative one, to 255 for the strongest in the layer; (units, 1, 1)
            of a dense layer.
    """

    name: str
    maps: Bytes


def feature_maps(network: nn.Sequential, picture: NDArray[np.floating[Any]]) -> list[FeatureMaps]:
    """The maps of all convolutions and dense layers but the last, which gives the scores.

    Args:
        network: takes images or vectors.
        picture: (1, C, H, W) or (1, F), normalised as the network needs it.
    """
    blocks: list[list[nn.Layer]] = [[]]  # each a layer with weights, and what follows it until the next one
    for layer in network.layers:
        if isinstance(layer, nn.Conv2D | nn.Dense | nn.Flatten | nn.Split):
            blocks.append([])
        blocks[-1].append(layer)
    found: list[FeatureMaps] = []
    numbers = dict.fromkeys(KINDS.values(), 0)
    y = np.asarray(picture, network.flat.dtype)
    for block in blocks[:-1]:
        answer = None
        for layer in block:
            if answer is None and isinstance(layer, nn.MaxPool2D | nn.AvgPool2D):
                answer = y.copy()  # layers use their memory again
            y = layer.forward(y)
        kind = KINDS.get(type(block[0])) if block else None
        if kind:
            numbers[kind] += 1
            found.append(FeatureMaps(f"{kind} {numbers[kind]}", _as_bytes((y if answer is None else answer)[0])))
    return found


def _as_bytes(answer: NDArray[np.floating[Any]]) -> Bytes:
    """(C, H, W) or (F,) -> (C, H, W) or (F, 1, 1), the largest number as 255."""
    positive = np.maximum(answer, 0)
    maps: Bytes = np.rint(positive * (255 / max(float(positive.max()), 1e-12))).astype(np.uint8)
    return maps if maps.ndim == 3 else maps[:, None, None]


def mosaic(maps: Bytes, colours: Bytes, paper: tuple[int, int, int], width: int, height: int) -> Bytes:
    """All maps side by side, line by line from the top left, as large as fits with whole pixels.

    Args:
        maps: (C, H, W).
        colours: (256, 3), of each value.
        paper: colour between the maps.
        width: in pixels, at most.
        height: in pixels, at most.

    Returns:
        (rows, columns, 3): what the maps take of width and height. Where these are too small for maps of full size,
        pixels of each are left out.
    """
    C, H, W = maps.shape
    gap = 2 if H > 1 else 1
    scale, per_line = max(_scale(maps.shape, gap, n, width, height) for n in range(1, C + 1))
    tall, wide = max(1, int(scale * H)), max(1, int(scale * W))
    if factor := min(tall // H, wide // W):  # crisp: every pixel as large as its neighbours
        tall, wide = factor * H, factor * W
    rows, columns = np.arange(tall) * H // tall, np.arange(wide) * W // wide
    tiles = colours[maps[:, rows[:, None], columns]]  # (C, tall, wide, 3)
    lines = -(-C // per_line)
    picture = np.empty((lines * per_line, tall + gap, wide + gap, 3), np.uint8)
    picture[...] = paper
    picture[:C, :tall, :wide] = tiles
    grid = picture.reshape(lines, per_line, tall + gap, wide + gap, 3).swapaxes(1, 2)
    whole = grid.reshape(lines * (tall + gap), per_line * (wide + gap), 3)
    return whole[: min(len(whole) - gap, height), : min(whole.shape[1] - gap, width)]


def _scale(shape: tuple[int, ...], gap: int, per_line: int, width: int, height: int) -> tuple[float, int]:
    """How much maps (C, H, W) grow, at most, with so many in a line; and this number again."""
    C, H, W = shape
    lines = -(-C // per_line)
    return min(((height + gap) // lines - gap) / H, ((width + gap) // per_line - gap) / W), per_line
