"""Evaluations as a table for people."""

from collections.abc import Iterable

from rich.table import Table

from agents import Evaluation


def evaluation_table(evaluations: Iterable[Evaluation], title: str) -> Table:
    """A row an agent: mean with its interval, median, best, full boards with theirs, steps per food."""
    table = Table(title=title)
    table.add_column("agent", no_wrap=True)
    for heading in ("mean food", "median", "best", "full boards", "steps per food"):
        table.add_column(heading, justify="right", no_wrap=True)
    for evaluation in evaluations:
        row = evaluation.row()
        few, many = evaluation.full_ci95
        table.add_row(
            row["agent"],
            f"{row['mean']:.1f} ± {evaluation.ci95[1] - row['mean']:.1f}",
            f"{row['median']:.0f}",
            f"{row['best']:.0f}",
            f"{row['full']:.0%} ({few:.0%} to {many:.0%})",
            f"{evaluation.steps_per_food:.1f}",
        )
    table.caption = "± and brackets: 95 % intervals"
    return table
