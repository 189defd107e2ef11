"""Several processes compute the gradient that one network computes, and none is left behind when one fails."""

import gc
import os
import traceback
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

import nn
from nn.layers.batch_norm import single_process
from nn.parallel import data_parallel
from nn.parallel.data_parallel import DataParallel
from nn.types import Array, Examples
from tests.support.trainers import worker_processes

rng = np.random.default_rng(0)
X = rng.normal(size=(11, 2, 5, 6))
Y = rng.integers(3, size=11)


def build(dropout: float = 0.0) -> nn.Sequential:
    layers = [nn.BatchNorm(2), nn.Conv2D(2, 4, bias=False), nn.BatchNormMaxPool2D(4), nn.ReLU(), nn.Flatten()]
    layers += [nn.Dense(24, 6), nn.BatchNorm(6), nn.Tanh(), nn.Dropout(dropout), nn.Dense(6, 3)]
    return nn.Sequential(layers, input_shape=(2, 5, 6), rng=1, dtype=np.float64)


def noisy(x: Examples, rng: np.random.Generator) -> Examples:
    """An augmentation; with NaN in its shard it fails."""
    if np.isnan(x).any():
        raise ValueError("there is NaN in this shard")
    return x + rng.normal(size=x.shape)


@pytest.fixture
def parallel() -> Iterator[DataParallel]:
    with DataParallel(build(0.3), nn.SoftmaxCrossEntropy(), noisy) as parallel:
        yield parallel


