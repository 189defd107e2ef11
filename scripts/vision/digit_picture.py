"""A photograph or drawing of one digit, brought into the form of MNIST's pictures.

As LeCun, Cortes and Burges made them: white on black, the digit scaled to fit 20 x 20 pixels, and moved within 28 x 28
until its centre of mass is in the middle. A picture from MNIST comes out nearly as it went in.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE, BOX = 28, 20
FAINT = 0.1  # of the strongest ink: below it is paper


def digit_picture(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W), dark on light or light on dark -> (28, 28), light on black.

    Raises:
        ValueError: nothing is drawn.
    """
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey.astype(np.float32) - np.median(edge))
    ink[ink < FAINT * ink.max()] = 0
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        raise ValueError("the picture is of one colour: draw a digit, dark on light or light on dark")
    drawn = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(drawn.shape)
    height, width = (max(1, round(length * scale)) for length in drawn.shape)
    small = np.asarray(Image.fromarray(drawn).resize((width, height), Image.Resampling.BILINEAR))
    small = small * (255 / small.max())  # thin lines of a large drawing have become faint
    picture = np.zeros((SIDE, SIDE), np.uint8)
    top, left = _start(small.sum(axis=1)), _start(small.sum(axis=0))
    picture[top : top + height, left : left + width] = np.rint(small)
    return picture


def _start(ink: NDArray[np.float32]) -> int:
    """Where rows (or columns) with so much ink begin, for their centre of mass to be half a pixel or less from 14."""
    centre = float(ink @ np.arange(len(ink)) / ink.sum())
    start = int(np.ceil(SIDE / 2 - 0.5 - centre))
    return min(max(start, 0), SIDE - len(ink))
