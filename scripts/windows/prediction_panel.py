"""One network's panel: the class that it gives, the probabilities of all as bars, and its feature maps below."""

from collections.abc import Sequence

import numpy as np
from pygame import Rect

from scripts.ui.canvas import HUGE, Canvas
from scripts.ui.charts import Bar, bars
from scripts.ui.layout import take_right, take_top
from scripts.vision.prediction import Reading
from scripts.windows.layer_maps import draw_layers

MOST = 10  # bars: of more classes the most probable are shown


def draw_reading(
    canvas: Canvas, area: Rect, name: str, aside: str, classes: Sequence[str], reading: Reading | None, label: int
) -> None:
    """Draw the panel of one network.

    Args:
        canvas: to draw on.
        area: where.
        name: of the network.
        aside: how good it is, in a few words.
        classes: their names.
        reading: its opinion; without one the bars are empty.
        label: the true class, or a negative number where it is unknown.
    """
    inside = canvas.panel(area, name, aside)
    scores = np.zeros(len(classes)) if reading is None else reading.probabilities
    given = int(scores.argmax())
    head, rest = take_top(inside, 1.5 * HUGE * canvas.unit)
    if reading is not None:
        _draw_verdict(canvas, head, classes, given, float(scores[given]), label)
    order = range(len(classes)) if len(classes) <= MOST else np.argsort(-scores, kind="stable")[:MOST]
    pitch = min(1.6 * canvas.unit, 0.45 * rest.height / len(order))
    below, rest = take_top(rest, pitch * len(order), canvas.gap)
    bars(canvas, below, [_bar(canvas, classes, k, float(scores[k]), given, label, reading is None) for k in order])
    if reading is not None:
        draw_layers(canvas, rest, reading.layers)


def _draw_verdict(canvas: Canvas, area: Rect, classes: Sequence[str], given: int, sure: float, label: int) -> None:
    theme = canvas.theme
    right, colour = given == label, theme.text
    if label >= 0:
        colour = theme.good if right else theme.bad
        words = "✓ right" if right else f"✗ wrong, it is {classes[label]}"
        mark, _ = take_right(area, canvas.width(words, bold=True) + 2 * canvas.gap)
        mark = mark.inflate(0, canvas.line_height() - mark.height)
        canvas.text(words, mark, colour=colour, bold=True, align="right")
    taken = canvas.text(classes[given], area, size=HUGE, bold=True, colour=colour)
    beside = Rect(taken.right + canvas.gap, area.y, max(0, area.right - taken.right - canvas.gap), area.height)
    canvas.text(f"{sure:.1%}", beside, colour=theme.quiet)


def _bar(canvas: Canvas, classes: Sequence[str], k: int, score: float, given: int, label: int, empty: bool) -> Bar:
    wrong = k == given and 0 <= label != given
    colour = canvas.theme.bad if wrong else canvas.theme.good if k == label else None
    return Bar(classes[k], score, "" if empty else f"{score:.1%}", marked=not empty and k == given, colour=colour)
