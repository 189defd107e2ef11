"""Pictures of how a run went."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agents import Evaluation


def save_curve(metrics: list[dict[str, float]], baselines: Mapping[str, float], path: Path) -> None:
    """The learning curve of a player, with the scripted players' means as lines.

    Args:
        metrics: rows of metrics.csv: of an evolution, with "mean", "best" and "champion", or of a learner, with "score"
            and "validation".
        baselines: mean food of the scripted players by name.
        path: of the picture.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    columns = {name: np.array([row[name] for row in metrics], float) for name in metrics[-1]}
    seconds = columns["seconds"]
    if "champion" in columns:
        label = "mean to best of the population"
        axes.fill_between(seconds, columns["mean"], columns["best"], alpha=0.25, label=label)
        axes.plot(seconds, columns["champion"], linewidth=2, label="champion, on validation games")
    else:
        axes.plot(seconds, columns["score"], alpha=0.35, label="training games as they end, some of which start late")
        measured = np.flatnonzero(np.diff(columns["validation"], prepend=np.nan) != 0)  # nan, too, before the first
        axes.plot(seconds[measured], columns["validation"][measured], "o-", label="agent, on validation games")
    for name, mean in baselines.items():
        axes.axhline(mean, linestyle="--", linewidth=1, color="dimgray")
        axes.annotate(name, (0.01, mean), xycoords=("axes fraction", "data"), ha="left", va="bottom", color="dimgray")
    axes.set(xlabel="seconds of training", ylabel="food eaten", ylim=(0, None))
    axes.legend(loc="lower right")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def save_training_curve(metrics: list[dict[str, float]], path: Path) -> None:
    """Loss, and the error on the validation pictures where there are any, over the seconds of training."""
    validated = "validation_accuracy" in metrics[-1]
    figure = Figure(figsize=(10 if validated else 6, 4.5), layout="constrained")
    panels = figure.subplots(1, 2 if validated else 1, squeeze=False)[0]
    seconds = [row["seconds"] for row in metrics]
    panels[0].plot(seconds, [row["loss"] for row in metrics], label="training, augmented")
    panels[0].set(xlabel="seconds of training", ylabel="loss", yscale="log")
    if validated:
        panels[0].plot(seconds, [row["validation_loss"] for row in metrics], label="validation")
        panels[1].plot(seconds, [100 * (1 - row["validation_accuracy"]) for row in metrics], color="C1")
        panels[1].set(
            xlabel="seconds of training", ylabel="validation pictures given the wrong class, %", ylim=(0, None)
        )
    panels[0].legend()
    for panel in panels:
        panel.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


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
    labels = [f"{_short(evaluation.agent)}\nfull {evaluation.full:.0%}" for evaluation in evaluations]
    axes.set_yticks(range(len(evaluations)), labels)
    axes.invert_yaxis()
    axes.use_sticky_edges = False  # a bar would end the picture at the best score
    axes.margins(x=0.03)
    axes.set(title=title, xlabel="score of a game; box: quartiles and median, diamond: mean")
    axes.grid(alpha=0.3, axis="x")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"…{name[1 - most :]}"


def save_confusion(confusion: NDArray[np.int64], classes: Sequence[str], path: Path) -> None:
    """How often pictures of each true class (a row) were given each class (a column)."""
    K = len(classes)
    side = 2.5 + 0.5 * K
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    mistakes = np.where(np.eye(K, dtype=np.bool_), 0, confusion)
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=max(1, 1.5 * mistakes.max()))
    for true in range(K):
        for given in range(K):
            if confusion[true, given]:
                weight = "bold" if true == given else "normal"
                axes.text(given, true, f"{confusion[true, given]}", ha="center", va="center", weight=weight)
    axes.set_xticks(range(K), classes, rotation=45 if max(map(len, classes)) > 2 else 0)
    axes.set_yticks(range(K), classes)
    axes.set(xlabel="given", ylabel="true", title=f"{np.trace(confusion):,} of {confusion.sum():,} right")
    figure.savefig(path, dpi=120)


def save_mistakes(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer[Any]],
    probabilities: NDArray[np.floating[Any]],
    classes: Sequence[str],
    path: Path,
    most: int = 32,
) -> None:
    """The pictures whose wrong class was given with the greatest confidence, each with its true and its given class."""
    given = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(given != labels)
    wrong = wrong[np.argsort(-probabilities[wrong, given[wrong]], kind="stable")][:most]
    rows = max(1, -(-len(wrong) // 8))
    figure = Figure(figsize=(12, 1.75 * rows))
    figure.subplots_adjust(0.01, 0.02, 0.99, 1 - 0.25 / rows, hspace=0.35)
    for axes in figure.subplots(rows, 8, squeeze=False).flat:
        axes.axis("off")
    for axes, picture in zip(figure.axes, wrong, strict=False):
        axes.imshow(images[picture], cmap="gray", vmin=0, vmax=255)
        title = f"{classes[labels[picture]]} taken for {classes[given[picture]]}"
        axes.set_title(f"{title}\n{probabilities[picture].max():.0%} sure", fontsize=9)
    if not len(wrong):
        figure.suptitle("no mistakes")
    figure.savefig(path, dpi=100)
