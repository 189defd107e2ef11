"""Errors in the content of a file, which name the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileError(ValueError):
    """What is wrong with a file; the message begins with its path."""


@contextmanager
def reading(path: str | Path, problem: str = "cannot be read", advice: str = "") -> Iterator[None]:
    """Raise what goes wrong with the content of a file as a FileError. The block depends on nothing but the file.

    Errors that name a file already stay as they are, those of the operating system among them.

    Args:
        path: of the file.
        problem: what is wrong, after the path.
        advice: what to do, after the reason.
    """
    try:
        yield
    except FileError:
        raise
    except Exception as error:  # parsers raise almost anything on a manipulated file
        if isinstance(error, OSError) and error.filename is not None:
            raise
        reason = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise FileError(f"{path} {problem}: {reason}{advice and '; '}{advice}") from error
