"""The activations at values that can be checked by hand, and at the ends of the number range."""

import math
from typing import Any

import numpy as np
import pytest

from nn import Flatten, Layer, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh

ACTIVATIONS = [ReLU(), LeakyReLU(), Tanh(), Sigmoid(), Softmax()]


def test_relus_derivative_is_0_or_1() -> None:
    relu = ReLU()
    x = np.array([[-3.0, -0.5, 0.0, 0.25, 1.0, 7.0, 1e30]])
    np.testing.assert_array_equal(relu.forward(x, training=True), [[0, 0, 0, 0.25, 1, 7, 1e30]])
    np.testing.assert_array_equal(relu.backward(np.full_like(x, 2.0)), [[0, 0, 0, 2, 2, 2, 2]])


@pytest.mark.parametrize("count", [3, 30, 300, 2_000])
@pytest.mark.parametrize("as_in_a_network", [False, True])
def test_relu_of_any_size_and_layout(count: int, as_in_a_network: bool) -> None:
    x = np.random.default_rng(count).standard_normal((count, 3, 4, 5)).astype(np.float32)
    given = np.ascontiguousarray(x.transpose(2, 1, 3, 0)).transpose(3, 1, 0, 2) if as_in_a_network else x
    np.testing.assert_array_equal(ReLU().forward(given), np.where(x > 0, x, 0))


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
def test_leaky_relu(slope: float) -> None:
    leaky = LeakyReLU(slope)
    x = np.array([[-3.0, 4.0]])
    np.testing.assert_array_equal(leaky.forward(x, training=True), [[-3 * slope, 4]])
    np.testing.assert_array_equal(leaky.backward(np.ones_like(x)), [[slope, 1]])


@pytest.mark.parametrize("slope", [-0.1, 1.5, math.nan])
def test_leaky_relu_refuses_other_slopes(slope: float) -> None:
    with pytest.raises(ValueError, match=r"needs a slope from 0 to 1"):
        LeakyReLU(slope)


def test_sigmoid_is_exact_in_both_tails() -> None:
    x = np.array([-700.0, -40.0, -1.0, 0.0, 1.0, 40.0, 700.0])
    expected = [math.exp(v) / (1 + math.exp(v)) if v < 0 else 1 / (1 + math.exp(-v)) for v in x]
    np.testing.assert_allclose(Sigmoid().forward(x[None])[0], expected, rtol=1e-14)


def test_softmax_by_hand() -> None:
    x = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])
    np.testing.assert_allclose(Softmax().forward(x), [[1 / 8, 2 / 8, 5 / 8], [3 / 8, 3 / 8, 2 / 8]], rtol=1e-14)
    np.testing.assert_allclose(Softmax().forward(x + 1000), Softmax().forward(x), rtol=1e-12)


@pytest.mark.parametrize("layer", ACTIVATIONS, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_ends_of_the_number_range(layer: Layer, dtype: type[np.float32]) -> None:
    large = np.finfo(dtype).max / 4
    x = np.array([[-large, -100, -1e-30, 0, 1e-30, 100, large]], dtype)
    y = layer.forward(x, training=True)  # warnings are errors: no overflow, no 0 / 0
    gradient = layer.backward(np.ones_like(y))
    assert y.dtype == gradient.dtype == dtype
    assert np.isfinite(y).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("layer", [*ACTIVATIONS, Flatten()], ids=repr)
def test_an_empty_batch(layer: Layer) -> None:
    shape = (0, 2, 3, 4) if isinstance(layer, Flatten) else (0, 5)
    y = layer.forward(np.empty(shape, np.float32), training=True)
    assert y.shape == (0, *layer.output_shape(shape[1:]))
    assert layer.backward(y).shape == shape


def test_flatten_counts_columns_fastest() -> None:
    x = np.arange(2 * 2 * 3 * 4).reshape(2, 2, 3, 4).astype(np.float32)
    y = Flatten().forward(x)
    assert y.shape == (2, 24)
    assert y[1, 1 * 12 + 2 * 4 + 3] == x[1, 1, 2, 3]
    assert np.shares_memory(x, y)


@pytest.mark.parametrize("count", [3, 3_000])
def test_relu_of_integers(count: int) -> None:
    x: Any = np.arange(count) - 2
    np.testing.assert_array_equal(ReLU().forward(x), np.maximum(x, 0))
