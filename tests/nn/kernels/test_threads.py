"""Work shared among threads: none is left behind, whichever other threads compute at the same time."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
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


def trained(seed: int) -> npt.NDArray[np.float32]:
    """Train a network with every kernel that has scratch memory or cached arrays; return its parameters."""
    rng = np.random.default_rng(seed)
    layers = [nn.Conv2D(1, 6, 3), nn.BatchNorm(6), nn.ReLU(), nn.Conv2D(6, 4, 3, 2), nn.MaxPool2D(2), nn.Flatten()]
    dense = [nn.Dense(24, 40), nn.LayerNorm(40), nn.Tanh(), nn.Dense(40, 3)]
    network = nn.Sequential([*layers, *dense], input_shape=(1, 8, 12), rng=seed)
    optimiser, loss = nn.Adam(network, 1e-3), nn.SoftmaxCrossEntropy()
    x, labels = rng.standard_normal((64, 1, 8, 12)).astype(np.float32), rng.integers(3, size=64)
    for _ in range(8):
        network.gradient = 0.0
        network.accumulate_gradients(loss(network.forward(x, training=True), labels)[1])
        optimiser.step()
    return network.flat.copy()


@pytest.mark.parametrize("count", [1, 3])
def test_networks_in_several_threads_learn_the_same_as_one_after_another(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "MIN_PARALLEL_WORK", 1)  # share even this little work
    alone = [trained(seed) for seed in range(6)]
    threads.use(count)
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(trained, range(6)))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("later", [1, 2, 5])
def test_all_work_is_done_if_another_thread_changes_the_number_of_threads(
    later: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads.use(3)

    def queue() -> SimpleQueue[BaseException | None]:  # the queue for results is made once the work is to be shared
        monkeypatch.undo()
        other = threading.Thread(target=threads.use, args=(later,))
        other.start()
        other.join()
        return SimpleQueue()

    monkeypatch.setattr(threads, "SimpleQueue", queue)
    done = np.zeros(8)
    threads.parallel_for(lambda part: done.__setitem__(part, done[part] + 1), 8, tuning.MIN_PARALLEL_WORK)
    assert done.tolist() == [1] * 8
