"""Learning curves: of one Snake player, of one classifier, of several runs in one figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scripts.common.figure_file import plot_label, save_figure

Metrics = Sequence[Mapping[str, float]]  # the rows of metrics.csv
Floats = NDArray[np.floating[Any]]

# Seaborn's colour-blind palette; after ten runs the colours repeat with other line styles.
COLOURS = ("#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9")
LINE_STYLES = ("-", "--", ":", "-.")
MAX_MARKED_POINTS = 60  # longer curves are drawn without markers
SECONDS, SCORE, ERROR = "seconds of training", "score (food eaten)", "validation error, % of images"


class LearningCurve(NamedTuple):
    """One run's progress: y against x, both (N,)."""

    name: str
    x: Floats
    y: Floats


def food_curve(metrics: Metrics, over: str = "seconds") -> tuple[Floats, Floats]:
    """Mean score on the validation games, and the seconds or timesteps of training at each measurement.

    Evolution measures in every generation. A learner measures now and then: its rows repeat the last score, and hold
    NaN before the first.
    """
    x, y = _column(metrics, over), _column(metrics, "validation_score")
    if _is_evolution(metrics):
        return x, y
    measured = np.flatnonzero(np.diff(y, prepend=np.nan) != 0)  # NaN != 0, so NaN rows are among them
    measured = measured[np.isfinite(y[measured])]
    return x[measured], y[measured]


def save_player_curve(metrics: Metrics, baselines: Mapping[str, float], path: Path) -> None:
    """Draw the learning curve of a player, with a star at its best and a line for each baseline.

    Args:
        metrics: of an evolution, with "mean_score" and "best_score", or of a learner, with "episode_score"; both with
            "seconds" and "validation_score".
        baselines: mean scores of the scripted players by name.
        path: of the figure.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    if _is_evolution(metrics):
        x, mean, high = (_column(metrics, name) for name in ("seconds", "mean_score", "best_score"))
        low = mean
        line, band, validation = "mean of the population", "mean to best of the population", "champion"
    else:
        finite = [row for row in metrics if np.isfinite(row["episode_score"])]
        x, scores = _column(finite, "seconds"), _column(finite, "episode_score")
        mean, low, high = moving_band(scores, max(1, len(scores) // 25))
        line, band, validation = "training games, moving mean", "10th to 90th percentile", "agent"
    axes.fill_between(x, low, high, alpha=0.25, linewidth=0, color="C0", label=band)
    axes.plot(x, mean, color="C0", linewidth=1, label=line)
    x, food = food_curve(metrics)
    axes.plot(x, food, "o-", color="C1", linewidth=2, markersize=4, label=f"{validation} on validation games")
    if len(food):
        best = int(food.argmax())
        axes.plot(x[best], food[best], "*", color="C3", markersize=14, label=f"best: {food[best]:.1f}")
    for name, score in baselines.items():
        axes.axhline(score, linestyle="--", linewidth=1, color="dimgray")
        axes.text(0.01, score, name, transform=axes.get_yaxis_transform(), va="bottom", color="dimgray")
    axes.margins(y=0.08)  # room for the name of the highest line
    _label_axes(axes, SECONDS, SCORE)
    axes.legend(loc="lower right", reverse=True)
    save_figure(figure, path)


def moving_band(values: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    """(N,) each: mean, 10th and 90th percentile of the `window` values around each of N values."""
    before = window // 2
    padded = np.pad(values, (before, window - 1 - before), mode="edge") if len(values) else values
    near = np.lib.stride_tricks.sliding_window_view(padded, window) if len(values) else np.empty((0, 1))
    low, high = np.percentile(near, (10, 90), axis=1)
    return near.mean(axis=1), low, high


def save_classifier_curve(metrics: Metrics, path: Path) -> None:
    """Draw the loss, and the error on the validation images if there are any, over the seconds of training."""
    validated = "validation_accuracy" in metrics[-1]
    figure = Figure(figsize=(10 if validated else 6, 4.5), layout="constrained")
    panels = figure.subplots(1, 2 if validated else 1, squeeze=False)[0]
    seconds = _column(metrics, "seconds")
    panels[0].plot(seconds, _column(metrics, "loss"), "o-", markersize=4, label="training, augmented images")
    panels[0].set(xlabel=SECONDS, ylabel="loss", yscale="log")
    if validated:
        panels[0].plot(seconds, _column(metrics, "validation_loss"), "o-", markersize=4, label="validation")
        error = 100 * (1 - _column(metrics, "validation_accuracy"))
        panels[1].plot(seconds, error, "o-", markersize=4, color="C1")
        best = int(error.argmin())
        panels[1].plot(seconds[best], error[best], "*", color="C3", markersize=14, label=f"best: {error[best]:.2f} %")
        panels[1].legend()
        _label_axes(panels[1], SECONDS, ERROR)
    panels[0].legend()
    panels[0].grid(alpha=0.3)
    save_figure(figure, path)


def save_comparison(curves: Sequence[LearningCurve], x_label: str, y_label: str, path: Path) -> None:
    """Draw the curves of several runs in one figure."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    marker = "o" if all(len(curve.x) < MAX_MARKED_POINTS for curve in curves) else None
    for number, (_, x, y) in enumerate(curves):
        colour, style = COLOURS[number % len(COLOURS)], LINE_STYLES[number // len(COLOURS) % len(LINE_STYLES)]
        axes.plot(x, y, style, color=colour, marker=marker, markersize=4, linewidth=1.8)
    _label_axes(axes, x_label, y_label)
    ends = [curve.x[-1] for curve in curves if len(curve.x)]
    if ends and max(ends) > 10 * min(ends):
        axes.set_xscale("log")  # on a linear axis the short runs would be lines at the left edge
    axes.legend(axes.lines, [plot_label(curve.name) for curve in curves])
    save_figure(figure, path)


def _is_evolution(metrics: Metrics) -> bool:
    return "generation" in metrics[-1]


def _column(metrics: Metrics, name: str) -> Floats:
    return np.array([row[name] for row in metrics], float)


def _label_axes(axes: Axes, x_label: str, y_label: str) -> None:
    axes.set(xlabel=x_label, ylabel=y_label, ylim=(0, None))
    axes.grid(alpha=0.3)
