"""Pictures of what was measured: scores of games, mistakes of a classifier, and what its first layer looks for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import nn
from agents import Evaluation
from scripts.common.learning_curves import plain, save_figure

FILTERS = 64  # that are shown at most
READABLE = 40  # classes whose numbers are written into a table


def save_scores(evaluations: Sequence[Evaluation], title: str, path: Path) -> None:
    """Every game's score as a dot, an agent a row, with quartiles and median as a box, the mean as a diamond."""
    figure = Figure(figsize=(9, 1.3 + 0.6 * len(evaluations)), layout="constrained")
    axes = figure.subplots()
    for i, evaluation in enumerate(evaluations):
        # Multiples of the golden ratio spread dots evenly over the row, whatever their number.
        heights = i + 0.6 * (np.arange(len(evaluation.scores)) * (5**0.5 - 1) / 2 % 1 - 0.5)
        axes.scatter(evaluation.scores, heights, s=10, alpha=0.4, linewidths=0, color=f"C{i}")
        low, middle, high = np.percentile(evaluation.scores, (25, 50, 75))
        axes.barh(i, high - low, left=low, height=0.7, fill=False)
        axes.vlines(middle, i - 0.35, i + 0.35, color="black")
        axes.scatter(evaluation.mean, i, s=45, marker="D", color="white", edgecolors="black", zorder=3)
    labels = [f"{plain(_short(evaluation.agent))}\nfull {evaluation.full:.0%}" for evaluation in evaluations]
    axes.set_yticks(range(len(evaluations)), labels)
    axes.invert_yaxis()
    axes.use_sticky_edges = False  # a bar would end the picture at the best score
    axes.margins(x=0.03)
    axes.set(title=title, xlabel="score of a game; box: quartiles and median, diamond: mean")
    axes.grid(alpha=0.3, axis="x")
    save_figure(figure, path)


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"…{name[1 - most :]}"


def save_confusion(confusion: NDArray[np.int64], classes: Sequence[str], path: Path) -> None:
    """How often pictures of each true class (a row) were given each class (a column)."""
    K = len(classes)
    side = min(2.5 + 0.5 * K, 40)  # inches
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    mistakes = np.where(np.eye(K, dtype=np.bool_), 0, confusion)
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=max(1, 1.5 * mistakes.max()))
    for true in range(K):
        for given in range(K):
            if confusion[true, given] and K <= READABLE:
                weight = "bold" if true == given else "normal"
                axes.text(given, true, f"{confusion[true, given]}", ha="center", va="center", weight=weight)
    names = [plain(name) for name in classes]
    axes.set_xticks(range(K), names, rotation=45 if max(map(len, classes)) > 2 else 0)
    axes.set_yticks(range(K), names)
    axes.set(xlabel="given", ylabel="true", title=f"{np.trace(confusion):,} of {confusion.sum():,} right")
    save_figure(figure, path)


def save_mistakes(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer[Any]],
    probabilities: NDArray[np.floating[Any]],
    classes: Sequence[str],
    path: Path,
    most: int = 32,
) -> None:
    """The pictures whose wrong class was given with the greatest confidence, each with its true and its given class.

    Above each stand the true class, the given one, and how sure the network was.
    """
    given = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(given != labels)
    wrong = wrong[np.argsort(-probabilities[wrong, given[wrong]], kind="stable")][:most]
    rows = max(1, -(-len(wrong) // 8))
    figure = Figure(figsize=(12, 2 * rows))
    figure.subplots_adjust(0.01, 0.02, 0.99, 1 - 0.28 / rows, hspace=0.45)
    for axes in figure.subplots(rows, 8, squeeze=False).flat:
        axes.axis("off")
    for axes, picture in zip(figure.axes, wrong, strict=False):
        axes.imshow(images[picture], cmap="gray", vmin=0, vmax=255)
        true, called = (plain(_short(classes[k], 16)) for k in (labels[picture], given[picture]))
        axes.set_title(f"{true}\ncalled {called}, {probabilities[picture].max():.0%}", fontsize=8)
    if not len(wrong):
        figure.suptitle("no mistakes")
    save_figure(figure, path, dpi=100)


def save_filters(network: nn.Sequential, path: Path) -> None:
    """What the units of the first layer look for: a convolution's kernels, or the weights of dense units as pictures.

    Kernels of three channels are shown in colour, around grey. Others are shown in red where a bright pixel excites
    the unit and in blue where it inhibits it, channels side by side.

    Raises:
        ValueError: the network has neither a convolution nor a dense layer.
    """
    first = next((layer for layer in network.layers if isinstance(layer, nn.Conv2D | nn.Dense)), None)
    if first is None:
        raise ValueError("the network has neither a convolution nor a dense layer; there are no filters to show")
    weights = first.weight.value
    if isinstance(first, nn.Dense):
        weights = weights.T.reshape(-1, *network.input_shape)
    shown = weights[:FILTERS]  # (K, C, h, w)
    K, C = shown.shape[:2]
    across = min(K, 8 if K <= 32 else 16)
    down = -(-K // across)
    figure = Figure(figsize=(0.8 * across, 0.8 * down + 0.5))
    figure.subplots_adjust(0.01, 0.01, 0.99, 1 - 0.4 / (0.8 * down + 0.5), wspace=0.08, hspace=0.08)
    for axes in figure.subplots(down, across, squeeze=False).flat:
        axes.axis("off")
    for axes, kernel in zip(figure.axes, shown, strict=False):
        largest = float(np.abs(kernel).max()) or 1.0
        if C == 3:
            axes.imshow(kernel.transpose(1, 2, 0) / (2 * largest) + 0.5)
        else:
            axes.imshow(np.hstack(kernel), cmap="RdBu_r", vmin=-largest, vmax=largest)
    what = "kernels of the first convolution" if isinstance(first, nn.Conv2D) else "units of the first layer"
    figure.suptitle(
        f"{'all' if len(weights) == K else f'the first {K} of'} {len(weights)} {what}, each on its own scale",
        fontsize=9,
        y=0.995,
        va="top",
    )
    save_figure(figure, path)
