"""The lock of a run folder: one process at a time trains there.

It is a lock of the operating system, which ends with the process that holds it, however that ends.
"""

import json
import os
import socket
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from nn.atomic_file import atomic_file

PATIENCE = 1.0  # seconds to wait for a lock that `is_locked` holds for a moment


class RunLock:
    """The lock of one run folder.

    Args:
        folder: the run folder, which exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(_file(folder))
        self._holder = folder / ".lock.json"  # who holds the lock, for the message to others

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            RuntimeError: another process holds it; the message names process and computer.
        """
        try:
            self._lock.acquire(timeout=PATIENCE)
        except Timeout:
            raise RuntimeError(
                f"{self._folder} is being trained by {self._describe_holder()}; wait until it has ended, or stop it"
            ) from None
        with atomic_file(self._holder) as file:
            file.write_text(json.dumps({"process": os.getpid(), "computer": socket.gethostname()}))

    def release(self) -> None:
        """Give the lock back, if it is held."""
        if self._lock.is_locked:
            with suppress(OSError):  # it is only for a message
                self._holder.unlink()
            self._lock.release()

    def _describe_holder(self) -> str:
        try:
            holder = json.loads(self._holder.read_text())
            return f"process {holder['process']} on {holder['computer']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"


def is_locked(folder: Path) -> bool:
    """Return whether a process trains in this run folder now."""
    if not _file(folder).exists():
        return False
    lock = FileLock(_file(folder))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:  # no permission to take a lock
        return (folder / ".lock.json").exists()
    lock.release()
    return False


def _file(folder: Path) -> Path:
    return folder / ".lock"
