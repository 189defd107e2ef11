"""Work shared among threads: none is left behind, whichever other threads compute at the same time."""

import threading
import time
from collections.abc import Iterator

import pytest

import nn
from nn.kernels import threads, tuning


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Leave the number of threads as it was."""
    yield
    threads.use(1)


def workers_at(length: int) -> set[int]:
    """Return the threads that do a piece of work."""
    found: set[int] = set()
    threads.parallel_for(lambda _: found.add(threading.get_ident()), length, tuning.MIN_PARALLEL_WORK)
    return found


def test_single_threaded_concerns_one_thread_only() -> None:
    threads.use(2)
    gate, begun = threading.Event(), threading.Event()

    def wait(_: slice) -> None:
        begun.set()
        gate.wait()

    other = threading.Thread(target=lambda: threads.parallel_for(wait, 2, tuning.MIN_PARALLEL_WORK))
    other.start()
    begun.wait()
    with threads.single_threaded():
        gate.set()
        other.join()
        assert workers_at(2) == {threading.get_ident()}
    assert len(workers_at(2)) == 2


def test_threads_that_are_no_longer_used_end() -> None:
    threads.use(1)
    before = threading.active_count()
    for _ in range(5):
        threads.use(4)
        threads.use(1)
    patience = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < patience:
        time.sleep(0.01)
    assert threading.active_count() <= before


@pytest.mark.parametrize("count", [1, 2])
def test_an_axis_of_length_0_is_no_error(count: int) -> None:
    threads.use(count)
    done: list[slice] = []
    threads.parallel_for(done.append, 0, tuning.MIN_PARALLEL_WORK)
    assert done == [slice(0, 0)]


def test_blas_threads_concerns_one_thread_only() -> None:
    seen: list[bool] = []
    with nn.threads.blas_threads():
        other = threading.Thread(target=lambda: seen.append(threads.uses_blas_threads()))
        other.start()
        other.join()
        assert threads.uses_blas_threads()
    assert seen == [False]
    assert not threads.uses_blas_threads()
