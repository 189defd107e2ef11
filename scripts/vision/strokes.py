"""A drawing of strokes with undo: anti-aliased ink on a canvas of 20 x 20 pixels for each pixel of an MNIST image.

The mouse reports a few points per stroke. A chain of quadratic Bezier curves connects the midpoints of successive
points, with the point between two midpoints as control point, so that strokes are round:

    p0 -- m01 -- p1
                  |          a line from p0 to m01, a curve from m01 to m12, a line from m12 to p2;
                 m12         the next point p3 replaces the last line by a curve
                  |
                 p2

Points are (x, y) in pixels of the canvas: x goes right, y down.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scripts.vision.digit_image import SIDE

CANVAS = 20 * SIDE
PEN = 24.0  # radius of the pen: a digit that fills three quarters of the canvas gets strokes as wide as MNIST's
SEGMENT = 8.0  # a curve is drawn as line segments of about this length

Point = tuple[float, float]
Ink = NDArray[np.uint8]


class Drawing:
    """Strokes on a canvas.

    Attributes:
        ink: (CANVAS, CANVAS) uint8, from 0 for paper to 255. Each change makes a new array.
    """

    def __init__(self) -> None:
        self.ink: Ink = np.zeros((CANVAS, CANVAS), np.uint8)
        self._history: list[Ink] = []  # the ink before each stroke and each `clear`
        self._points: list[Point] = []  # of the current stroke
        self._settled = self.ink  # the ink without the line at the stroke's end

    @property
    def empty(self) -> bool:
        """Whether there is no ink."""
        return not self.ink.any()

    def press(self, point: Point) -> None:
        """Put the pen down: begin a stroke with a dot."""
        self._history.append(self.ink)
        self._points = [point]
        self._settled = self.ink.copy()
        self.ink = self.ink.copy()
        _draw_line(self.ink, point, point)

    def move(self, point: Point) -> None:
        """Continue the stroke to this point; does nothing while the pen is up."""
        if not self._points or point == self._points[-1]:
            return
        before, last = self._points[-2:] if len(self._points) > 1 else 2 * self._points
        self._points.append(point)
        curve = _curve(_midpoint(before, last), last, _midpoint(last, point))
        for a, b in pairwise(curve):
            _draw_line(self._settled, a, b)
        self.ink = self._settled.copy()
        _draw_line(self.ink, curve[-1], point)

    def release(self) -> None:
        """Lift the pen."""
        self._points = []

    def undo(self) -> None:
        """Undo the last stroke or the last `clear`; does nothing if there is none."""
        self.release()
        if self._history:
            self.ink = self._history.pop()

    def clear(self) -> None:
        """Remove all ink; does nothing if there is none."""
        self.release()
        if not self.empty:
            self._history.append(self.ink)
            self.ink = np.zeros_like(self.ink)


def _draw_line(ink: Ink, a: Point, b: Point) -> None:
    """Draw a line in place; ink falls from full to none within one pixel across the edge (anti-aliasing)."""
    (ax, ay), (bx, by) = a, b
    rows, columns = _span(ay, by), _span(ax, bx)
    y, x = np.ogrid[rows, columns]
    # a + share (b - a) is the point of the line that is nearest to a pixel's centre.
    dx, dy = bx - ax, by - ay
    share = np.clip(((x + 0.5 - ax) * dx + (y + 0.5 - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
    distance = np.hypot(x + 0.5 - ax - share * dx, y + 0.5 - ay - share * dy)
    new = (255 * np.clip(PEN + 0.5 - distance, 0, 1) + 0.5).astype(np.uint8)
    np.maximum(ink[rows, columns], new, out=ink[rows, columns])


def _span(a: float, b: float) -> slice:
    """The rows (or columns) of the canvas that the pen can touch between coordinates a and b."""
    low, high = (min(max(round(edge), 0), CANVAS) for edge in (min(a, b) - PEN - 1, max(a, b) + PEN + 1))
    return slice(low, high)


def _midpoint(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _curve(start: Point, control: Point, end: Point) -> list[Point]:
    """Points of the quadratic Bezier curve (1 - t)² start + 2 t (1 - t) control + t² end, 0 <= t <= 1."""
    segments = 1 + int((np.hypot(*np.subtract(control, start)) + np.hypot(*np.subtract(end, control))) / SEGMENT)
    t = np.linspace(0, 1, segments + 1)[:, None]
    points = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
    return [(x, y) for x, y in points.tolist()]
