"""A disk that is full for a while must not end a training of hours."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def training_goes_on(console: Console) -> Iterator[None]:
    """Warn if a file cannot be written in this block; the next checkpoint writes it again."""
    try:
        yield
    except OSError as error:
        console.print(
            f"warning: {error.filename} cannot be written: {error.strerror}. Training goes on and tries again at the "
            "next checkpoint; make room for it, or stop with Ctrl-C.",
            soft_wrap=True,
        )
