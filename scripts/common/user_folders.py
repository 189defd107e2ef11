"""Folders for files that are kept between commands, but that every command works without: caches, high scores."""

import sys
import tempfile
from functools import cache
from pathlib import Path

import platformdirs

APP = "snake-env"
NOWHERE = Path("~")  # for `can_keep`


def cache_folder() -> Path:
    """Return the folder for what can be downloaded or computed again; maybe it does not exist, see `can_keep`."""
    try:
        return platformdirs.user_cache_path(APP)
    except (OSError, RuntimeError, ValueError):  # there is no home folder; some releases leave ~ in the path instead
        return NOWHERE


def data_folder() -> Path:
    """Return the folder for the user's own files; maybe it does not exist, see `can_keep`."""
    try:
        return platformdirs.user_data_path(APP, appauthor=False)
    except (OSError, RuntimeError, ValueError):
        return NOWHERE


@cache
def can_keep(folder: Path, what: str) -> bool:
    """Create a folder, and return whether files can be written there; if not, tell the user that they are not kept.

    Args:
        folder: of this module.
        what: files, as the beginning of a sentence: "High scores are".
    """
    try:
        if not folder.is_absolute():
            raise OSError("there is no home folder")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError as error:
        why = f"{folder}: {error.strerror}" if error.strerror else str(error)
        print(f"{what} not kept for the next time ({why})", file=sys.stderr)
        return False
