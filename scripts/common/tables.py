"""Tables for people."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from agents import Evaluation

NAME = 11  # columns that the name of an agent or a run has at least


def evaluation_table(evaluations: Sequence[Evaluation], title: str) -> Table:
    """A row an agent: mean food, median, best, full boards, steps per food, and deaths by cause if they are known."""
    deaths_known = any(evaluation.deaths is not None for evaluation in evaluations)
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("agent", overflow="fold")
    for heading in ("mean food", "median", "best", "full boards", "steps\nper food"):
        table.add_column(heading, justify="right", no_wrap=True)
    if deaths_known:
        table.add_column("deaths", no_wrap=True)
    for evaluation in evaluations:
        row = evaluation.row()
        interval = "" if row["ci95"] is None else f" ± {row['ci95'][1] - row['mean']:.1f}"
        few, many = evaluation.full_ci95
        table.add_row(
            row["agent"],
            f"{row['mean']:.1f}{interval}",
            f"{row['median']:g}",
            f"{row['best']:.0f}",
            f"{_share(row['full'])} ({100 * few:.0f} to {100 * many:.0f})",
            f"{evaluation.steps_per_food:.1f}",
            *([_deaths(evaluation)] if deaths_known else []),
        )
    table.caption = "± and brackets: 95 % intervals"
    return table


def print_table(console: Console, table: Table) -> None:
    """Print a table no narrower than its figures: where a terminal is, it breaks the lines. Names alone are folded."""
    needed = 0
    for column in table.columns:
        lines = [line for cell in (column.header, *column.cells) for line in str(cell).split("\n")]
        width = max(map(len, lines))
        column.min_width = width if column.no_wrap else min(width, NAME)
        needed += column.min_width + 2  # with what stands between two of them
    wide = Console(file=console.file, width=max(needed + 1, console.width), force_terminal=console.is_terminal)
    wide.print(table, markup=False)


def _share(share: float) -> str:
    """In per cent; neither all nor none where it is not."""
    text = f"{share:.0%}"
    return f"{share:.1%}" if text in ("0%", "100%") and 0 < share < 1 else text


def _deaths(evaluation: Evaluation) -> str:
    """How many games ended how, a line a cause, the most frequent first."""
    counts = evaluation.deaths or {}
    causes = sorted((cause for cause in counts if counts[cause]), key=lambda cause: -counts[cause])
    return "\n".join(f"{counts[cause]} {cause}" for cause in causes) or "none"
