"""Sharing the work of one layer among threads, so that the result does not depend on the number of threads.

NumPy releases Python's lock while it computes, so threads work side by side. A layer cuts its arrays along an axis on
which nothing is summed, and each thread writes its own part:

    rows of an image  | 0 1 2 3 4 5 6 | 7 8 9 10 11 12 13 |
                        this thread      another thread

Sums over that axis are computed afterwards, in a fixed order. So the same numbers are added in the same order by one
thread or by many, and the same seed gives the same weights. BLAS has threads of its own, which do not guarantee that
and which compete with these: start Python with OPENBLAS_NUM_THREADS=1 before using more than one thread here. Where
nearly all work lies in a few large dense layers BLAS's threads are faster, since they wait awake: see `blas_threads`.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import SimpleQueue

from nn.kernels import tuning

Results = SimpleQueue[BaseException | None]
Task = tuple[Callable[[slice], None], slice, Results]


class ThreadState(threading.local):
    """How the current thread computes."""

    serial = False  # `parallel_for` calls its function once, in this thread
    blas = False  # matrix products are not cut, see `blas_threads`


class ThreadWorker:
    """A thread that waits for tasks, and ends at the task None or with the program."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[Task | None] = SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        _state.serial = True
        while task := self.tasks.get():
            function, part, results = task
            try:
                function(part)
                results.put(None)
            except BaseException as error:
                results.put(error)


_workers: list[ThreadWorker] = []
_changing = threading.Lock()  # held while tasks are given out, or workers are added and removed
_state = ThreadState()


def use(threads: int) -> None:
    """Let layers compute with this many threads from now on; at import it is 1.

    Raises:
        ValueError: fewer than 1.
    """
    if threads < 1:
        raise ValueError(f"threads is {threads}; give 1 or more, at most the number of processor cores")
    with _changing:
        while len(_workers) < threads - 1:
            _workers.append(ThreadWorker())
        while len(_workers) > threads - 1:
            _workers.pop().tasks.put(None)


def count() -> int:
    """Return the number of threads that layers use."""
    return len(_workers) + 1


def parallel_for(function: Callable[[slice], None], length: int, work: int) -> None:
    """Call function(slice) for slices that together cover 0, ..., length - 1, each in a thread of its own.

    Args:
        function: writes its slice of the result, and nothing else.
        length: of the axis that is cut.
        work: approximate number of multiplications and additions in all; little work is done by this thread alone.
    """
    if min(count(), length) <= 1 or work < tuning.MIN_PARALLEL_WORK or _state.serial:
        function(slice(0, length))
        return
    results: Results = SimpleQueue()
    given = 0
    try:
        with _changing:  # another thread may call `use` meanwhile
            threads = min(count(), length)
            bounds = [length * i // threads for i in range(threads + 1)]
            for worker, start, stop in zip(_workers, bounds[1:], bounds[2:], strict=False):
                worker.tasks.put((function, slice(start, stop), results))
                given += 1
        with single_threaded():
            function(slice(0, bounds[1]))
    finally:  # wait also after an error: no thread may write into the arrays any more
        errors = [results.get() for _ in range(given)]
    for error in errors:
        if error is not None:
            raise error


@contextmanager
def single_threaded(*, blas: bool = False) -> Iterator[None]:
    """Let the current thread do all its work itself within this block; with `blas`, see `blas_threads`."""
    before = _state.serial, _state.blas
    _state.serial, _state.blas = True, blas
    try:
        yield
    finally:
        _state.serial, _state.blas = before


def blas_threads() -> AbstractContextManager[None]:
    """Leave matrix products to BLAS and its own threads (OPENBLAS_NUM_THREADS) within this block, and use no others.

    The order in which BLAS adds may depend on its number of threads, and so may the last bits of what is learned. The
    processes of a `DataParallel` are not affected: each uses one core.
    """
    return single_threaded(blas=True)


def uses_blas_threads() -> bool:
    """Return whether matrix products of the current thread are left to BLAS as a whole."""
    return _state.blas


def _forget_workers() -> None:
    global _changing
    _changing = threading.Lock()
    _workers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)  # a forked process has none of the threads
