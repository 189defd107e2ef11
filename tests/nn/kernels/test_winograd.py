"""Winograd's convolution where it is used: its transforms, its rounding, and the same bits with several threads.

That it computes a convolution and its gradients is tested with `Conv2D`, in `test_convolution.py`.
"""

import gc
import weakref
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pytest

from nn import Conv2D, Sequential
from nn.kernels import threads, tuning
from nn.kernels.winograd import MAX_PRODUCTS, WinogradConvolution, transforms
from nn.types import Array


@pytest.fixture(autouse=True)
def _one_thread_afterwards() -> Iterator[None]:
    yield
    threads.use(1)


@pytest.mark.parametrize(
    ("rows", "kernel"), [(m, r) for m in range(1, 6) for r in range(1, 6) if m + r - 1 <= MAX_PRODUCTS]
)
def test_the_transforms_make_a_correlation(rows: int, kernel: int) -> None:
    rng = np.random.default_rng(rows + 10 * kernel)
    w, d = rng.normal(size=kernel), rng.normal(size=rows + kernel - 1)
    A, B, G = transforms(rows, kernel, np.dtype(np.float64))
    np.testing.assert_allclose(A @ ((G @ w) * (B @ d)), np.correlate(d, w), rtol=1e-12, atol=1e-12)
    assert len(G) == rows + kernel - 1  # the number of multiplications, in place of rows · kernel


def step(x: Array, gradient: Array, dtype: type[np.floating] = np.float32) -> tuple[Array, Array, Array]:
    """Return y, dL/dx and dL/dparameters of one layer."""
    network = Sequential([Conv2D(16, 32)], input_shape=x.shape[1:], rng=0, dtype=dtype)
    y = network.forward(x.astype(dtype), training=True)
    dx = network.backward(gradient.astype(dtype)).copy()
    return y, dx, network.gradient.copy()


def examples(N: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((N, 16, 10, 7)), rng.standard_normal((N, 32, 10, 7))


def test_it_is_used_only_for_many_channels_and_large_batches() -> None:
    layer = Conv2D(16, 32)
    Sequential([layer], input_shape=(16, 10, 7), rng=0)
    with patch("nn.kernels.convolution.WinogradConvolution", wraps=WinogradConvolution) as used:
        layer.forward(np.zeros((2, 16, 10, 7), np.float32))
        assert not used.called
        layer.forward(np.zeros((100, 16, 10, 7), np.float32))
        assert used.called


def test_in_float32_it_loses_no_more_than_a_digit() -> None:
    x, gradient = examples(100)
    exact = step(x, gradient, np.float64)
    with_winograd = step(x, gradient)
    with patch.object(tuning, "WINOGRAD_MIN_WORK", np.inf):
        row_by_row = step(x, gradient)
    for right, ours, other in zip(exact, with_winograd, row_by_row, strict=True):
        assert not np.array_equal(ours, other)
        error, usual = (np.sqrt(np.mean((some - right) ** 2)) for some in (ours, other))
        assert error < 10 * usual
        assert error < 1e-6 * np.sqrt(np.mean(right**2))


def test_several_threads_give_the_same_bits() -> None:
    x, gradient = examples(100)
    alone = step(x, gradient)
    for count in (2, 3):
        threads.use(count)
        for ours, theirs in zip(step(x, gradient), alone, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_the_batch_size_may_change() -> None:
    """Arrays of an earlier batch in the workspace do not affect a smaller or larger one."""
    network = Sequential([Conv2D(16, 32)], input_shape=(16, 10, 7), rng=0)
    x, gradient = (some.astype(np.float32) for some in examples(120))
    for N in (120, 100, 120):
        expected = step(x[:N], gradient[:N])
        network.gradient = 0
        network.forward(x[:110] + 1)  # inference in between
        y = network.forward(x[:N], training=True)
        network.forward(x[:110] + 1)
        network.forward(x[:N] + 1)
        for ours, theirs in zip((y, network.backward(gradient[:N]), network.gradient), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_deleted_network_is_freed_at_once() -> None:
    gc.disable()
    try:
        network = Sequential([Conv2D(32, 32)], (32, 16, 16), rng=0)
        network.forward(np.zeros((32, 32, 16, 16)), training=True)
        network.backward(np.zeros((32, 32, 16, 16)))
        layer = weakref.ref(network.layers[0])
        del network
        assert layer() is None
    finally:
        gc.enable()
