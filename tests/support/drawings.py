"""Digits drawn by hand, for the tests of windows that classify them."""

import numpy as np

from scripts.vision.digit_image import digit_image
from scripts.vision.mnist import MNIST
from scripts.vision.strokes import CANVAS, Drawing

# As shares of the sheet's sides.
THREE = [(0.3, 0.25), (0.38, 0.17), (0.5, 0.14), (0.62, 0.18), (0.68, 0.28), (0.62, 0.4), (0.5, 0.47), (0.44, 0.48)]
THREE += [(0.56, 0.5), (0.68, 0.58), (0.7, 0.7), (0.62, 0.82), (0.48, 0.86), (0.34, 0.82), (0.27, 0.73)]
ONE = [(0.55, 0.15), (0.53, 0.4), (0.51, 0.6), (0.5, 0.85)]


def some_digits() -> MNIST:
    """Drawings of 3, 1, 3, 1, 3 and 3; the second and the last are wrongly labelled 7 and 5."""
    drawn = []
    for shape in (THREE, ONE, THREE, ONE, THREE, THREE):
        drawing = Drawing()
        drawing.press((CANVAS * shape[0][0], CANVAS * shape[0][1]))
        for x, y in shape[1:]:
            drawing.move((CANVAS * x, CANVAS * y))
        drawn.append(digit_image(drawing.ink))
    images, labels = np.stack(drawn), np.array([3, 7, 3, 1, 3, 5], np.uint8)
    return MNIST(images, labels, images, labels)
