"""Normalisation layers and dropout, against central differences and their formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn import BatchNorm, BatchNormMaxPool2D, Dense, Dropout, Flatten, Layer, LayerNorm, MaxPool2D, Sequential
from nn.kernels import threads
from tests.support.layer_checks import assert_training_gradients, images

seeds = st.integers(0, 2**32 - 1)
small = st.integers(1, 3)


# From three examples on: two are always at 1 and -1, whatever they are, so their gradient is next to nothing.
@given(batch=st.integers(3, 6), shape=st.sampled_from([(4,), (3, 2, 5), (1, 1, 1), (2, 4, 1)]), seed=seeds)
@settings(max_examples=40, deadline=None)
def test_batch_norm(batch: int, shape: tuple[int, ...], seed: int) -> None:
    x = np.random.default_rng(seed).normal(1, 2, (batch, *shape))
    assert_training_gradients([BatchNorm(shape[0])], x, seed)


def test_batch_norm_subtracts_two_means_and_goes_through_the_batch_variance() -> None:
    rng = np.random.default_rng(0)
    network = Sequential([BatchNorm(3)], (3,), rng=rng, dtype=np.float64)
    x, g = rng.normal(2, 3, (8, 3)), rng.normal(size=(8, 3))
    network.forward(x, training=True)
    dx = network.backward(g)
    std = np.sqrt(x.var(axis=0) + 1e-5)
    normal = (x - x.mean(axis=0)) / std
    np.testing.assert_allclose(dx, (g - g.mean(axis=0) - normal * (g * normal).mean(axis=0)) / std, atol=1e-12)
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-12)  # shifting all x changes nothing
    np.testing.assert_allclose((dx * normal).sum(axis=0), 0, atol=1e-5)  # nor does stretching them
    assert not np.allclose(dx, g / std)


def test_batch_norm_measures_what_inference_uses() -> None:
    rng = np.random.default_rng(0)
    network = Sequential([BatchNorm(2, momentum=0.5)], (2, 3, 4), rng=rng, dtype=np.float64)
    x = rng.normal(5, 2, (6, 2, 3, 4))
    network.forward(x, training=True)
    parameters = network.parameters()
    np.testing.assert_allclose(parameters["0.mean"].value, x.mean(axis=(0, 2, 3)) / 2)
    np.testing.assert_allclose(parameters["0.variance"].value, (1 + x.var(axis=(0, 2, 3), ddof=1)) / 2)
    for _ in range(60):
        network.forward(x, training=True)
    y = network.forward(x[:1])
    expected = (x[:1] - x.mean(axis=(0, 2, 3), keepdims=True)) / x.std(axis=(0, 2, 3), ddof=1, keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=1e-4)
    with pytest.raises(ValueError, match="more than one number of each feature in training, the batch has 1"):
        Sequential([BatchNorm(2)], (2,), rng=0).forward(np.ones((1, 2)), training=True)


@given(batch=small, shape=st.sampled_from([(4,), (3, 2, 5), (2, 4, 1)]), seed=seeds)
@settings(max_examples=40, deadline=None)
def test_layer_norm(batch: int, shape: tuple[int, ...], seed: int) -> None:
    x = np.random.default_rng(seed).normal(1, 2, (batch, *shape))
    assert_training_gradients([LayerNorm(shape[0] if len(shape) == 1 else shape)], x, seed)


@given(batch=small, rate=st.sampled_from([0, 0.2, 0.5, 0.9]), seed=seeds)
@settings(max_examples=30, deadline=None)
def test_dropout(batch: int, rate: float, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(batch, 2, 3, 4))
    assert_training_gradients([Dropout(rate)], x, seed)
    network = Sequential([Dropout(rate)], (2, 3, 4), rng=seed, dtype=np.float64)
    np.testing.assert_array_equal(network.forward(x), x)
    y = network.forward(np.ones((500, 2, 3, 4)), training=True)
    assert set(np.unique(y)) <= {0, 1 / (1 - rate)}
    assert y.mean() == pytest.approx(1, abs=0.1)
    assert not np.array_equal(y, network.forward(np.ones((500, 2, 3, 4)), training=True)) or rate == 0


@pytest.mark.parametrize("mean", [0.0, 3.0, 30.0, 3000.0])
def test_batch_norm_of_numbers_far_from_zero(mean: float) -> None:
    """In float32 E[x²] - mean² would consist of rounding errors."""
    rng = np.random.default_rng(0)
    x = (mean + rng.normal(size=(64, 3, 5, 4))).astype(np.float32)
    g = rng.normal(size=x.shape).astype(np.float32)
    found, expected = (Sequential([BatchNorm(3)], (3, 5, 4), rng=0, dtype=dtype) for dtype in (np.float32, np.float64))
    tolerance = 1e-5 + 2e-7 * mean
    for _ in range(2):
        y = expected.forward(x, training=True)
        np.testing.assert_allclose(found.forward(x, training=True), y, atol=20 * tolerance)
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), 0, atol=1e-9)
    np.testing.assert_allclose(y.std(axis=(0, 2, 3)), 1, atol=1e-4)
    np.testing.assert_allclose(found.backward(g), expected.backward(g), atol=20 * tolerance)
    np.testing.assert_allclose(found.gradient, expected.gradient, atol=2e3 * tolerance)
    np.testing.assert_allclose(found.flat, expected.flat, rtol=1e-4)


def both(shape: tuple[int, ...], size: int, dtype: type[np.floating] = np.float64) -> tuple[Sequential, Sequential]:
    """Return the fused layer, and normalisation followed by pooling, with gains of both signs."""
    layers: list[list[Layer]] = [[BatchNormMaxPool2D(shape[0], size)], [BatchNorm(shape[0]), MaxPool2D(size)]]
    networks = [Sequential(some, shape, rng=0, dtype=dtype) for some in layers]
    for network in networks:
        network.parameters()["0.gain"].value = np.resize([1.5, -0.5, 0.1, -2], shape[0])
        network.parameters()["0.shift"].value = np.resize([0.5, -0.3], shape[0])
    return networks[0], networks[1]


@given(
    batch=st.integers(2, 5),
    shape=st.tuples(small, st.integers(3, 7), st.integers(3, 7)),
    size=small,
    mean=st.sampled_from([0, 40]),
    seed=seeds,
)
@settings(max_examples=60, deadline=None)
def test_normalisation_and_pooling_in_one(
    batch: int, shape: tuple[int, int, int], size: int, mean: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = images(rng, batch, *shape) + mean
    assert_training_gradients([BatchNormMaxPool2D(shape[0], size)], x, seed)
    one, apart = both(shape, size)
    for _ in range(2):
        np.testing.assert_allclose(one.forward(x, training=True), apart.forward(x, training=True), atol=1e-9)
    gradient = rng.normal(size=(batch, *one.output_shape(shape)))
    np.testing.assert_allclose(one.backward(gradient), apart.backward(gradient), atol=1e-9)
    np.testing.assert_allclose(one.gradient, apart.gradient, atol=1e-9)
    np.testing.assert_allclose(one.flat, apart.flat, rtol=1e-12)  # the running statistics lie in it
    np.testing.assert_allclose(one.forward(x), apart.forward(x), atol=1e-9)


def test_normalisation_and_pooling_of_wrong_sizes() -> None:
    with pytest.raises(ValueError, match=r"BatchNormMaxPool2D\(0, 2\) needs at least 1 feature"):
        BatchNormMaxPool2D(0)
    with pytest.raises(ValueError, match=r"BatchNormMaxPool2D\(size=0\) needs windows of at least 1"):
        BatchNormMaxPool2D(1, 0)
    with pytest.raises(ValueError, match=r"BatchNormMaxPool2D\(3, 2\) .*needs \(channels, rows, columns\)"):
        Sequential([BatchNormMaxPool2D(3)], (3,), rng=0)
    with pytest.raises(ValueError, match="needs 4 features"):
        Sequential([BatchNormMaxPool2D(3)], (4, 5, 6), rng=0)
    network = Sequential([BatchNormMaxPool2D(2, 3, 0.2, 1e-3)], (2, 7, 6), rng=0)
    assert network.layers[0].config() == {"features": 2, "size": 3, "momentum": 0.2, "epsilon": 1e-3}


def test_normalisation_and_pooling_with_several_threads() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4, 21, 18)).astype(np.float32)
    gradient = rng.normal(size=(400, 4, 10, 9)).astype(np.float32)
    found = []
    try:
        for count in (1, 2, 3):
            threads.use(count)
            network, _ = both((4, 21, 18), 2, np.float32)
            y = network.forward(x, training=True)
            found.append((y, network.backward(gradient).copy(), network.gradient, network.flat))
    finally:
        threads.use(1)
    for some in found[1:]:
        for ours, theirs in zip(some, found[0], strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4)])
def test_layer_norm_of_no_examples(shape: tuple[int, ...]) -> None:
    network = Sequential([LayerNorm(shape)], shape, rng=0)
    assert network.forward(np.zeros((0, *shape))).shape == (0, *shape)


def test_layer_norm_of_images_does_not_support_a_population() -> None:
    network = Sequential([LayerNorm((1, 4, 3)), Flatten(), Dense(12, 2)], (1, 4, 3), rng=0)
    with pytest.raises(ValueError, match="has no form for a population"):
        network.population(np.stack([network.flat] * 3))
