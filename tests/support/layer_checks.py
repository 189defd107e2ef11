"""Checks for layers that use the whole batch, and for layers of images."""

import numpy as np

from nn import Layer, Sequential
from nn.types import Array
from tests.nn.layers.test_gradients import central_differences, relative_error


def images(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers that are well apart, so that no maximum changes within a step of central differences."""
    return (rng.permutation(np.prod(shape)) * 0.01 - 0.5).reshape(shape)


def assert_training_gradients(layers: list[Layer], x: Array, seed: int) -> None:
    """In training mode, in which the statistics are those of the batch."""
    rng = np.random.default_rng(seed)
    network = Sequential(layers, x.shape[1:], rng=rng, dtype=np.float64)
    for name, parameter in network.parameters().items():
        if parameter.trainable:
            parameter.value += rng.normal(0, 0.3, parameter.shape)
        assert name
    weigh = rng.normal(size=(len(x), *network.output_shape(x.shape[1:])))

    def loss() -> float:
        network.reseed(np.random.default_rng(seed))
        return float((network.forward(x, training=True) * weigh).sum())

    loss()
    for_x = network.backward(weigh).copy()
    for_parameters = network.gradient.copy()
    statistics = network.flat.copy()
    assert relative_error(for_x, central_differences(loss, x)) < 1e-6
    numeric = central_differences(loss, network.flat)
    network.flat = statistics
    for (name, parameter), start in zip(
        network.parameters().items(),
        np.cumsum([0, *(p.size for p in network.parameters().values())]),
        strict=False,
    ):
        ours, theirs = (a[start : start + parameter.size] for a in (for_parameters, numeric))
        if parameter.trainable:
            assert relative_error(ours, theirs) < 1e-6, name
        else:
            assert not ours.any()

    network.gradient = 0
    loss()
    network.accumulate_gradients(weigh)
    np.testing.assert_array_equal(network.gradient, for_parameters)
