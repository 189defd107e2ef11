"""Output to any terminal, pipe or file: what cannot be written there never ends the work.

A character that the encoding lacks gets a form in ASCII. After an error, such as a reader that has ended (`| head`), a
full disk or a closed terminal, further output is discarded: the command goes on, and its files are complete.
"""

import codecs
import io
import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from rich.console import Console

ASCII_FORM = "ascii-form"  # name of the error handler, see `_ascii_form`
# Those of boards have one character each, so that columns stay in line.
ASCII_FORMS = dict(zip("╰╭╯╮┌┐└┘│─┄┊●█·", "++++++++|-~:*#.", strict=True)) | {"±": "+-", "…": "..."}


class Output(io.TextIOWrapper):
    """Writes to the same place as another stream; takes every text, and goes on after every error.

    Attributes:
        lost: the error after which output is discarded; None while all is well.
    """

    def __init__(self, stream: TextIO) -> None:
        stream.flush()
        with suppress(OSError):  # a pipe that does not wait would refuse what it has no room for
            os.set_blocking(stream.fileno(), True)
        buffer = io.BufferedWriter(io.FileIO(stream.fileno(), "wb", closefd=False))
        super().__init__(buffer, stream.encoding, ASCII_FORM, line_buffering=bool(stream.line_buffering))
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        """Write a text, or discard it."""
        with self._going_on():
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what waits to be written, or discard it."""
        with self._going_on():
            super().flush()

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.lost = self.lost or error
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())  # there, writing does not fail


def prepare_output() -> None:
    """Let the standard streams take every text and go on after every error, closed ones too."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: the next file to be opened would get its number, and the output of child processes
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number, which is this one
    sys.stdout = _prepared(sys.stdout, sys.__stdout__)
    sys.stderr = _prepared(sys.stderr, sys.__stderr__)
    if not os.environ.get("COLUMNS", "").strip("0"):  # 0 means that the width is not known
        os.environ.pop("COLUMNS", None)


def lost_output() -> OSError | None:
    """Return the error after which standard output is discarded; None while all is well."""
    return getattr(sys.stdout, "lost", None)


def make_console(**settings: Any) -> Console:  # noqa: ANN401  those of rich
    """Return a console that prints text as it is: names may hold [brackets] and :codes:."""
    return Console(markup=False, emoji=False, highlight=False, **settings)


def print_sentence(console: Console, text: str) -> None:
    """Print a text that is folded between words alone: a path stays whole, even if it is wider than the terminal."""
    folded = textwrap.fill(text, max(1, console.width), break_long_words=False, break_on_hyphens=False)
    console.print(folded, soft_wrap=True)


def printable(text: str) -> str:
    """Return the text as standard output can show it. Tables need it before they are laid out, for its width."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, ASCII_FORM).decode(encoding)


def _prepared(stream: TextIO, original: TextIO | None) -> TextIO:
    if stream is None:  # it was closed
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  as long as the program runs
    if stream is not original:  # something else reads it, such as a test
        return stream
    return Output(stream)


def _ascii_form(error: UnicodeError) -> tuple[str, int]:
    """Error handler of encoders: for one character a form in ASCII, or its number as in Python's strings."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # a byte in the name of a file that is no text (PEP 383)
        return f"\\x{number - 0xDC00:02x}", error.start + 1
    return ASCII_FORMS.get(character, character.encode("ascii", "backslashreplace").decode()), error.start + 1


codecs.register_error(ASCII_FORM, _ascii_form)
