"""Ownership: results belong to the caller, random generators to each layer of a copy."""

import copy

import numpy as np
import pytest

from nn import Dense, Dropout, Layer, LeakyReLU, ReLU, Sequential, Sigmoid, Softmax, Tanh


@pytest.mark.parametrize("last", [ReLU(), Tanh(), LeakyReLU(), Sigmoid(), Softmax(), Dense(4, 4)])
def test_returned_arrays_belong_to_the_caller(last: Layer) -> None:
    network = Sequential([Dense(3, 4), type(last)(**last.config())], (3,), rng=0, dtype=np.float64)
    x, targets = np.random.default_rng(1).normal(size=(2, 2, 3)), np.ones((2, 4))
    y = network.forward(x[0], training=True)
    gradient = network.backward(y - targets)
    expected = gradient.copy()
    y = network.forward(x[0], training=True)
    y -= targets
    np.testing.assert_array_equal(network.backward(y), expected)
    np.testing.assert_array_equal(gradient, expected)
    network.forward(x[1], training=True)
    network.backward(targets)
    np.testing.assert_array_equal(gradient, expected)


def test_layers_of_a_copy_draw_independent_random_numbers() -> None:
    network = Sequential([Dropout(), Dropout()], (50,), rng=3)
    for one in (network, copy.deepcopy(network), Sequential(**network.config(), input_shape=(50,), flat=network.flat)):
        one.forward(np.ones((4, 50)), training=True)
        assert not np.array_equal(one.layers[0].saved, one.layers[1].saved)
