"""Tables that are printed."""

import os
import re
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from agents import Evaluation
from scripts.common.terminal import make_console, printable


def evaluation_table(evaluations: Sequence[Evaluation], title: str) -> Table:
    """Return a table with a row for each agent: food, full boards, steps per food, and causes of death if known."""
    deaths_known = any(evaluation.deaths is not None for evaluation in evaluations)
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("agent")
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
    """Print a table; where it does not fit, long names are folded, or else each row becomes a block of lines.

    In a file, and in a pipe whose reader sets no COLUMNS, every table fits.
    """
    table.title, table.caption = (text and printable(str(text)) for text in (table.title, table.caption))
    headers = [printable(str(column.header)) for column in table.columns]
    rows = [[printable(str(cell)) for cell in row] for row in zip(*(c.cells for c in table.columns), strict=True)]
    widths = [max(map(_width, column)) for column in zip(headers, *rows, strict=True)]
    frame = console.measure(_laid_out(table, rows, widths), options=console.options.update(width=1 << 16)).maximum
    frame -= sum(widths)
    limit = console.width if console.is_terminal or "COLUMNS" in os.environ else 1 << 16
    narrowest = [
        width if column.no_wrap else max(map(_longest_piece, cells))
        for column, width, cells in zip(table.columns, widths, zip(headers, *rows, strict=True), strict=True)
    ]
    if sum(narrowest) + frame > limit:
        _print_blocks(console, table, headers, rows)
        return
    while sum(widths) + frame > limit:
        spare = [width - least for width, least in zip(widths, narrowest, strict=True)]
        widths[max((i for i in range(len(widths)) if spare[i]), key=widths.__getitem__)] -= 1
    whole = max(console.width, sum(widths) + frame)
    make_console(file=console.file, width=whole, force_terminal=console.is_terminal).print(
        _laid_out(table, rows, widths)
    )


def _laid_out(table: Table, rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Table:
    """The same table with cells folded to these widths."""
    new = Table(title=table.title, caption=table.caption, box=table.box, pad_edge=table.pad_edge, padding=table.padding)
    for column, width in zip(table.columns, widths, strict=True):
        new.add_column(_fold(printable(str(column.header)), width), justify=column.justify, no_wrap=True)
    for row in rows:
        new.add_row(*map(_fold, row, widths))
    return new


def _print_blocks(console: Console, table: Table, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print the first cell of each row as a line of its own, and below it the others with their headers."""
    if table.title:
        console.print(table.title)
    for name, *values in rows:
        console.print(name, soft_wrap=True)
        block = Table.grid(padding=(0, 1))
        for header, value in zip(headers[1:], values, strict=True):
            block.add_row("", header.replace("\n", " "), value.replace("\n", ", "))
        console.print(block)
    if table.caption:
        console.print(table.caption)


def _pieces(text: str) -> list[str]:
    """The parts of a line between which it may be folded: behind spaces, and in names behind slashes, - and _."""
    return re.findall(r"[^ /\\_-]*[ /\\_-]|[^ /\\_-]+", text)


def _fold(text: str, width: int) -> str:
    folded = []
    for line in text.split("\n"):
        folded.append("")
        for piece in _pieces(line):
            if folded[-1] and cell_len((folded[-1] + piece).rstrip()) > width:
                folded[-1] = folded[-1].rstrip()
                folded.append("")
            folded[-1] += piece
    return "\n".join(folded)


def _width(text: str) -> int:
    return max(map(cell_len, text.split("\n")))


def _longest_piece(text: str) -> int:
    return max((cell_len(piece.rstrip()) for line in text.split("\n") for piece in _pieces(line)), default=0)


def _share(share: float) -> str:
    """Format a share in per cent; 0% and 100% only where it is exact."""
    text = f"{share:.0%}"
    return f"{share:.1%}" if text in ("0%", "100%") and 0 < share < 1 else text


def _deaths(evaluation: Evaluation) -> str:
    """Format the number of games for each cause of death, one line each, the most frequent first."""
    counts = evaluation.deaths or {}
    causes = sorted((cause for cause in counts if counts[cause]), key=lambda cause: -counts[cause])
    return "\n".join(f"{counts[cause]} {cause}" for cause in causes) or "none"
