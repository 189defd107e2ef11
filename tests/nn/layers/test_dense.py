"""The dense layer beyond its gradients: how its bias is added, and arguments that are refused."""

import numpy as np
import pytest

from nn import Dense, Layer, Sequential
from nn.types import Array


@pytest.mark.parametrize("outputs", [5, 200])
def test_every_change_of_a_bias_takes_effect(outputs: int) -> None:
    network = Sequential([Dense(3, outputs)], (3,), rng=0)
    layer = network.layers[0]
    assert isinstance(layer, Dense)
    rng = np.random.default_rng(1)
    for N in (4, 4, 1, 7, 4):
        network.flat[-1] += 1
        layer.bias.value *= 2
        x = rng.standard_normal((N, 3)).astype(np.float32)
        expected = np.einsum("ni,io->no", x, layer.weight.value) + layer.bias.value
        np.testing.assert_allclose(network.forward(x), expected, rtol=1e-4, atol=1e-5)


class Half(Layer):
    """A custom layer that returns float64 whatever its input."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        y: Array = np.divide(x, np.array([2.0]))
        return y

    def backward(self, gradient: Array) -> Array:
        dx: Array = np.divide(gradient, np.array([2.0]))
        return dx


def test_a_float32_bias_is_added_to_float64_vectors() -> None:
    network = Sequential([Half(), Dense(3, 2)], (3,), rng=0)
    network.flat[-2:] = 1, 2
    x = np.ones((4, 3))
    np.testing.assert_allclose(network.forward(x), network.forward(x, training=True), rtol=1e-6)


@pytest.mark.parametrize("lengths", [(0, 3), (3, 0), (-1, 2)])
def test_dense_needs_lengths(lengths: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="needs at least 1 input and 1 output"):
        Dense(*lengths)
