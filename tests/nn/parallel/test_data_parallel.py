"""Several processes learn from one batch what one network learns from it, and nothing is left behind when one fails."""

import gc
import os
import traceback
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

import nn
from nn.types import Array
from nn.parallel import data_parallel
from nn.layers.batch_norm import single_process
from nn.parallel.data_parallel import DataParallel
from nn.types import Examples
from tests.support.trainers import helpers

rng = np.random.default_rng(0)
X = rng.normal(size=(11, 2, 5, 6))
Y = rng.integers(3, size=11)


def build(dropout: float = 0.0) -> nn.Sequential:
    layers = [nn.BatchNorm(2), nn.Conv2D(2, 4, bias=False), nn.BatchNormMaxPool2D(4), nn.ReLU(), nn.Flatten()]
    layers += [nn.Dense(24, 6), nn.BatchNorm(6), nn.Tanh(), nn.Dropout(dropout), nn.Dense(6, 3)]
    return nn.Sequential(layers, input_shape=(2, 5, 6), rng=1, dtype=np.float64)


def noisy(x: Examples, rng: np.random.Generator) -> Examples:
    """An augmentation; with NaN in its share it fails."""
    if np.isnan(x).any():
        raise ValueError("there is NaN in this share")
    return x + rng.normal(size=x.shape)


@pytest.fixture
def parallel() -> Iterator[DataParallel]:
    with DataParallel(build(0.3), nn.SoftmaxCrossEntropy(), noisy) as parallel:
        yield parallel


