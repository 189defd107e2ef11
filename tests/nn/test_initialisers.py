"""Initialisers: the spread of their values, against the papers' formulas."""

import math

import numpy as np
import pytest

from nn import Dense
from nn.initialisers import INITIALISERS

DEVIATIONS = {
    "he": math.sqrt(2 / 200),
    "glorot": math.sqrt(2 / (200 + 300)),  # a uniform distribution in ±a has the variance a² / 3
    "lecun": math.sqrt(1 / 200),
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_spread(name: str) -> None:
    values = INITIALISERS[name]((200, 300), 200, 300, np.random.default_rng(0))
    assert abs(values.mean()) < 0.02 * DEVIATIONS[name]  # 60,000 values: five standard errors
    assert values.std() == pytest.approx(DEVIATIONS[name], rel=0.015)


def test_glorot_has_bounds() -> None:
    values = INITIALISERS["glorot"]((200, 300), 200, 300, np.random.default_rng(0))
    assert 0.99 < np.abs(values).max() / math.sqrt(6 / 500) <= 1


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (4, 3, 2, 2), (6, 1)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    values = INITIALISERS["orthogonal"](shape, 1, 1, np.random.default_rng(0))
    assert values.shape == shape
    matrix = values.reshape(shape[0], -1)
    product = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)


def test_orthogonal_prefers_no_direction() -> None:
    rng = np.random.default_rng(0)
    corners = [INITIALISERS["orthogonal"]((3, 3), 3, 3, rng)[0, 0] for _ in range(2000)]
    assert abs(np.mean(corners)) < 0.05  # without the signs of R, this one is always negative


@pytest.mark.parametrize("name", INITIALISERS)
def test_the_same_seed_gives_the_same_values(name: str) -> None:
    first, second = (INITIALISERS[name]((3, 4), 3, 4, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(
        ValueError, match=r"no initialiser 'xavier': choose one of he, glorot, lecun, orthogonal, zeros"
    ):
        Dense(3, 4, "xavier")
