"""Whole networks of images: two heads, any number of threads, reused memory, and the messages of errors."""

from collections.abc import Callable, Hashable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from nn import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LayerNorm,
    MaxPool2D,
    ReLU,
    Sequential,
    Split,
)
from nn.kernels import tuning
from tests.support.layer_checks import assert_training_gradients, images

seeds = st.integers(0, 2**32 - 1)


@given(batch=st.integers(2, 4), seed=seeds)
@settings(max_examples=20, deadline=None)
def test_a_whole_network_with_two_heads(batch: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    value = Sequential([Dense(4, 3), nn.Tanh(), Dense(3, 1)])
    layers: list[Layer] = [
        MaxPool2D(2),  # here, where numbers are well apart
        Conv2D(2, 3, bias=False),
        BatchNorm(3),
        nn.Tanh(),
        Conv2D(3, 2, kernel=(1, 2), stride=2, padding=1),
        AvgPool2D(2, 1),
        Flatten(),
        Dense(2, 4),
        LayerNorm(4),
        Dropout(0.3),
        Split(Dense(4, 2), value),
    ]
    x = images(rng, batch, 2, 5, 7)
    assert Sequential(layers).output_shape((2, 5, 7)) == (3,)
    assert_training_gradients(layers, x, seed)


def test_the_gradients_of_both_branches_are_added() -> None:
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    both = Sequential([Split(Dense(3, 2), Dense(3, 1))], (3,), rng=1, dtype=np.float64)
    policy = Sequential([Dense(3, 2)], (3,), flat=both.flat[:8].copy())
    value = Sequential([Dense(3, 1)], (3,), flat=both.flat[8:].copy())
    y = both.forward(x, training=True)
    np.testing.assert_array_equal(y, np.hstack([policy.forward(x, training=True), value.forward(x, training=True)]))
    expected = policy.backward(g[:, :2]) + value.backward(g[:, 2:])
    np.testing.assert_allclose(both.backward(g), expected)
    np.testing.assert_allclose(both.gradient, np.concatenate([policy.gradient, value.gradient]))
    with pytest.raises(ValueError, match="needs branches that return vectors"):
        Sequential([Split(Flatten(), ReLU()), Dense(3, 1)], (3, 2, 2), rng=0)


def small_network(dtype: type[np.float32] | type[np.float64] = np.float32) -> Sequential:
    layers = [
        Conv2D(3, 8, bias=False),
        BatchNorm(8),
        MaxPool2D(2),
        ReLU(),
        Conv2D(8, 16),
        ReLU(),
        Flatten(),
        Dense(16 * 6 * 7, 256),
        ReLU(),
        Dropout(0.5),
        Dense(256, 4),
    ]
    return Sequential(layers, (3, 12, 14), rng=0, dtype=dtype)


def test_the_same_bits_for_any_number_of_threads() -> None:
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(64, 3, 12, 14)), rng.normal(size=(64, 4))
    results = []
    try:
        for count in (1, 2, 3):
            nn.threads.use(count)
            network = small_network()
            for _ in range(3):
                network.gradient = 0
                network.forward(x, training=True)
                network.accumulate_gradients(g)
                network.flat -= 0.01 * network.gradient
            results.append((network.flat.copy(), network.forward(x), network.backward(g).copy()))
    finally:
        nn.threads.use(1)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_an_error_in_a_thread_is_raised() -> None:
    def fail(part: slice) -> None:
        if part.start:
            raise ZeroDivisionError(part)

    nn.threads.use(2)
    try:
        with pytest.raises(ZeroDivisionError):
            nn.threads.parallel_for(fail, 10, tuning.MIN_PARALLEL_WORK)
        done: list[slice] = []
        nn.threads.parallel_for(done.append, 10, tuning.MIN_PARALLEL_WORK)
        assert sorted((part.start, part.stop) for part in done) == [(0, 5), (5, 10)]
    finally:
        nn.threads.use(1)
    with pytest.raises(ValueError, match="give 1 or more"):
        nn.threads.use(0)


def test_results_belong_to_the_caller() -> None:
    network = small_network()
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 5, 3, 12, 14))
    first = network.forward(a)
    before = first.copy()
    network.forward(b)
    network.forward(b, training=True)
    np.testing.assert_array_equal(first, before)


def test_any_strides_give_the_same() -> None:
    network, x = small_network(np.float64), np.random.default_rng(0).normal(size=(5, 3, 12, 14))
    innermost = np.ascontiguousarray(x.transpose(2, 1, 3, 0)).transpose(3, 1, 0, 2)
    np.testing.assert_array_equal(network.forward(innermost), network.forward(x))
    np.testing.assert_allclose(network.forward(x[::-1])[::-1], network.forward(x), rtol=1e-12)


