"""A script as a command: a user's mistake is one line and exit code 1, not a stack trace."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

Config = TypeVar("Config")

INTERRUPTED = 130  # the exit code that shells know Ctrl-C by


def run_command(main: Callable[[Config], object], parse: Callable[[Sequence[str]], Config]) -> None:
    """Run a script with the words of the command line.

    Args:
        main: what it does; raises ValueError, RuntimeError, OSError or FloatingPointError, with a message that says
            what to do.
        parse: the configuration from the words.
    """
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


def named(words: Sequence[str]) -> tuple[str, ...]:
    """The options among the words of a command line, as Python names them: ("late_starts",) for --late-starts 0.6."""
    return tuple(word[2:].partition("=")[0].replace("-", "_") for word in words if word.startswith("--"))


def refuse_others(options: Any, free: Sequence[str], stored: Mapping[str, Any]) -> None:  # noqa: ANN401  of any script
    """Refuse what --resume does not take: options that are given otherwise than the run has them.

    Args:
        options: with the names of those that were `given`.
        free: names of those that may be chosen anew.
        stored: what the run has, as JSON knows it.

    Raises:
        ValueError: one that is not free.
    """
    for name in (name.removeprefix("no_") for name in options.given):
        value = getattr(options, name, None)
        value = list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value
        if name in stored.keys() - {*free, "resume"} and value != stored[name]:
            known = ", ".join(f"--{other.replace('_', '-')}" for other in free)
            raise ValueError(f"{name} is {stored[name]} in this run, not {value}; --resume takes only {known}")


def check_seed(seed: int) -> None:
    """Refuse what no game can be drawn from.

    Raises:
        ValueError: it is negative.
    """
    if seed < 0:
        raise ValueError(f"seed is {seed}; give a whole number, 0 or more")
