"""A script as a command: a user's mistake is one line and exit code 1, not a stack trace."""

import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

Config = TypeVar("Config")

INTERRUPTED = 130  # the exit code that shells know Ctrl-C by


def run_command(main: Callable[[Config], object], parse: Callable[[Sequence[str]], Config]) -> None:
    """Run a script with the words of the command line.

    The signal that asks a program to end (`kill`, a container that stops, a job whose time is over) counts as Ctrl-C.

    Args:
        main: what it does; raises ValueError, RuntimeError, OSError or FloatingPointError, with a message that says
            what to do.
        parse: the configuration from the words.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        main(parse(sys.argv[1:]))
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has seen enough, as `| head` does; what is left to write goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, RuntimeError, OSError, FloatingPointError) as error:
        raise SystemExit(f"error: {' '.join(str(error).split())}") from None
    except MemoryError as error:
        raise SystemExit(f"error: this takes more memory than there is ({error}); ask for less at once") from None
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _interrupt(*_: object) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it for what runs in the background
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def typed_command() -> str:
    """What was typed to start this, so that it can be typed again."""
    return shlex.join(["python", *sys.argv])


def check_seed(seed: int) -> None:
    """Refuse what no games can be drawn from; others follow the first, in 64 bits.

    Raises:
        ValueError: it is negative, or too large.
    """
    if not 0 <= seed < 1 << 62:
        raise ValueError(f"seed is {seed}; give an integer from 0 to 2**62 - 1")
