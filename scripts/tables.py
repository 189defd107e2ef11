"""Evaluations as a table for people."""

from collections.abc import Iterable

from rich.table import Table

from agents import Evaluation


def evaluation_table(evaluations: Iterable[Evaluation], title: str) -> Table:
    """A row an agent: mean with its interval, median, best, full boards with theirs, steps per food."""
    table = Table(title=title)
    for heading in (
        "agent",
        "mean food",
        "95 % interval",
        "median",
        "best",
        "full boards",
        "95 % interval",
        "steps per food",
    ):
        table.add_column(heading, justify="left" if heading == "agent" else "right")
    for evaluation in evaluations:
        row = evaluation.row()
        low, high = evaluation.ci95
        few, many = evaluation.full_ci95
        table.add_row(
            row["agent"],
            f"{row['mean']:.1f}",
            f"{low:.1f} to {high:.1f}",
            f"{row['median']:.0f}",
            f"{row['best']:.0f}",
            f"{row['full']:.1%}",
            f"{few:.0%} to {many:.0%}",
            f"{evaluation.steps_per_food:.1f}",
        )
    return table