@pytest.mark.parametrize("num_shards", [1, 2, 3])
@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 5.0]])
def test_shards_together_give_the_gradient_of_the_whole_batch(num_shards: int, weights: list[float] | None) -> None:
    alone, network, loss = build(), build(), nn.SoftmaxCrossEntropy(0.1, weights)
    with DataParallel(network, loss, num_shards=num_shards, processes=False) as parallel:
        for _ in range(2):  # what the first step leaves in memory does not change the second
            alone.gradient = network.gradient = 0
            value, gradient = loss(alone.forward(X, training=True), Y)
            alone.accumulate_gradients(gradient)
            assert parallel.accumulate_gradients(X, Y) == pytest.approx(value, rel=1e-12)
            np.testing.assert_allclose(network.gradient, alone.gradient, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(network.flat, alone.flat, rtol=1e-12)  # the running statistics lie in it


def test_shards_do_not_use_blas_threads() -> None:
    seen: list[bool] = []

    def look(x: Examples, _: np.random.Generator) -> Examples:
        seen.append(nn.threads.uses_blas_threads())
        return x

    with DataParallel(build(), nn.SoftmaxCrossEntropy(), look, processes=False) as parallel:
        with nn.threads.blas_threads():
            parallel.accumulate_gradients(X, Y)
            assert nn.threads.uses_blas_threads()
        assert not nn.threads.uses_blas_threads()
    assert seen == [False, False]


def test_it_adds_to_the_gradient() -> None:
    network = build()
    with DataParallel(network, nn.SoftmaxCrossEntropy(), processes=False) as parallel:
        parallel.accumulate_gradients(X, Y)
        once = network.gradient.copy()
        parallel.accumulate_gradients(X, Y)
    np.testing.assert_allclose(network.gradient, 2 * once, rtol=1e-9, atol=1e-12)


def trained(processes: bool) -> tuple[nn.types.Array, list[float]]:
    network = build(dropout=0.3)
    adam = nn.Adam(network, 0.01)
    values = []
    with DataParallel(network, nn.SoftmaxCrossEntropy(), noisy, processes=processes, seed=3) as parallel:
        for _ in range(6):
            network.gradient = 0
            values.append(parallel.accumulate_gradients(X, Y))
            adam.step()
    return network.flat.copy(), values


def test_processes_and_serial_execution_give_the_same_bits() -> None:
    flat, values = trained(processes=True)
    other_flat, other_values = trained(processes=False)
    np.testing.assert_array_equal(flat, other_flat)
    assert values == other_values
    assert len(set(values)) == 6  # random numbers were drawn


def test_shards_draw_different_random_numbers() -> None:
    same = np.concatenate([X[:4], X[:4]])
    seen: list[Examples] = []

    def see(x: Examples, rng: np.random.Generator) -> Examples:
        seen.append(noisy(x, rng))
        return seen[-1]

    with DataParallel(build(), nn.SoftmaxCrossEntropy(), see, processes=False) as parallel:
        parallel.accumulate_gradients(same, np.zeros(8, np.int64))
    assert seen[0].shape == seen[1].shape == X[:4].shape
    assert not np.isclose(seen[0], seen[1]).any()


@pytest.mark.parametrize("place", [0, 10])  # in the shard of this process, and of the worker
def test_an_error_in_a_shard_is_raised_and_the_next_batch_is_learned(parallel: DataParallel, place: int) -> None:
    parallel.accumulate_gradients(X, Y)
    broken = X.copy()
    broken[place] = np.nan
    with pytest.raises(ValueError, match="there is NaN in this shard") as raised:
        parallel.accumulate_gradients(broken, Y)
    assert "in noisy" in "".join(traceback.format_exception(raised.value))  # in whichever process
    assert 0 < parallel.accumulate_gradients(X, Y) < 10
    layers = [layer for layer in parallel.network.layers if isinstance(layer, nn.BatchNorm)]
    assert all(layer.all_reduce is single_process for layer in layers)


class OddError(Exception):
    """An error that cannot be unpickled."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def odd(x: Examples, _: np.random.Generator) -> Examples:
    """An augmentation that fails on the worker's shard."""
    if len(x) == 6:
        raise OddError("this", "that")
    return x


def test_an_error_that_cannot_be_unpickled_is_reported() -> None:
    parallel = DataParallel(build(), nn.SoftmaxCrossEntropy(), odd)
    with pytest.raises(RuntimeError, match="OddError: this and that"):
        parallel.accumulate_gradients(X, Y)


def test_a_worker_that_dies_is_reported(parallel: DataParallel) -> None:
    parallel.accumulate_gradients(X, Y)
    (worker,) = worker_processes()
    worker.kill()
    worker.join()
    with pytest.raises(RuntimeError, match="a worker process has died"):
        parallel.accumulate_gradients(X, Y)
    assert 0 < parallel.accumulate_gradients(X, Y) < 10


@pytest.mark.skipif(not hasattr(os, "getpgid"), reason="this system has no groups of processes")
def test_workers_do_not_get_the_signals_of_the_process_group(parallel: DataParallel) -> None:
    parallel.start(X, Y)
    (worker,) = worker_processes()
    assert worker.pid is not None
    assert os.getpgid(worker.pid) != os.getpgid(os.getpid())


def test_workers_that_do_not_start_are_reported(parallel: DataParallel, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(data_parallel, "worker_main", print)  # which returns at once
        with pytest.raises(RuntimeError, match="a worker process has died"):
            parallel.start(X, Y)
    assert not worker_processes()
    assert 0 < parallel.accumulate_gradients(X, Y) < 10


def test_workers_end_with_the_block() -> None:
    with DataParallel(build(), nn.SoftmaxCrossEntropy()) as parallel:
        parallel.start(X, Y)
        assert len(worker_processes()) == 1
        parallel.accumulate_gradients(X[:6], Y[:6])  # batches of another size need new workers
        assert len(worker_processes()) == 1
    assert not worker_processes()


def test_new_workers_draw_new_random_numbers() -> None:
    seen: list[Examples] = []

    def see(x: Examples, rng: np.random.Generator) -> Examples:
        seen.append(noisy(np.zeros_like(x), rng))
        return seen[-1]

    with DataParallel(build(), nn.SoftmaxCrossEntropy(), see, processes=False) as parallel:
        for size in (4, 6, 4, 6):
            parallel.accumulate_gradients(X[:size], Y[:size])
    first = [examples.flat[0] for examples in seen]
    assert len(set(first)) == len(first) == 8


@pytest.mark.parametrize("num_shards", [1, 2, 3])
def test_the_state_of_the_generator_is_all_that_random_numbers_depend_on(num_shards: int) -> None:
    """It does not depend on the number of shards, nor on what a batch draws."""
    whole, part = (DataParallel(build(dropout=0.3), nn.SoftmaxCrossEntropy(), noisy, num_shards) for _ in range(2))
    with whole, part:
        values = [whole.accumulate_gradients(X, Y) for _ in range(3)]
        part.rng.bit_generator.state = np.random.default_rng(0).bit_generator.state
        part.rng.integers(1 << 62, size=2)
        assert part.accumulate_gradients(X, Y) == values[2]
        assert part.rng.random() == whole.rng.random()


class Counting(nn.Layer):
    """A layer that measures something."""

    def __init__(self) -> None:
        self.count = nn.Parameter((1,), "zeros", trainable=False)

    def forward(self, x: nn.types.Array, *, training: bool = False) -> nn.types.Array:
        return x

    def backward(self, gradient: nn.types.Array) -> nn.types.Array:
        return gradient

    def parameters(self) -> dict[str, nn.Parameter]:
        return {"count": self.count}


def test_bad_arguments() -> None:
    counting = nn.Sequential([Counting(), nn.Dense(2, 3)], (2,), rng=0)
    with pytest.raises(ValueError, match="would measure a single shard of each batch"):
        DataParallel(counting, nn.SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match="an array of object cannot be shared among processes"):
        DataParallel(build(), nn.SoftmaxCrossEntropy()).accumulate_gradients(np.array([None] * 4), Y[:4])
    with pytest.raises(ValueError, match="targets go from"):  # in the shard of a worker
        DataParallel(build(), nn.SoftmaxCrossEntropy(class_weights=[1, 2, 3]), processes=False).accumulate_gradients(
            X[:4], np.array([0, 1, 2, 99])
        )
    with pytest.raises(ValueError, match="num_shards is 0; give 1 or more"):
        DataParallel(build(), nn.SoftmaxCrossEntropy(), num_shards=0)
    parallel = DataParallel(build(), nn.SoftmaxCrossEntropy(), num_shards=3)
    with pytest.raises(ValueError, match="a batch of 2 in 3 shards: give at least one example for each"):
        parallel.accumulate_gradients(X[:2], Y[:2])


def test_workers_end_when_their_object_is_deleted() -> None:
    parallel = DataParallel(build(), nn.SoftmaxCrossEntropy())
    parallel.accumulate_gradients(X, Y)
    assert worker_processes()
    del parallel
    gc.collect()
    assert not worker_processes()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork processes")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_that_closes_its_copy_does_not_end_the_workers() -> None:
    parallel = DataParallel(build(), nn.SoftmaxCrossEntropy())
    with parallel:
        parallel.accumulate_gradients(X, Y)
        child = os.fork()
        if not child:
            try:
                parallel.close()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert parallel.accumulate_gradients(X, Y) > 0


def test_a_large_error_of_a_worker_is_raised_too(parallel: DataParallel) -> None:
    """Larger than what fits into a pipe that nobody reads."""
    parallel.loss = Failing()
    with pytest.raises(ValueError, match="no loss today"):
        parallel.accumulate_gradients(X, Y)


class Failing(nn.SoftmaxCrossEntropy):
    """A loss that fails in the worker, which gets the later labels, with a large error."""

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        if np.array_equal(targets, Y[len(Y) // 2 :]):
            raise ValueError("no loss today", np.zeros(1_000_000))
        return super().__call__(outputs, targets)
