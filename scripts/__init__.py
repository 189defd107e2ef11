"""The commands, one file each; their parts are in the folders."""

import signal
import sys
import threading
from pathlib import Path


def _end_at_once_on_ctrl_c() -> None:
    """Let Ctrl-C end a command without a stack trace while it imports modules; later `run_command` listens to it."""
    command = getattr(sys.modules["__main__"], "__file__", None)
    is_command = command is not None and Path(command).resolve().parent == Path(__file__).resolve().parent
    in_front = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # in the background it is ignored
    if is_command and in_front and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)


_end_at_once_on_ctrl_c()
