"""Every layer's backward pass against central differences, in float64."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)
from nn.types import Array

sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)


def central_differences(loss: Callable[[], float], array: Array, step: float = 1e-5) -> Array:
    """Return dL/darray by changing one number at a time: (L(a + h) - L(a - h)) / 2h."""
    slopes = np.empty_like(array)
    for i in np.ndindex(*array.shape):
        value = array[i]
        array[i] = value + step
        above = loss()
        array[i] = value - step
        slopes[i] = (above - loss()) / (2 * step)
        array[i] = value
    return slopes


def relative_error(ours: Array, theirs: Array) -> float:
    size = float(np.linalg.norm(ours) + np.linalg.norm(theirs))
    return float(np.linalg.norm(ours - theirs)) / max(size, 1e-3)


def assert_gradients(layers: Sequence[Layer], batch: int, input_shape: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = Sequential(layers, input_shape, rng=rng, dtype=np.float64)
    network.flat += rng.normal(0, 0.1, network.size)  # biases other than 0
    x = rng.uniform(0.01, 2, (batch, *input_shape)) * rng.choice(
        [-1, 1], (batch, *input_shape)
    )  # no kink within a step
    weigh = rng.normal(size=(batch, *network.output_shape(input_shape)))  # L = Σ weigh · y

    def loss() -> float:
        return float((network.forward(x) * weigh).sum())

    network.forward(x, training=True)
    for_x = network.backward(weigh)
    assert for_x.dtype == np.float64
    assert relative_error(for_x, central_differences(loss, x)) < 1e-6
    assert relative_error(network.gradient, central_differences(loss, network.flat)) < 1e-6


@given(batch=sizes, inputs=sizes, outputs=sizes, seed=seeds)
@settings(max_examples=30, deadline=None)
def test_dense(batch: int, inputs: int, outputs: int, seed: int) -> None:
    assert_gradients([Dense(inputs, outputs)], batch, (inputs,), seed)


@pytest.mark.parametrize("layer", [ReLU, LeakyReLU, lambda: LeakyReLU(0.3), Tanh, Sigmoid])
@given(batch=sizes, shape=st.lists(sizes, min_size=1, max_size=3), seed=seeds)
@settings(max_examples=15, deadline=None)
def test_elementwise(layer: Callable[[], Layer], batch: int, shape: list[int], seed: int) -> None:
    assert_gradients([layer()], batch, tuple(shape), seed)


@given(batch=sizes, classes=sizes, seed=seeds)
@settings(max_examples=30, deadline=None)
def test_softmax(batch: int, classes: int, seed: int) -> None:
    assert_gradients([Softmax()], batch, (classes,), seed)


@given(batch=sizes, shape=st.tuples(sizes, sizes, sizes), seed=seeds)
@settings(max_examples=20, deadline=None)
def test_flatten(batch: int, shape: tuple[int, int, int], seed: int) -> None:
    assert_gradients([Flatten()], batch, shape, seed)


@given(batch=sizes, shape=st.tuples(sizes, sizes, sizes), hidden=sizes, outputs=sizes, seed=seeds)
@settings(max_examples=15, deadline=None)
def test_networks_in_networks(batch: int, shape: tuple[int, int, int], hidden: int, outputs: int, seed: int) -> None:
    inner = Sequential([Dense(hidden, hidden), Sigmoid(), Sequential([Dense(hidden, outputs)])])
    layers = [Flatten(), Dense(int(np.prod(shape)), hidden), Tanh(), inner, Softmax()]
    assert_gradients(layers, batch, shape, seed)


def test_gradients_add_up_over_passes() -> None:
    network = Sequential([Dense(3, 2), Tanh()], (3,), rng=0, dtype=np.float64)
    x, weigh = np.ones((4, 3)), np.ones((4, 2))
    network.forward(x, training=True)
    network.backward(weigh)
    once = network.gradient.copy()
    network.backward(weigh)
    np.testing.assert_array_equal(network.gradient, 2 * once)


@pytest.mark.parametrize(
    ("layer", "shape"), [(Dense(3, 3), (3,)), (ReLU(), (3,)), (Tanh(), (3,)), (Softmax(), (3,)), (Flatten(), (1, 1, 3))]
)
def test_inference_saves_nothing(layer: Layer, shape: tuple[int, ...]) -> None:
    network = Sequential([layer], shape, rng=0)
    before = dict(vars(layer))
    network.forward(np.ones((2, *shape)))
    assert vars(layer) == before
    with pytest.raises(RuntimeError, match=r"needs a forward\(x, training=True\) before it"):
        network.backward(np.ones((2, 3)))
    with pytest.raises(RuntimeError, match=r"needs a forward\(x, training=True\) before it"):
        layer.backward(np.ones((2, 3), np.float32))


@pytest.mark.parametrize("N", [5, 7])
@pytest.mark.parametrize(
    "network",
    [
        Sequential([Dense(3, 4), ReLU(), Dense(4, 2), Sigmoid()], (3,), rng=0),
        Sequential([BatchNorm(3), LayerNorm(3), Dense(3, 4), BatchNorm(4), Tanh(), Dense(4, 2)], (3,), rng=0),
        Sequential([BatchNorm(1), Conv2D(1, 2), MaxPool2D(), AvgPool2D(), Flatten(), Dense(2, 2)], (1, 4, 5), rng=0),
        Sequential([MaxPool2D(), Flatten(), Dense(4, 2)], (1, 4, 5), rng=0),
        Sequential([AvgPool2D(), LayerNorm((1, 2, 2)), Flatten(), Dense(4, 2)], (1, 4, 5), rng=0),
    ],
)
def test_inference_between_training_passes_changes_no_gradient(network: Sequential, N: int) -> None:
    rng = np.random.default_rng(0)
    x, weigh = rng.normal(size=(5, *network.input_shape)), rng.normal(size=(5, 2))
    network.gradient = 0
    network.forward(x, training=True)
    network.backward(weigh)
    expected = network.gradient.copy()
    network.gradient = 0
    network.forward(x, training=True)
    network.forward(rng.normal(size=(N, *network.input_shape)))
    network.backward(weigh)
    np.testing.assert_array_equal(network.gradient, expected)
