"""Plot of the scores that agents reached, game by game."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from agents import Evaluation
from scripts.common.figure_file import plot_label, save_figure, shorten


def save_scores(evaluations: Sequence[Evaluation], title: str, path: Path) -> None:
    """Draw one row per agent: a dot for each game, a box for quartiles and median, a diamond for the mean."""
    figure = Figure(figsize=(9, 1.3 + 0.6 * len(evaluations)), layout="constrained")
    axes = figure.subplots()
    for i, evaluation in enumerate(evaluations):
        # Multiples of the golden ratio spread the dots evenly over the row, whatever their number.
        heights = i + 0.6 * (np.arange(len(evaluation.scores)) * (5**0.5 - 1) / 2 % 1 - 0.5)
        axes.scatter(evaluation.scores, heights, s=10, alpha=0.4, linewidths=0, color=f"C{i}")
        low, median, high = np.percentile(evaluation.scores, (25, 50, 75))
        axes.barh(i, high - low, left=low, height=0.7, fill=False)
        axes.vlines(median, i - 0.35, i + 0.35, color="black")
        axes.scatter(evaluation.mean, i, s=45, marker="D", color="white", edgecolors="black", zorder=3)
    labels = [
        f"{plot_label(shorten(evaluation.agent, 24))}\n{evaluation.full:.0%} full boards" for evaluation in evaluations
    ]
    axes.set_yticks(range(len(evaluations)), labels)
    axes.invert_yaxis()
    axes.use_sticky_edges = False  # otherwise the x axis ends at the best score
    axes.margins(x=0.03)
    axes.set(title=title, xlabel="score of a game; box: quartiles and median, diamond: mean")
    axes.grid(alpha=0.3, axis="x")
    save_figure(figure, path)
