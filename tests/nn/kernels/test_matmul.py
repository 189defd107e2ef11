"""Matrix products in blocks: the same numbers however they are cut, the same bits for any number of threads."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest

import nn
from nn.kernels import tuning
from nn.kernels.matmul import matmul
from nn.types import Array

# n, k, m, and the shapes of the products that are made
CUTS: dict[str, tuple[tuple[int, int, int], list[tuple[int, ...]]]] = {
    "whole: few multiplications": ((100, 100, 100), [(100, 100)]),
    "a few blocks of the sums": ((12, 1600, 100), [(2, 12, 100)]),
    "many blocks of the sums": ((32, 3200, 128), [(16, 32, 128)]),
    "blocks of the sums, for a few rows at a time": ((100, 3200, 128), [*[(16, 32, 128)] * 3, (16, 4, 128)]),
    "halves of the sums: there are too many others": ((32, 5120, 256), [(2, 32, 256)]),
    "halves of the sums: others are too short": ((96, 1600, 256), [(2, 96, 256)]),
    "halves of the rows: the sums are of an odd length": ((101, 1601, 100), [(50, 100), (51, 100)]),
    "many blocks of the rows": ((1600, 32, 128), [(8, 200, 128)]),
    "halves of the rows: others are too short": ((601, 300, 301), [(300, 301), (301, 301)]),
    "halves of the columns": ((32, 128, 1600), [(800, 32), (800, 32)]),
}


def made_by(monkeypatch: pytest.MonkeyPatch, call: Callable[[], None]) -> list[tuple[int, ...]]:
    """Return the shapes of the products that a call makes."""
    made: list[tuple[int, ...]] = []

    def recorded(a: Array, b: Array, out: Array, product: Callable[..., Array] = np.matmul) -> None:
        made.append(out.shape)
        product(a, b, out=out)

    with monkeypatch.context() as context:
        context.setattr(np, "matmul", recorded)
        call()
    return made


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("shape", "parts"), CUTS.values(), ids=CUTS)
def test_a_product_in_blocks(
    shape: tuple[int, int, int],
    parts: list[tuple[int, ...]],
    order: Literal["C", "F"],
    dtype: type[np.float32] | type[np.float64],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n, k, m = shape
    rng = np.random.default_rng(0)
    a: Array = np.asarray(rng.standard_normal((n, k)), dtype, order=order)
    b: Array = np.asarray(rng.standard_normal((k, m)), dtype, order=order)
    out: Array = np.empty((2, n, m), dtype)
    total: Array = np.ones((2, n, m), dtype)
    assert made_by(monkeypatch, lambda: matmul(a, b, out[0], total[0])) == parts
    nn.threads.use(2)
    try:
        matmul(a, b, out[1], total[1])
    finally:
        nn.threads.use(1)
    np.testing.assert_allclose(out[0], a.astype(np.float64) @ b, atol=2e-3 if dtype is np.float32 else 1e-10)
    np.testing.assert_array_equal(out[1], out[0])
    np.testing.assert_array_equal(total, out + 1)


def test_blocks_are_small_and_long_enough() -> None:
    many = [(shape, parts[0][0]) for shape, parts in CUTS.values() if len(parts[0]) == 3 and parts[0][0] > 2]
    assert len(many) == 3
    for (n, k, m), parts in many:
        assert min(n, tuning.ROWS_AT_A_TIME if k > m else n) * k * m / parts <= tuning.SMALL_PRODUCT
        assert max(n, k) / parts >= tuning.MIN_BLOCK_LENGTH


def test_a_transposed_result_is_written_where_it_belongs() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((32, 128)), rng.standard_normal((128, 1600))
    features_side_by_side = np.empty((1600, 32)).T
    matmul(a, b, features_side_by_side)
    np.testing.assert_allclose(features_side_by_side, a @ b)


def test_a_total_in_another_order_of_memory_is_added_to() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((1600, 32)), rng.standard_normal((32, 128))
    out, total = np.empty((1600, 128)), np.ones((128, 1600)).T
    matmul(a, b, out, total)
    np.testing.assert_allclose(out, a @ b)
    np.testing.assert_array_equal(total, out + 1)


def test_products_that_are_left_to_blas_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((600, 300), np.float32), rng.standard_normal((300, 301), np.float32)
    products, totals = np.empty((2, 600, 301), np.float32), np.ones((2, 600, 301), np.float32)
    assert made_by(monkeypatch, lambda: matmul(a, b, products[0], totals[0])) == [(300, 301), (300, 301)]
    with nn.threads.blas_threads():
        assert made_by(monkeypatch, lambda: matmul(a, b, products[1], totals[1])) == [(600, 301)]
    for product, total in zip(products, totals, strict=True):
        np.testing.assert_allclose(product, a.astype(np.float64) @ b, atol=1e-3)
        np.testing.assert_array_equal(total, product + 1)
