"""Background thread of a window, so that a slow network never blocks drawing."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


class BackgroundWorker:
    """Runs one job after another in its own thread, and delivers the results to the thread of the window.

    A job must neither draw nor change what is drawn; its callback `then` may, as it runs in the thread of the window.
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
        """Run a job, and call `then` with its result.

        A waiting job of the same name is replaced.
        """
        with self._change:
            self._waiting[name] = (job, then)
            self._change.notify()

    def busy(self, name: str) -> bool:
        """Whether a job of this name waits, runs, or is done but not yet delivered."""
        with self._change:
            return name in self._waiting or self._running == name or any(name == done for done, _ in self._done)

    def deliver(self) -> None:
        """Call `then` for finished jobs; an exception of a job is raised here."""
        with self._change:
            done, self._done = self._done, []
        for _, callback in done:
            callback()

    def close(self) -> None:
        """Start no more jobs; a job that still runs after a second is abandoned."""
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
            callback: Callable[[], None]
            try:
                result = job()
            except Exception as error:  # raised again in the thread of the window
                callback = _raising(error)
            else:
                callback = _calling(then, result)
            with self._change:
                self._done.append((name, callback))
                self._running = ""


def _calling(then: Callable[[Any], None], result: object) -> Callable[[], None]:
    return lambda: then(result)


def _raising(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it
