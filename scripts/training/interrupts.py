"""Ctrl-C in the middle of something that should be finished first."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.common.command_line import INTERRUPTED


@contextmanager
def finish_first() -> Iterator[None]:
    """Delay Ctrl-C until the end of the block. A second one ends the program, which keeps its last checkpoint."""
    pressed = False

    def note(*_: object) -> None:
        nonlocal pressed
        if pressed:
            sys.exit(INTERRUPTED)
        pressed = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
