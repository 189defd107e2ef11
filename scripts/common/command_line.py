"""Running a command: a user's mistake is one line and exit code 1, not a stack trace."""

import errno
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from scripts.common.paths import quoted
from scripts.common.terminal import lost_output, prepare_output

Options = TypeVar("Options")

INTERRUPTED = 130  # the exit code of shells for Ctrl-C
MAX_THREADS = 1024
ONE_REQUEST = 1.0  # seconds within which several signals are one request to end


def run_command(main: Callable[[Options], object], parse: Callable[[Sequence[str]], Options]) -> None:
    """Run a command with the words of the command line.

    Other signals that ask a program to end count as Ctrl-C: `kill`, a container that stops, a job whose time is over, a
    terminal that is closed.

    The exit code is 0 if all was done that was asked for, 1 after a mistake, 2 for a wrong command line, 130 after
    Ctrl-C. A reader of the output that has seen enough, as with `| head`, is no mistake.

    Args:
        main: does the work. Its ValueErrors, RuntimeErrors, OSErrors and FloatingPointErrors are shown as one line.
        parse: returns the options from the words.
    """
    prepare_output()
    _listen_for_signals()
    options = None
    try:
        options = parse(sys.argv[1:])
        main(options)
        sys.stdout.flush()
        lost = lost_output()
        if lost is not None and not isinstance(lost, BrokenPipeError):
            raise OSError(f"the output could not be written: {lost.strerror}")
    except (ValueError, RuntimeError, OSError, FloatingPointError) as error:
        raise SystemExit(f"error: {' '.join(_explain(error).split())}") from None
    except MemoryError as error:
        raise SystemExit(f"error: not enough memory ({error}); {_how_to_save_memory(options)}") from None
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _explain(error: Exception) -> str:
    """The error as a line; if a file cannot be read or written, its name, the reason, and what to do."""
    if not isinstance(error, OSError) or error.filename is None or error.strerror is None:
        return str(error)
    advice = {
        errno.ENOSPC: "; make room there, or choose another place",
        errno.EDQUOT: "; make room there, or choose another place",
        errno.EACCES: "; choose a place that you may write to and read from",
        errno.EPERM: "; choose a place that you may write to and read from",
        errno.EROFS: "; choose a place that you may write to",
    }
    return f"{os.fsdecode(error.filename)}: {error.strerror}{advice.get(error.errno or 0, '')}"


def _how_to_save_memory(options: object) -> str:
    numbers = {name: value for name, value in getattr(options, "__dict__", {}).items() if type(value) is int}
    numbers.pop("seed", None)
    if not numbers:
        return "use smaller batches or fewer games"
    largest = max(numbers, key=numbers.__getitem__)
    return f"use smaller batches or fewer games; the largest number is {largest}, {numbers[largest]}"


def _listen_for_signals() -> None:
    """Let every signal that asks a program to end count as Ctrl-C, unless it is ignored, as by nohup."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # see `end_at_once_on_ctrl_c`
        signal.signal(signal.SIGINT, signal.default_int_handler)
    last = -math.inf

    def interrupt(*_: object) -> None:
        nonlocal last
        # A terminal that is closed sends several within a moment; they are one request.
        before, last = last, time.monotonic()
        if last - before < ONE_REQUEST:
            return
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in background jobs of a shell
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    for name in ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU", "SIGBREAK"):  # not every system has all of them
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def typed_command() -> str:
    """Return the command that was typed, so that it can be typed again."""
    return " ".join(map(quoted, ["python", *sys.argv]))


def check_seed(seed: int) -> None:
    """Check a seed; games with the following seeds must fit in 64 bits, too.

    Raises:
        ValueError: the seed is negative, or too large.
    """
    if not 0 <= seed < 1 << 62:
        raise ValueError(f"seed is {seed}; give an integer from 0 to 2**62 - 1")


def require_positive(options: object, *names: str) -> None:
    """Raise a ValueError if one of these options is below 1, or one of its numbers is; None is fine."""
    for name in names:
        value = getattr(options, name)
        numbers = value if isinstance(value, tuple) else () if value is None else (value,)
        if any(number < 1 for number in numbers):
            raise ValueError(f"{name} is {value}; give 1 or more")


def check_threads(threads: int) -> None:
    """Raise a ValueError if there are more threads than a system starts."""
    if threads > MAX_THREADS:
        raise ValueError(f"threads is {threads}; give {MAX_THREADS} or less, best the number of cores")
