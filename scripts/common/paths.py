"""Paths as they are typed, printed and stored; names of files may hold bytes that are no text (PEP 383)."""

import os
import shlex
import sys
from pathlib import Path


def expand_home(path: str) -> str:
    """Return a path with a leading ~ or ~USER replaced by the home folder, as a shell does; others as they are.

    Raises:
        ValueError: the home folder is not known, and there is no file of that very name.
    """
    expanded = os.path.expanduser(path)  # noqa: PTH111  pathlib raises where there is no home
    if path.startswith("~") and expanded == path and not os.path.lexists(path):
        user = path[1:].replace("\\", "/").partition("/")[0]
        whose = f"there is no user {user}" if user else "your home folder is not known"
        raise ValueError(f"{path}: {whose}; give the whole path, or ./{path} for a folder of that name")
    return expanded


def quoted(path: object) -> str:
    """Return a path as it can be pasted into a shell, in characters that standard output can show."""
    text = str(path)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
        if text.isprintable():
            return shlex.quote(text)
    except UnicodeEncodeError:
        pass
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b"'\\" else f"\\{byte:03o}" for byte in os.fsencode(text))
    return f"$'{''.join(plain)}'"


def to_text(path: str | Path) -> str:
    """Return a path as text for files, the same on every terminal; `from_text` returns the path."""
    return os.fsencode(path).decode("utf-8", "surrogateescape")


def from_text(text: str) -> Path:
    """Return the path that `to_text` returned as text."""
    return Path(os.fsdecode(text.encode("utf-8", "surrogateescape")))
