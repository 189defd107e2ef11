"""How runs went, as curves: one of a Snake player, one of a classifier, several in one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nn.atomic_file import atomic_file

Metrics = Sequence[Mapping[str, float]]  # the rows of metrics.csv
Floats = NDArray[np.floating[Any]]

# Seaborn's palette for people with any colour vision; more runs than that differ by their lines.
COLOURS = ("#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9")
LINES = ("-", "--", ":", "-.")


class Curve(NamedTuple):
    """What one run reached, and when."""

    name: str
    x: Floats
    y: Floats


def food_curve(metrics: Metrics, over: str = "seconds") -> tuple[Floats, Floats]:
    """Mean food on validation games, and the seconds or steps of training after which it was measured.

    Evolution measures its champion in each generation; a learner now and then, and repeats what it knows in between.
    """
    if "champion" in metrics[-1]:
        return _column(metrics, over), _column(metrics, "champion")
    x, y = _column(metrics, over), _column(metrics, "validation")
    measured = np.flatnonzero(np.diff(y, prepend=np.nan) != 0)  # nan, too, before the first
    measured = measured[np.isfinite(y[measured])]
    return x[measured], y[measured]


def save_curve(metrics: Metrics, baselines: Mapping[str, float], path: Path) -> None:
    """The learning curve of a player, its best marked, with the scripted players' means as lines.

    Args:
        metrics: of an evolution, with "mean", "best" and "champion", or of a learner, with "score" and "validation".
        baselines: mean food of the scripted players by name.
        path: of the picture.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    if "champion" in metrics[-1]:
        x, mean, low, high = (_column(metrics, name) for name in ("seconds", "mean", "mean", "best"))
        band, middle, measured = "up to the best of it", "mean of the population", "champion, on validation games"
    else:
        finite = [row for row in metrics if np.isfinite(row["score"])]
        x, scores = _column(finite, "seconds"), _column(finite, "score")
        mean, low, high = moving_band(scores, max(1, len(scores) // 25))
        band, middle = "four of five of them", "training games as they end, some of which start late"
        measured = "agent, on validation games"
    axes.fill_between(x, low, high, alpha=0.25, linewidth=0, color="C0", label=band)
    axes.plot(x, mean, color="C0", linewidth=1, label=middle)
    x, food = food_curve(metrics)
    axes.plot(x, food, "o-", color="C1", linewidth=2, markersize=4, label=measured)
    if len(food):
        best = int(food.argmax())
        axes.plot(x[best], food[best], "*", color="C3", markersize=14, label=f"best: {food[best]:.1f} food")
    for name, food_eaten in baselines.items():
        axes.axhline(food_eaten, linestyle="--", linewidth=1, color="dimgray")
        axes.text(0.01, food_eaten, name, transform=axes.get_yaxis_transform(), va="bottom", color="dimgray")
    axes.margins(y=0.08)  # room for the name of the highest line
    _finish(axes, "seconds of training", "food eaten")
    axes.legend(loc="lower right", reverse=True)
    save_figure(figure, path)


def moving_band(values: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    """(N,) each: mean, 10th and 90th percentile of the `window` values around each of N values."""
    before = window // 2
    padded = np.pad(values, (before, window - 1 - before), mode="edge") if len(values) else values
    near = np.lib.stride_tricks.sliding_window_view(padded, window) if len(values) else np.empty((0, 1))
    low, high = np.percentile(near, (10, 90), axis=1)
    return near.mean(axis=1), low, high


def save_training_curve(metrics: Metrics, path: Path) -> None:
    """Loss, and the error on the validation pictures where there are any, over the seconds of training."""
    validated = "validation_accuracy" in metrics[-1]
    figure = Figure(figsize=(10 if validated else 6, 4.5), layout="constrained")
    panels = figure.subplots(1, 2 if validated else 1, squeeze=False)[0]
    seconds = _column(metrics, "seconds")
    panels[0].plot(seconds, _column(metrics, "loss"), "o-", markersize=4, label="training, augmented")
    panels[0].set(xlabel="seconds of training", ylabel="loss", yscale="log")
    if validated:
        panels[0].plot(seconds, _column(metrics, "validation_loss"), "o-", markersize=4, label="validation")
        error = 100 * (1 - _column(metrics, "validation_accuracy"))
        panels[1].plot(seconds, error, "o-", markersize=4, color="C1")
        best = int(error.argmin())
        panels[1].plot(seconds[best], error[best], "*", color="C3", markersize=14, label=f"best: {error[best]:.2f} %")
        panels[1].legend()
        _finish(panels[1], "seconds of training", "validation pictures given the wrong class, %")
    panels[0].legend()
    panels[0].grid(alpha=0.3)
    save_figure(figure, path)


def save_comparison(curves: Sequence[Curve], x_label: str, y_label: str, path: Path) -> None:
    """The curves of several runs in one picture."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    with_dots = all(len(curve.x) < 60 for curve in curves)
    for number, (_, x, y) in enumerate(curves):
        colour, line = COLOURS[number % len(COLOURS)], LINES[number // len(COLOURS) % len(LINES)]
        axes.plot(x, y, line, color=colour, marker="o" if with_dots else None, markersize=4, linewidth=1.8)
    _finish(axes, x_label, y_label)
    ends = [curve.x[-1] for curve in curves if len(curve.x)]
    if ends and max(ends) > 10 * min(ends):
        axes.set_xscale("log")  # or the short ones would be lines at the left edge
    axes.legend(axes.lines, [plain(curve.name) for curve in curves])
    save_figure(figure, path)


def plain(name: str) -> str:
    """A name as Matplotlib shows it: a $ would begin a formula, and what is no text cannot be drawn."""
    return name.encode(errors="replace").decode().replace("$", r"\$")


def save_figure(figure: Figure, path: Path, dpi: int = 120) -> None:
    """Write a figure as the ending of the path says, as PNG where it has none."""
    with atomic_file(path) as file:
        figure.savefig(file, dpi=dpi, format=path.suffix[1:] or "png")


def _column(metrics: Metrics, name: str) -> Floats:
    return np.array([row[name] for row in metrics], float)


def _finish(axes: Axes, x_label: str, y_label: str) -> None:
    axes.set(xlabel=x_label, ylabel=y_label, ylim=(0, None))
    axes.grid(alpha=0.3)
