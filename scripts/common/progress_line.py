"""The line that a training shows of itself while it lasts."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

WIDE = 110  # columns of a terminal that has room for a bar, too


def progress_line(console: Console) -> Progress:
    """A line for a task with a field `left`: the time that is left, what is told, and a bar where there is room.

    What does not fit on a narrow terminal is cut off at its end.
    """
    bar = [BarColumn(bar_width=24)] if console.width >= WIDE else []
    return Progress(TextColumn("{task.fields[left]}  {task.description}"), *bar, console=console)