def test_training_again_allocates_no_new_arrays() -> None:
    network, rng = small_network(), np.random.default_rng(0)
    x, g = rng.normal(size=(32, 3, 12, 14)), rng.normal(size=(32, 4))

    def addresses() -> dict[tuple[int, Hashable], int]:
        return {
            (i, name): array.ctypes.data
            for i, layer in enumerate(network.layers)
            for name, array in layer.workspace.arrays.items()
        }

    network.forward(x, training=True)
    network.accumulate_gradients(g)
    before = addresses()
    network.forward(x, training=True)
    network.accumulate_gradients(g)
    assert addresses() == before
    assert len(before) > 10


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [Conv2D(3, 16), MaxPool2D(2), Flatten(), Dense(1568, 10)],
            r"Dense\(1568, 10\) after Flatten of .* needs 2704 inputs",
        ),
        ([Conv2D(1, 4)], r"Conv2D\(1, 4.*needs 3 inputs"),
        ([Dense(3, 4), Conv2D(4, 4)], "needs"),
        ([Conv2D(3, 4, kernel=30, padding="valid")], "needs a smaller kernel or more padding"),
        ([MaxPool2D(30)], "needs a window no larger than the image"),
        ([BatchNorm(4)], r"BatchNorm\(4\) on an input of \(3, 27, 26\) needs 3 features"),
        ([LayerNorm(4)], "needs .3, 27, 26. as features"),
    ],
)
def test_layers_that_do_not_fit_are_refused_when_the_network_is_built(layers: list[Layer], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sequential(layers, (3, 27, 26), rng=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Conv2D(0, 1),
        lambda: Conv2D(1, 1, stride=0),
        lambda: Conv2D(1, 1, padding="full"),
        lambda: Conv2D(1, 1, padding=-1),
        lambda: MaxPool2D(0),
        lambda: BatchNorm(0),
        lambda: BatchNorm(1, momentum=0),
        lambda: LayerNorm(0),
        lambda: LayerNorm(1, epsilon=0),
        lambda: Dropout(1),
    ],
)
def test_arguments_out_of_range(make: Callable[[], Layer]) -> None:
    with pytest.raises(ValueError, match="needs"):
        make()


def test_saving_keeps_the_running_statistics(tmp_path: object) -> None:
    network, x = small_network(), np.random.default_rng(0).normal(3, 2, (9, 3, 12, 14))
    network.forward(x, training=True)
    nn.save(f"{tmp_path}/network.npz", network)
    again, _ = nn.load(f"{tmp_path}/network.npz")
    np.testing.assert_array_equal(again.forward(x), network.forward(x))
    assert again.config() == network.config()


def test_layers_that_do_not_support_a_population_are_refused() -> None:
    network = Sequential([Conv2D(1, 2), Flatten(), Dense(12, 1)], (1, 2, 3), rng=0)
    with pytest.raises(ValueError, match=r"Conv2D.* has no form for a population"):
        network.population(np.zeros((3, network.size), np.float32))
    heads = Sequential([Dense(3, 4), Split(Dense(4, 2), LayerNorm(4))], (3,), rng=0)
    genomes = np.random.default_rng(0).normal(size=(5, heads.size)).astype(np.float32)
    x = np.random.default_rng(1).normal(size=(5, 7, 3)).astype(np.float32)
    ys = heads.population(genomes).forward(x)
    for genome, examples, y in zip(genomes, x, ys, strict=True):
        heads.flat = genome
        np.testing.assert_allclose(heads.forward(examples), y, rtol=1e-5, atol=1e-6)


def test_summary_counts_layers_inside_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    layers = [Conv2D(2, 3), Flatten(), Split(Dense(36, 2), Sequential([Dense(36, 4), ReLU(), Dense(4, 1)]))]
    Sequential(layers, (2, 3, 4), rng=0).summary()
    words = capsys.readouterr().out.split()
    for number in ("2.0", "2.1.0", "2.1.2", "(3,", "57", "74", "148", "5", "284"):
        assert number in words


def test_many_images_are_processed_in_parts() -> None:
    network = small_network()
    images = np.random.default_rng(0).normal(size=(2 * tuning.INFERENCE_IMAGES + 3, 3, 12, 14)).astype(np.float32)
    one_by_one = np.concatenate([network.forward(image[None]) for image in images])
    np.testing.assert_allclose(network.forward(images), one_by_one, rtol=1e-4, atol=1e-5)
    assert network.forward(images[:0]).shape == (0, 4)
