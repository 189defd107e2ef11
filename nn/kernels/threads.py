"""Sharing the work of one layer among threads, so that the result does not depend on how many there are.

NumPy lets go of Python's lock while it computes, so threads work side by side. A layer cuts its arrays along an axis on
which nothing is summed, and each thread writes its own part:

    rows of an image  | 0 1 2 3 4 5 6 | 7 8 9 10 11 12 13 |
                        this thread      a worker

Sums over that axis are made afterwards, in one order. So the same numbers are added in the same order by one thread or
by many, and the same seed gives the same weights. BLAS has threads of its own, which do not promise that and which get
in the way of these: start Python with OPENBLAS_NUM_THREADS=1 before using more than one thread here. Where nearly all
work lies in a few large dense layers they are the faster ones, since they wait awake: see `blas_threads`.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import SimpleQueue

WORTH = 1 << 22  # multiplications and additions below which waking a thread takes longer than the work
Results = SimpleQueue[BaseException | None]
Task = tuple[Callable[[slice], None], slice, Results]


class Mode(threading.local):
    """How the calling thread computes."""

    alone = False  # shares no work, as that which it does is a share already
    whole = False  # leaves matrix products whole to BLAS, see `blas_threads`


class Worker:
    """A thread that waits for tasks; without a task it ends, at the latest with the program."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[Task | None] = SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        _mode.alone = True
        while task := self.tasks.get():
            function, part, results = task
            try:
                function(part)
                results.put(None)
            except BaseException as error:
                results.put(error)


_workers: list[Worker] = []
_mode = Mode()


def use(threads: int) -> None:
    """Let layers compute with this many threads from now on; 1 at the beginning.

    Raises:
        ValueError: fewer than 1.
    """
    if threads < 1:
        raise ValueError(f"threads is {threads}; give 1 or more, at best the number of processor cores")
    while len(_workers) < threads - 1:
        _workers.append(Worker())
    while len(_workers) > threads - 1:
        _workers.pop().tasks.put(None)


def count() -> int:
    """How many threads layers use."""
    return len(_workers) + 1


def parallel_for(function: Callable[[slice], None], length: int, work: int) -> None:
    """Call function(slice) for slices that together cover 0, ..., length - 1, each in a thread of its own.

    Args:
        function: writes its slice of the result, and nothing else.
        length: of the axis that is cut.
        work: roughly how many multiplications and additions all of it takes; little work is not cut.
    """
    threads = min(count(), length)
    if threads <= 1 or work < WORTH or _mode.alone:
        function(slice(0, length))
        return
    bounds = [length * i // threads for i in range(threads + 1)]
    results: Results = SimpleQueue()
    given = 0
    try:
        for worker, start, stop in zip(_workers, bounds[1:], bounds[2:], strict=False):
            worker.tasks.put((function, slice(start, stop), results))
            given += 1
        with single_threaded():
            function(slice(0, bounds[1]))
    finally:  # also after an error: nobody may write into the arrays any more
        errors = [results.get() for _ in range(given)]
    for error in errors:
        if error is not None:
            raise error


@contextmanager
def single_threaded(*, whole: bool = False) -> Iterator[None]:
    """Let this thread share no work meanwhile; whole: nor cut it, see `blas_threads`."""
    before = _mode.alone, _mode.whole
    _mode.alone, _mode.whole = True, whole
    try:
        yield
    finally:
        _mode.alone, _mode.whole = before


def blas_threads() -> AbstractContextManager[None]:
    """Leave matrix products to BLAS and its own threads (OPENBLAS_NUM_THREADS) meanwhile, and share nothing here.

    How BLAS adds up may depend on how many threads it has, and so may the last bits of what is learned. The processes
    of a `DataParallel` are not meant: each has one core.
    """
    return single_threaded(whole=True)


def uses_blas_threads() -> bool:
    """Whether matrix products are left whole to BLAS."""
    return _mode.whole


def _forget() -> None:
    """A forked process has none of the threads."""
    _workers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
