"""Tables that are printed."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from agents import Evaluation

MIN_NAME_WIDTH = 11  # columns of the name of an agent or a run


def evaluation_table(evaluations: Sequence[Evaluation], title: str) -> Table:
    """Return a table with a row for each agent: food, full boards, steps per food, and causes of death if known."""
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
    """Print a table at least as wide as its figures; in a narrower terminal only the names are folded."""
    needed = 0
    for column in table.columns:
        lines = [line for cell in (column.header, *column.cells) for line in str(cell).split("\n")]
        width = max(map(len, lines))
        column.min_width = width if column.no_wrap else min(width, MIN_NAME_WIDTH)
        needed += column.min_width + 2  # with the space between two columns
    wide = Console(file=console.file, width=max(needed + 1, console.width), force_terminal=console.is_terminal)
    wide.print(table, markup=False)


def _share(share: float) -> str:
    """Format a share in per cent; 0% and 100% only where it is exact."""
    text = f"{share:.0%}"
    return f"{share:.1%}" if text in ("0%", "100%") and 0 < share < 1 else text


def _deaths(evaluation: Evaluation) -> str:
    """Format the number of games for each cause of death, one line each, the most frequent first."""
    counts = evaluation.deaths or {}
    causes = sorted((cause for cause in counts if counts[cause]), key=lambda cause: -counts[cause])
    return "\n".join(f"{counts[cause]} {cause}" for cause in causes) or "none"
