"""A drawing of strokes: anti-aliased ink on a canvas twenty times as fine as MNIST's pictures, with an undo.

The mouse gives a few points a stroke. Through the middles between them goes a chain of quadratic Bezier curves, each
bent towards the point between its two middles, so that strokes are round where the hand was:

    p0 -- m01 -- p1
                  |          straight from p0 to m01, a curve from m01 to m12, straight from m12 to p2,
                 m12         until p3 makes a curve of the end, too
                  |
                 p2

Points are (x, y) in pixels of the canvas: x goes right, y down.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scripts.vision.digit_picture import SIDE, digit_picture

CANVAS = 20 * SIDE
PEN = 24.0  # radius of the pen: strokes of a digit that fills three quarters of the canvas come out as wide as MNIST's
PIECE = 8.0  # a curve is drawn as straight pieces of about this length

Point = tuple[float, float]
Ink = NDArray[np.uint8]


class Drawing:
    """What was drawn until now.

    Attributes:
        ink: (CANVAS, CANVAS) uint8 from 0, paper, to 255. It is never changed in place.
    """

    def __init__(self) -> None:
        self.ink: Ink = np.zeros((CANVAS, CANVAS), np.uint8)
        self._history: list[Ink] = []  # the ink before each stroke and each `clear`
        self._points: list[Point] = []  # of the stroke that goes on
        self._settled = self.ink  # the ink without this stroke's straight end

    @property
    def empty(self) -> bool:
        """Whether there is no ink."""
        return not self.ink.any()

    def press(self, point: Point) -> None:
        """Put the pen down: a new stroke, a dot so far."""
        self._history.append(self.ink)
        self._points = [point]
        self._settled = self.ink.copy()
        self.ink = self.ink.copy()
        _draw_line(self.ink, point, point)

    def move(self, point: Point) -> None:
        """Go on with the stroke to this point; nothing happens while the pen is up."""
        if not self._points or point == self._points[-1]:
            return
        before, last = self._points[-2:] if len(self._points) > 1 else 2 * self._points
        self._points.append(point)
        curve = _curve(_middle(before, last), last, _middle(last, point))
        for a, b in pairwise(curve):
            _draw_line(self._settled, a, b)
        self.ink = self._settled.copy()
        _draw_line(self.ink, curve[-1], point)

    def release(self) -> None:
        """Lift the pen."""
        self._points = []

    def undo(self) -> None:
        """Take back the last stroke, or the last `clear`; nothing happens at the beginning."""
        self.release()
        if self._history:
            self.ink = self._history.pop()

    def clear(self) -> None:
        """Take a new sheet; nothing happens while the sheet is empty."""
        self.release()
        if not self.empty:
            self._history.append(self.ink)
            self.ink = np.zeros_like(self.ink)


def picture_of(ink: Ink) -> NDArray[np.uint8] | None:
    """A drawing in the form of MNIST's pictures, (28, 28), light on black; None if there is no ink."""
    return digit_picture(ink) if ink.any() else None


def _draw_line(ink: Ink, a: Point, b: Point) -> None:
    """Draw from a to b in place: full ink up to half a pixel inside of the edge, none from half a pixel outside on."""
    (ax, ay), (bx, by) = a, b
    rows, columns = _span(ay, by), _span(ax, bx)
    y, x = np.ogrid[rows, columns]
    # Of the line's points a + share (b - a), the nearest to each pixel's centre.
    dx, dy = bx - ax, by - ay
    share = np.clip(((x + 0.5 - ax) * dx + (y + 0.5 - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
    distance = np.hypot(x + 0.5 - ax - share * dx, y + 0.5 - ay - share * dy)
    new = (255 * np.clip(PEN + 0.5 - distance, 0, 1) + 0.5).astype(np.uint8)
    np.maximum(ink[rows, columns], new, out=ink[rows, columns])


def _span(a: float, b: float) -> slice:
    """The rows (or columns) of the canvas that a line from a to b can reach."""
    low, high = (min(max(round(edge), 0), CANVAS) for edge in (min(a, b) - PEN - 1, max(a, b) + PEN + 1))
    return slice(low, high)


def _middle(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _curve(start: Point, control: Point, end: Point) -> list[Point]:
    """Points on (1 - t)² start + 2 t (1 - t) control + t² end, from start to end."""
    pieces = 1 + int((np.hypot(*np.subtract(control, start)) + np.hypot(*np.subtract(end, control))) / PIECE)
    t = np.linspace(0, 1, pieces + 1)[:, None]
    places = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
    return [(x, y) for x, y in places.tolist()]
