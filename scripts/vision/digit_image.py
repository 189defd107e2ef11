"""A drawing of one digit, or the ink of a photographed one, converted to the format of MNIST's images.

The steps are those of LeCun, Cortes and Burges: white on black, the digit scaled to fit 20 x 20 pixels, and placed in
28 x 28 pixels with its centre of mass in the middle. An image from MNIST stays nearly as it is.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE, BOX = 28, 20
MIN_INK = 0.1  # of the strongest ink: what is fainter counts as paper


def digit_image(grey: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W), dark on light or light on dark -> (28, 28), light on black.

    Raises:
        ValueError: all pixels have the same colour.
    """
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey.astype(np.float32) - np.median(edge))
    ink[ink < MIN_INK * ink.max()] = 0
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        raise ValueError("the image is of one colour: draw a digit, dark on light or light on dark")
    drawn = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(drawn.shape)
    height, width = (max(1, round(length * scale)) for length in drawn.shape)
    small = np.asarray(Image.fromarray(drawn).resize((width, height), Image.Resampling.BILINEAR))
    small = small * (255 / small.max())  # scaling makes the thin lines of a large drawing faint
    image = np.zeros((SIDE, SIDE), np.uint8)
    top, left = _start(small.sum(axis=1)), _start(small.sum(axis=0))
    image[top : top + height, left : left + width] = np.rint(small)
    return image


def _start(ink: NDArray[np.float32]) -> int:
    """The first row (or column) of the digit that brings its centre of mass to 14, within half a pixel.

    Args:
        ink: the sum of each row (or column) of the digit.
    """
    centre = float(ink @ np.arange(len(ink)) / ink.sum())
    start = int(np.ceil(SIDE / 2 - 0.5 - centre))
    return min(max(start, 0), SIDE - len(ink))
