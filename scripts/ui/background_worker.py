"""Computes beside the window: one thread, so that a slow network never keeps the window waiting."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


class BackgroundWorker:
    """Does one job after another in its own thread, and hands results over when the window asks for them.

    Jobs run in the other thread and must not draw, nor change what is drawn; `then` runs in the window's.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {}
        self._done: list[tuple[str, Callable[[], None]]] = []
        self._running = ""
        self._closed = False
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        self._thread.start()

    def ask(self, name: str, job: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Have the job done, and `then` called with what it returns.

        A job of the same name that still waits is dropped: only the latest question counts.
        """
        with self._change:
            self._waiting[name] = (job, then)
            self._change.notify()

    def busy(self, name: str) -> bool:
        """Whether a job of this name waits, runs, or is done but not yet delivered."""
        with self._change:
            return name in self._waiting or self._running == name or any(name == done for done, _ in self._done)

    def deliver(self) -> None:
        """Hand over what is done; what a job raised is raised here."""
        with self._change:
            done, self._done = self._done, []
        for _, hand_over in done:
            hand_over()

    def close(self) -> None:
        """Start no more jobs; one that runs for long is left behind."""
        with self._change:
            self._closed = True
            self._change.notify()
        self._thread.join(timeout=1)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closed or bool(self._waiting))
                if self._closed:
                    return
                name = next(iter(self._waiting))
                job, then = self._waiting.pop(name)
                self._running = name
            hand_over: Callable[[], None]
            try:
                result = job()
            except Exception as error:  # whatever it is, it belongs to the window's thread
                hand_over = _raising(error)
            else:
                hand_over = _handing(then, result)
            with self._change:
                self._done.append((name, hand_over))
                self._running = ""


def _handing(then: Callable[[Any], None], result: object) -> Callable[[], None]:
    return lambda: then(result)


def _raising(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it
