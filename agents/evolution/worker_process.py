"""Worker processes belong to the process that trains: they leave signals to it, and do not outlive it."""

import multiprocessing
import os
import signal
import threading
import time
from functools import cache

CHECK_INTERVAL = 1.0  # seconds


@cache
def follow_parent() -> None:
    """Called in a worker process, let it end when its parent has ended, and leave requests to end to the parent.

    In a process that is no worker, and in a thread, nothing happens.
    """
    is_worker = multiprocessing.parent_process() is not None
    if not is_worker or threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # a terminal or a job may send them to all processes
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:  # the parent was killed if another process has taken its place
            time.sleep(CHECK_INTERVAL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
