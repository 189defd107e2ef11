"""Pictures of how a run went."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure


def save_curve(metrics: list[dict[str, float]], baselines: Mapping[str, float], path: Path) -> None:
    """The learning curve of an evolution, with the scripted players' means as lines."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    seconds = [row["seconds"] for row in metrics]
    axes.fill_between(
        seconds,
        [row["mean"] for row in metrics],
        [row["best"] for row in metrics],
        alpha=0.25,
        label="mean to best of the population",
    )
    axes.plot(seconds, [row["champion"] for row in metrics], linewidth=2, label="champion, on validation games")
    for i, (name, mean) in enumerate(baselines.items()):
        axes.axhline(mean, linestyle="--", linewidth=1, color=f"C{i + 1}")
        axes.annotate(name, (0.01, mean), xycoords=("axes fraction", "data"), ha="left", va="bottom", color=f"C{i + 1}")
    axes.set(xlabel="seconds of training", ylabel="food eaten", ylim=(0, None))
    axes.legend(loc="lower right")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
