"""A file that is replaced as a whole: whoever reads meets the old one or the new one, never a part."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where to write what will become `path`, in a folder that is made; after an error, or Ctrl-C, all is as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        if error.filename is None or Path(error.filename) != beside:
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from None  # the name that the user knows
    finally:
        beside.unlink(missing_ok=True)
