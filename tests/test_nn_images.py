"""Layers of images, and those that normalise, against central differences and loops that spell the formula out."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
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
from nn.layer import Array
from tests.test_nn_gradients import central_differences, relative_error

seeds = st.integers(0, 2**32 - 1)
small = st.integers(1, 3)


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
    network.learn(weigh)
    np.testing.assert_array_equal(network.gradient, for_parameters)


def convolution(x: Array, weight: Array, bias: Array, stride: int, zeros: tuple[int, int, int, int]) -> Array:
    """The formula, number by number."""
    above, below, left, right = zeros
    N, C, H, W = x.shape
    O, _, I, J = weight.shape
    U, V = (H + above + below - I) // stride + 1, (W + left + right - J) // stride + 1
    y = np.empty((N, O, U, V))
    for n, o, u, v in np.ndindex(y.shape):
        total = bias[o]
        for c, i, j in np.ndindex(C, I, J):
            h, w = stride * u + i - above, stride * v + j - left
            if 0 <= h < H and 0 <= w < W:
                total += weight[o, c, i, j] * x[n, c, h, w]
        y[n, o, u, v] = total
    return y


@given(
    batch=small,
    channels=st.tuples(small, small),
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=small,
    padding=st.sampled_from(["same", "valid", 0, 1, 2, 3]),
    bias=st.booleans(),
    seed=seeds,
)
@settings(max_examples=120, deadline=None)
def test_convolution(
    batch: int,
    channels: tuple[int, int],
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: int,
    padding: int | str,
    bias: bool,
    seed: int,
) -> None:
    layer = Conv2D(*channels, kernel=kernel, stride=stride, padding=padding, bias=bias)
    p = 0 if padding == "valid" else padding
    if p == "same":
        totals = [max(0, (-(-n // stride) - 1) * stride + k - n) for n, k in zip(size, kernel, strict=True)]
        zeros = (totals[0] // 2, totals[0] - totals[0] // 2, totals[1] // 2, totals[1] - totals[1] // 2)
    else:
        assert isinstance(p, int)
        zeros = (p, p, p, p)
    assume(size[0] + zeros[0] + zeros[1] >= kernel[0] and size[1] + zeros[2] + zeros[3] >= kernel[1])
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(batch, channels[0], *size))
    assert_training_gradients([layer], x, seed)
    b = np.zeros(channels[1]) if layer.bias is None else layer.bias.value
    expected = convolution(x, layer.weight.value, b, stride, zeros)
    y = layer.forward(x)
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-12)
    assert y.shape[1:] == layer.output_shape(x.shape[1:])
    if padding == "same":
        assert y.shape[2:] == (-(-size[0] // stride), -(-size[1] // stride))


@pytest.mark.parametrize("kind", [MaxPool2D, AvgPool2D])
@given(
    batch=small,
    channels=small,
    size=st.tuples(st.integers(3, 7), st.integers(3, 7)),
    window=small,
    stride=st.sampled_from([None, 1, 2, 3]),
    seed=seeds,
)
@settings(max_examples=60, deadline=None)
def test_pooling(
    kind: type[MaxPool2D] | type[AvgPool2D],
    batch: int,
    channels: int,
    size: tuple[int, int],
    window: int,
    stride: int | None,
    seed: int,
) -> None:
    layer = kind(window, stride)
    x = images(np.random.default_rng(seed), batch, channels, *size)
    assert_training_gradients([layer], x, seed)
    y = layer.forward(x)
    step = stride or window
    reduce: Callable[[Array], float] = np.max if kind is MaxPool2D else np.mean
    for n, c, u, v in np.ndindex(y.shape):
        seen = x[n, c, u * step : u * step + window, v * step : v * step + window]
        assert y[n, c, u, v] == pytest.approx(reduce(seen))


def test_the_largest_of_equals_takes_the_gradient_once() -> None:
    network = Sequential([MaxPool2D(2)], (1, 2, 2), rng=0)
    network.forward(np.ones((1, 1, 2, 2)), training=True)
    np.testing.assert_array_equal(network.backward(np.ones((1, 1, 1, 1))), [[[[1, 0], [0, 0]]]])


@given(batch=st.integers(2, 6), shape=st.sampled_from([(4,), (3, 2, 5), (1, 1, 1), (2, 4, 1)]), seed=seeds)
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
    with pytest.raises(ValueError, match="more than one number of each feature"):
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


@given(batch=st.integers(2, 4), seed=seeds)
@settings(max_examples=20, deadline=None)
def test_a_whole_network_with_two_heads(batch: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    value = Sequential([Dense(4, 3), nn.Tanh(), Dense(3, 1)])
    layers: list[Layer] = [
        Conv2D(2, 3, bias=False),
        BatchNorm(3),
        MaxPool2D(2),
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


def test_split_weighs_what_the_trunk_learns() -> None:
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    both = Sequential([Split(Dense(3, 2), Dense(3, 1), weights=(0.5, 2.0))], (3,), rng=1, dtype=np.float64)
    policy = Sequential([Dense(3, 2)], (3,), flat=both.flat[:8].copy())
    value = Sequential([Dense(3, 1)], (3,), flat=both.flat[8:].copy())
    y = both.forward(x, training=True)
    np.testing.assert_array_equal(y, np.hstack([policy.forward(x, training=True), value.forward(x, training=True)]))
    expected = 0.5 * policy.backward(g[:, :2]) + 2 * value.backward(g[:, 2:])
    np.testing.assert_allclose(both.backward(g), expected)
    np.testing.assert_allclose(both.gradient, np.concatenate([policy.gradient, value.gradient]))
    with pytest.raises(ValueError, match="give two"):
        Split(Dense(3, 2), Dense(3, 1), weights=(1.0,))
    with pytest.raises(ValueError, match="needs branches that give vectors"):
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
                network.learn(g)
                network.flat -= 0.01 * network.gradient
            results.append((network.flat.copy(), network.forward(x), network.backward(g).copy()))
    finally:
        nn.threads.use(1)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_thread_says_what_went_wrong() -> None:
    def fail(part: slice) -> None:
        if part.start:
            raise ZeroDivisionError(part)

    nn.threads.use(2)
    try:
        with pytest.raises(ZeroDivisionError):
            nn.threads.split(fail, 10, nn.threads.WORTH)
        done: list[slice] = []
        nn.threads.split(done.append, 10, nn.threads.WORTH)
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


def test_training_again_needs_no_new_memory() -> None:
    network, rng = small_network(), np.random.default_rng(0)
    x, g = rng.normal(size=(32, 3, 12, 14)), rng.normal(size=(32, 4))

    def addresses() -> dict[tuple[int, str], int]:
        return {
            (i, name): array.ctypes.data
            for i, layer in enumerate(network.layers)
            for name, array in vars(layer).get("_buffers", {}).items()
        }

    network.forward(x, training=True)
    network.learn(g)
    before = addresses()
    network.forward(x, training=True)
    network.learn(g)
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
def test_mistakes_are_caught_when_the_network_is_put_together(layers: list[Layer], message: str) -> None:
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


def test_what_has_no_form_for_a_population_says_so() -> None:
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


def test_summary_counts_what_lies_inside_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    layers = [Conv2D(2, 3), Flatten(), Split(Dense(36, 2), Sequential([Dense(36, 4), ReLU(), Dense(4, 1)]))]
    Sequential(layers, (2, 3, 4), rng=0).summary()
    words = capsys.readouterr().out.split()
    for number in ("2.0", "2.1.0", "2.1.2", "(3,", "57", "74", "148", "5", "284"):
        assert number in words


def test_rows_of_a_kernel_that_see_padding_alone() -> None:
    layer = Conv2D(1, 2, kernel=(1, 6), stride=8, padding=2)
    x = np.random.default_rng(0).normal(size=(2, 1, 3, 5))
    assert_training_gradients([layer], x, seed=0)
    assert layer.bias is not None
    np.testing.assert_allclose(layer.forward(x), np.broadcast_to(layer.bias.value[:, None, None], (2, 2, 1, 1)))
