"""Gradient clipping: by hand, against PyTorch, and where squares overflow."""

import numpy as np
import pytest

from nn import (
    clip_by_global_norm,
)
from tests.support.torch_numbers import CLIPPING


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipping(dtype: type[np.float32]) -> None:
    gradient = np.array([3, 0, -4, 0, 12, 0], dtype)
    assert clip_by_global_norm(gradient, 13.5) == 13
    np.testing.assert_array_equal(gradient, [3, 0, -4, 0, 12, 0])
    assert clip_by_global_norm(gradient, 6.5) == 13
    np.testing.assert_allclose(gradient, [1.5, 0, -2, 0, 6, 0], rtol=1e-6)
    assert gradient.dtype == dtype


@pytest.mark.parametrize("limit", CLIPPING)
def test_clipping_frozen_from_pytorch(limit: str) -> None:
    length, expected = CLIPPING[limit]
    gradient = np.array([[1.5, -0.3, 0.2, 4.0], [-2.0, 0.1, 0.7, 0.4], [0.3, 0.9, -1.2, -0.6]])
    assert clip_by_global_norm(gradient, float(limit)) == pytest.approx(length, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)  # PyTorch divides by the norm + 1e-6


@pytest.mark.peers
@pytest.mark.parametrize("limit", [0.5, 50.0])
def test_clipping_with_pytorch(limit: float) -> None:
    torch = pytest.importorskip("torch")
    gradient = np.random.default_rng(0).normal(size=100)
    twin = torch.zeros(100, dtype=torch.float64, requires_grad=True)
    twin.grad = torch.tensor(gradient)
    assert clip_by_global_norm(gradient, limit) == pytest.approx(torch.nn.utils.clip_grad_norm_(twin, limit).item())
    np.testing.assert_allclose(gradient, twin.grad.numpy(), rtol=1e-6)  # PyTorch divides by the norm + 1e-6


def test_a_gradient_whose_squares_overflow_float32_is_clipped_too() -> None:
    gradient = np.full(4, 1e20, np.float32)
    assert clip_by_global_norm(gradient, 1.0) == pytest.approx(2e20)
    np.testing.assert_allclose(gradient, 0.5, rtol=1e-6)