@pytest.mark.parametrize("shares", [1, 2, 3])
@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 5.0]])
def test_shares_say_together_what_the_whole_batch_says(shares: int, weights: list[float] | None) -> None:
    alone, network, loss = build(), build(), nn.SoftmaxCrossEntropy(0.1, weights)
    with DataParallel(network, loss, shares=shares, processes=False) as parallel:
        for _ in range(2):  # what the first step leaves in memory does not change the second
            alone.gradient = network.gradient = 0
            value, gradient = loss(alone.forward(X, training=True), Y)
            alone.accumulate_gradients(gradient)
            assert parallel.accumulate_gradients(X, Y) == pytest.approx(value, rel=1e-12)
            np.testing.assert_allclose(network.gradient, alone.gradient, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(network.flat, alone.flat, rtol=1e-12)  # the running statistics lie in it


def test_products_of_shares_are_cut_alike_whoever_asks() -> None:
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


def trained(processes: bool) -> tuple[nn.layer.Array, list[float]]:
    network = build(dropout=0.3)
    adam = nn.Adam(network, 0.01)
    values = []
    with DataParallel(network, nn.SoftmaxCrossEntropy(), noisy, processes=processes, seed=3) as parallel:
        for step in range(6):
            if step == 4:
                parallel.reseed(np.random.default_rng(5))
            network.gradient = 0
            values.append(parallel.accumulate_gradients(X, Y))
            adam.step()
    return network.flat.copy(), values


def test_who_computes_a_share_changes_no_bit() -> None:
    flat, values = trained(processes=True)
    other_flat, other_values = trained(processes=False)
    np.testing.assert_array_equal(flat, other_flat)
    assert values == other_values
    assert len(set(values)) == 6  # chance was at work


def test_shares_draw_different_chance() -> None:
    same = np.concatenate([X[:4], X[:4]])
    seen: list[Examples] = []

    def see(x: Examples, rng: np.random.Generator) -> Examples:
        seen.append(noisy(x, rng))
        return seen[-1]

    with DataParallel(build(), nn.SoftmaxCrossEntropy(), see, processes=False) as parallel:
        parallel.accumulate_gradients(same, np.zeros(8, np.int64))
    assert seen[0].shape == seen[1].shape == X[:4].shape
    assert not np.isclose(seen[0], seen[1]).any()


@pytest.mark.parametrize("place", [0, 10])  # in the share of this process, and of the helper
def test_an_error_in_a_share_is_raised_and_the_next_batch_is_learnt(parallel: DataParallel, place: int) -> None:
    parallel.accumulate_gradients(X, Y)
    broken = X.copy()
    broken[place] = np.nan
    with pytest.raises(ValueError, match="there is NaN in this share") as raised:
        parallel.accumulate_gradients(broken, Y)
    assert "in noisy" in "".join(traceback.format_exception(raised.value))  # wherever it was
    assert 0 < parallel.accumulate_gradients(X, Y) < 10
    layers = [layer for layer in parallel.network.layers if isinstance(layer, nn.BatchNorm)]
    assert all(layer.all_reduce is single_process for layer in layers)


class OddError(Exception):
    """One that no process can make anew from its words."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def odd(x: Examples, _: np.random.Generator) -> Examples:
    """An augmentation that fails where the helper's share is."""
    if len(x) == 6:
        raise OddError("this", "that")
    return x


def test_an_error_that_cannot_travel_is_told() -> None:
    parallel = DataParallel(build(), nn.SoftmaxCrossEntropy(), odd)
    with pytest.raises(RuntimeError, match="OddError: this and that"):
        parallel.accumulate_gradients(X, Y)


def test_a_helper_that_dies_is_missed(parallel: DataParallel) -> None:
    parallel.accumulate_gradients(X, Y)
    (helper,) = helpers()
    helper.kill()
    helper.join()
    parallel.reseed(np.random.default_rng(0))
    with pytest.raises(RuntimeError, match="a helper process has died"):
        parallel.accumulate_gradients(X, Y)
    assert 0 < parallel.accumulate_gradients(X, Y) < 10


@pytest.mark.skipif(not hasattr(os, "getpgid"), reason="this system has no groups of processes")
def test_what_asks_a_group_of_processes_to_end_is_for_the_one_that_trains(parallel: DataParallel) -> None:
    parallel.start(X, Y)
    (helper,) = helpers()
    assert helper.pid is not None
    assert os.getpgid(helper.pid) != os.getpgid(os.getpid())


def test_helpers_that_do_not_come_to_life_are_missed(parallel: DataParallel, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(data_parallel, "worker_main", print)  # which returns at once
        with pytest.raises(RuntimeError, match="a helper process has died"):
            parallel.start(X, Y)
    assert not helpers()
    assert 0 < parallel.accumulate_gradients(X, Y) < 10


def test_helpers_end_with_the_block() -> None:
    with DataParallel(build(), nn.SoftmaxCrossEntropy()) as parallel:
        parallel.start(X, Y)
        assert len(helpers()) == 1
        parallel.accumulate_gradients(X[:6], Y[:6])  # batches of another size have new helpers
        assert len(helpers()) == 1
    assert not helpers()


def test_new_helpers_draw_new_chance() -> None:
    seen: list[Examples] = []

    def see(x: Examples, rng: np.random.Generator) -> Examples:
        seen.append(noisy(np.zeros_like(x), rng))
        return seen[-1]

    with DataParallel(build(), nn.SoftmaxCrossEntropy(), see, processes=False) as parallel:
        for size in (4, 6, 4, 6):
            parallel.accumulate_gradients(X[:size], Y[:size])
    first = [examples.flat[0] for examples in seen]
    assert len(set(first)) == len(first) == 8


def test_the_generator_goes_on_alike_whatever_the_number_of_shares() -> None:
    left = []
    for shares in (1, 2, 3):
        rng = np.random.default_rng(0)
        DataParallel(build(), nn.SoftmaxCrossEntropy(), shares=shares).reseed(rng)
        left.append(rng.random())
    assert len(set(left)) == 1


class Counting(nn.Layer):
    """A layer that measures something."""

    def __init__(self) -> None:
        self.count = nn.Parameter((1,), "zeros", trainable=False)

    def forward(self, x: nn.layer.Array, *, training: bool = False) -> nn.layer.Array:
        return x

    def backward(self, gradient: nn.layer.Array) -> nn.layer.Array:
        return gradient

    def parameters(self) -> dict[str, nn.Parameter]:
        return {"count": self.count}


def test_bad_arguments() -> None:
    counting = nn.Sequential([Counting(), nn.Dense(2, 3)], (2,), rng=0)
    with pytest.raises(ValueError, match="would measure one share of each batch alone"):
        DataParallel(counting, nn.SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match="an array of object cannot be shared among processes"):
        DataParallel(build(), nn.SoftmaxCrossEntropy()).accumulate_gradients(np.array([None] * 4), Y[:4])
    with pytest.raises(ValueError, match="targets go from"):  # in the share of a helper
        DataParallel(build(), nn.SoftmaxCrossEntropy(class_weights=[1, 2, 3]), processes=False).accumulate_gradients(
            X[:4], np.array([0, 1, 2, 99])
        )
    with pytest.raises(ValueError, match="a batch in 0 shares; give 1 or more"):
        DataParallel(build(), nn.SoftmaxCrossEntropy(), shares=0)
    parallel = DataParallel(build(), nn.SoftmaxCrossEntropy(), shares=3)
    with pytest.raises(ValueError, match="a batch of 2 in 3 shares: give at least one example for each"):
        parallel.accumulate_gradients(X[:2], Y[:2])


def test_helpers_end_when_nobody_uses_them_any_more() -> None:
    parallel = DataParallel(build(), nn.SoftmaxCrossEntropy())
    parallel.accumulate_gradients(X, Y)
    assert helpers()
    del parallel
    gc.collect()
    assert not helpers()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork processes")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_that_drops_its_copy_leaves_the_helpers_alone() -> None:
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


def test_a_large_error_of_a_helper_is_raised_too(parallel: DataParallel) -> None:
    """Larger than what a pipe takes without a reader."""
    parallel.loss = Failing()
    with pytest.raises(ValueError, match="no loss today"):
        parallel.accumulate_gradients(X, Y)


class Failing(nn.SoftmaxCrossEntropy):
    """Fails in the helper, which sees the later labels, with a great deal to tell."""

    def __call__(self, outputs: Array, targets: npt.ArrayLike) -> tuple[float, Array]:
        if np.array_equal(targets, Y[len(Y) // 2 :]):
            raise ValueError("no loss today", np.zeros(1_000_000))
        return super().__call__(outputs, targets)
