"""Figures of a trained classifier: confusion matrix, most confident mistakes, filters of the first layer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import nn
from scripts.common.figure_file import plot_label, save_figure, shorten

MAX_FILTERS = 64
MAX_NUMBERED_CLASSES = 40  # a larger confusion matrix shows colours only


def save_confusion(confusion: NDArray[np.int64], classes: Sequence[str], path: Path) -> None:
    """Draw a confusion matrix.

    Args:
        confusion: (K, K), how many images of each true class (row) were predicted as each class (column).
        classes: K names.
        path: of the figure.
    """
    K = len(classes)
    side = min(2.5 + 0.5 * K, 40)  # inches
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    mistakes = np.where(np.eye(K, dtype=np.bool_), 0, confusion)
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=max(1, 1.5 * mistakes.max()))
    for true in range(K):
        for predicted in range(K):
            if confusion[true, predicted] and K <= MAX_NUMBERED_CLASSES:
                weight = "bold" if true == predicted else "normal"
                axes.text(predicted, true, f"{confusion[true, predicted]}", ha="center", va="center", weight=weight)
    names = [plot_label(name) for name in classes]
    axes.set_xticks(range(K), names, rotation=45 if max(map(len, classes)) > 2 else 0)
    axes.set_yticks(range(K), names)
    axes.set(
        xlabel="predicted class",
        ylabel="true class",
        title=f"{np.trace(confusion):,} of {confusion.sum():,} correct",
    )
    save_figure(figure, path)


def save_mistakes(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer[Any]],
    probabilities: NDArray[np.floating[Any]],
    classes: Sequence[str],
    path: Path,
    count: int = 32,
) -> None:
    """Show the wrongly classified images of the highest confidence, with true class, predicted class and confidence.

    Args:
        images: (N, H, W) or (N, H, W, 3).
        labels: (N,), the true classes.
        probabilities: (N, K).
        classes: K names.
        path: of the figure.
        count: how many images are shown at most.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")][:count]
    rows = max(1, -(-len(wrong) // 8))
    figure = Figure(figsize=(12, 2 * rows))
    figure.subplots_adjust(0.01, 0.02, 0.99, 1 - 0.28 / rows, hspace=0.45)
    for axes in figure.subplots(rows, 8, squeeze=False).flat:
        axes.axis("off")
    for axes, i in zip(figure.axes, wrong, strict=False):
        axes.imshow(images[i], cmap="gray", vmin=0, vmax=255)
        true_name, predicted_name = (plot_label(shorten(classes[k], 16)) for k in (labels[i], predicted[i]))
        axes.set_title(f"{true_name}\npredicted {predicted_name}, {probabilities[i].max():.0%}", fontsize=8)
    if not len(wrong):
        figure.suptitle("no mistakes")
    save_figure(figure, path, dpi=100)


def save_filters(network: nn.Sequential, path: Path) -> None:
    """Show the filters of the first layer: kernels of a convolution, or the weights of dense units as images.

    Kernels of three channels are shown in colour, with grey for 0. Other filters are shown channel beside channel,
    red for positive weights and blue for negative ones.

    Raises:
        ValueError: the network has neither a convolution nor a dense layer.
    """
    first = next((layer for layer in network.layers if isinstance(layer, nn.Conv2D | nn.Dense)), None)
    if first is None:
        raise ValueError("the network has neither a convolution nor a dense layer; there are no filters to show")
    weights = first.weight.value
    if isinstance(first, nn.Dense):
        weights = weights.T.reshape(-1, *network.input_shape)
    shown = weights[:MAX_FILTERS]  # (K, C, h, w)
    K, C = shown.shape[:2]
    columns = min(K, 8 if K <= 32 else 16)
    rows = -(-K // columns)
    figure = Figure(figsize=(0.8 * columns, 0.8 * rows + 0.5))
    figure.subplots_adjust(0.01, 0.01, 0.99, 1 - 0.4 / (0.8 * rows + 0.5), wspace=0.08, hspace=0.08)
    for axes in figure.subplots(rows, columns, squeeze=False).flat:
        axes.axis("off")
    for axes, kernel in zip(figure.axes, shown, strict=False):
        largest = float(np.abs(kernel).max()) or 1.0
        if C == 3:
            axes.imshow(kernel.transpose(1, 2, 0) / (2 * largest) + 0.5)
        else:
            axes.imshow(np.hstack(kernel), cmap="RdBu_r", vmin=-largest, vmax=largest)
    filters = "kernels of the first convolution" if isinstance(first, nn.Conv2D) else "units of the first layer"
    figure.suptitle(
        f"{'all' if len(weights) == K else f'the first {K} of'} {len(weights)} {filters}, each on its own scale",
        fontsize=9,
        y=0.995,
        va="top",
    )
    save_figure(figure, path)
