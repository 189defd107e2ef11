"""Panel of one network: the predicted class, the probabilities of all classes as bars, and the feature maps."""

from collections.abc import Sequence

import numpy as np
from pygame import Rect

from scripts.ui.canvas import HUGE, Canvas
from scripts.ui.charts import Bar, bars
from scripts.ui.layout import take_right, take_top
from scripts.vision.prediction import Prediction
from scripts.windows.layer_maps import draw_layers

MAX_BARS = 10  # of more classes, the most probable ones are shown


def draw_prediction(
    canvas: Canvas,
    area: Rect,
    name: str,
    summary: str,
    classes: Sequence[str],
    prediction: Prediction | None,
    label: int,
) -> None:
    """Draw the panel of one network.

    Args:
        canvas: to draw on.
        area: of the panel.
        name: of the network.
        summary: accuracy in a few words, at the right of the name.
        classes: their names.
        prediction: for the current image; without one the bars are empty.
        label: the true class, or a negative number if it is unknown.
    """
    inside = canvas.panel(area, name, summary)
    scores = np.zeros(len(classes)) if prediction is None else prediction.probabilities
    predicted = int(scores.argmax())
    head, rest = take_top(inside, 1.5 * HUGE * canvas.unit)
    if prediction is not None:
        _draw_verdict(canvas, head, classes, predicted, float(scores[predicted]), label)
    order = range(len(classes)) if len(classes) <= MAX_BARS else np.argsort(-scores, kind="stable")[:MAX_BARS]
    pitch = min(1.6 * canvas.unit, 0.45 * rest.height / len(order))
    below, rest = take_top(rest, pitch * len(order), canvas.gap)
    empty = prediction is None
    bars(canvas, below, [_bar(canvas, classes, k, float(scores[k]), predicted, label, empty) for k in order])
    if prediction is not None:
        draw_layers(canvas, rest, prediction.layers)


def _draw_verdict(
    canvas: Canvas, area: Rect, classes: Sequence[str], predicted: int, probability: float, label: int
) -> None:
    theme = canvas.theme
    correct, colour = predicted == label, theme.text
    if label >= 0:
        colour = theme.good if correct else theme.bad
        verdict = "✓ correct" if correct else f"✗ it is {classes[label]}"
        mark, _ = take_right(area, canvas.width(verdict, bold=True) + 2 * canvas.gap)
        mark = mark.inflate(0, canvas.line_height() - mark.height)
        canvas.text(verdict, mark, colour=colour, bold=True, align="right")
    written = canvas.text(classes[predicted], area, size=HUGE, bold=True, colour=colour)
    beside = Rect(written.right + canvas.gap, area.y, max(0, area.right - written.right - canvas.gap), area.height)
    canvas.text(f"{probability:.1%}", beside, colour=theme.quiet)


def _bar(canvas: Canvas, classes: Sequence[str], k: int, score: float, predicted: int, label: int, empty: bool) -> Bar:
    wrong = k == predicted and 0 <= label != predicted
    colour = canvas.theme.bad if wrong else canvas.theme.good if k == label else None
    return Bar(classes[k], score, "" if empty else f"{score:.1%}", marked=not empty and k == predicted, colour=colour)
