"""Convolution and pooling, against central differences and plain loops over the formulas."""

from collections.abc import Callable
from contextlib import nullcontext
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nn import AvgPool2D, CenterConv2D, Conv2D, MaxPool2D, Sequential
from nn.types import Array
from tests.support.layer_checks import assert_training_gradients, images

seeds = st.integers(0, 2**32 - 1)
small = st.integers(1, 3)
WINOGRAD = patch.multiple(
    "nn.kernels.tuning", WINOGRAD_MIN_CHANNELS=0, WINOGRAD_MIN_WORK=0
)  # wherever possible, also where it takes longer


def convolution(x: Array, weight: Array, bias: Array, stride: int, zeros: tuple[int, int, int, int]) -> Array:
    """Return the convolution by its formula, number by number."""
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
    size=st.tuples(st.integers(1, 9), st.integers(1, 6)),
    kernel=st.tuples(st.integers(1, 6), st.integers(1, 4)),
    stride=st.sampled_from([1, 1, 2, 3]),
    padding=st.sampled_from(["same", "valid", 0, 1, 2, 3]),
    bias=st.booleans(),
    winograd=st.booleans(),
    seed=seeds,
)
@settings(max_examples=200, deadline=None)
def test_convolution(
    batch: int,
    channels: tuple[int, int],
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: int,
    padding: int | str,
    bias: bool,
    winograd: bool,
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
    with WINOGRAD if winograd else nullcontext():
        assert_training_gradients([layer], x, seed)
        y = layer.forward(x)
    b = np.zeros(channels[1]) if layer.bias is None else layer.bias.value
    expected = convolution(x, layer.weight.value, b, stride, zeros)
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


def test_rows_of_a_kernel_that_see_only_padding() -> None:
    layer = Conv2D(1, 2, kernel=(1, 6), stride=8, padding=2)
    x = np.random.default_rng(0).normal(size=(2, 1, 3, 5))
    assert_training_gradients([layer], x, seed=0)
    assert layer.bias is not None
    np.testing.assert_allclose(layer.forward(x), np.broadcast_to(layer.bias.value[:, None, None], (2, 2, 1, 1)))


@given(
    batch=small,
    channels=st.tuples(small, small, small),
    size=st.tuples(st.integers(7, 10), st.integers(7, 10)),
    stride=small,
    seed=seeds,
)
@settings(max_examples=60, deadline=None)
def test_center_convolution(
    batch: int, channels: tuple[int, int, int], size: tuple[int, int], stride: int, seed: int
) -> None:
    wide, center, outputs = channels
    assume(all((n // 2 + 2) // stride * stride + 1 < n for n in size))
    layer = CenterConv2D(wide + center, outputs, center, stride=stride)
    x = np.random.default_rng(seed).normal(size=(batch, wide + center, *size))
    assert_training_gradients([layer], x, seed)

    # What it takes as 0: all but the 3 cells in the middle of an axis, 4 of an even one.
    rows, columns = ([abs(2 * i - (n - 1)) <= 3 for i in range(n)] for n in size)
    x[:, wide:] *= np.outer(rows, columns)
    twin = Sequential([Conv2D(wide + center, outputs, stride=stride)], x.shape[1:], rng=0, dtype=np.float64)
    twin.flat = np.concatenate([parameter.value.ravel() for parameter in layer.parameters().values()])
    np.testing.assert_allclose(layer.forward(x), twin.forward(x), rtol=1e-10, atol=1e-12)


def test_a_center_convolution_of_wrong_sizes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"CenterConv2D\(4, 0, 2, .*needs at least 1 input, 1 output"):
        CenterConv2D(4, 0, 2)
