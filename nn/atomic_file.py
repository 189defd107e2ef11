"""Replacing a file as a whole: readers see the old contents or the new ones, never a part."""

import glob
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LEFT_OVER = 3600.0  # seconds without a change, after which a temporary file is not being written any more


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield the path of a temporary file to write, which replaces `path` at the end of the block.

    The temporary file lies in the same folder, which is created if missing, and has the same suffix; its name is unique
    among processes and threads. After an error, or Ctrl-C, it is removed and `path` is as it was. One that a killed
    process left is removed when the same file is next written, an hour later or more.

    Raises:
        OSError: the file cannot be written; names `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex}.tmp{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())  # on the disk before it gets its name, so that a crash leaves one of the two
        temporary.replace(path)
    except OSError as error:
        written = type(error).__module__ == "builtins" and error.filename in (None, str(temporary), temporary)
        if not written:  # something else has failed in the block, such as a download
            raise
        raise type(error)(
            error.errno, error.strerror or str(error), str(path)
        ) from None  # the name that the user knows
    finally:
        temporary.unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    """Remove temporary files of this path that are so old that no process writes them any more."""
    for file in path.parent.glob(f".{glob.escape(path.stem)}.*.tmp{glob.escape(path.suffix)}"):
        with suppress(OSError):  # another process has removed it
            if time.time() - file.stat().st_mtime > LEFT_OVER:
                file.unlink()
