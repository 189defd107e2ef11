"""Running a command: a user's mistake is one line and exit code 1, not a stack trace."""

import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

Options = TypeVar("Options")

INTERRUPTED = 130  # the exit code of shells for Ctrl-C


def run_command(main: Callable[[Options], object], parse: Callable[[Sequence[str]], Options]) -> None:
    """Run a command with the words of the command line.

    SIGTERM (`kill`, a container that stops, a job whose time is over) counts as Ctrl-C.

    Args:
        main: does the work. Its ValueErrors, RuntimeErrors, OSErrors and FloatingPointErrors are shown as one line.
        parse: returns the options from the words.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        main(parse(sys.argv[1:]))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has ended, as with `| head`; discard the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, RuntimeError, OSError, FloatingPointError) as error:
        raise SystemExit(f"error: {' '.join(str(error).split())}") from None
    except MemoryError as error:
        raise SystemExit(f"error: not enough memory ({error}); use smaller batches or fewer games") from None
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _interrupt(*_: object) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in background jobs of a shell
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def typed_command() -> str:
    """Return the command that was typed, so that it can be typed again."""
    return shlex.join(["python", *sys.argv])


def check_seed(seed: int) -> None:
    """Check a seed; games with the following seeds must fit in 64 bits, too.

    Raises:
        ValueError: the seed is negative, or too large.
    """
    if not 0 <= seed < 1 << 62:
        raise ValueError(f"seed is {seed}; give an integer from 0 to 2**62 - 1")
