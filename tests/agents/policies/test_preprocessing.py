"""Network input for each dtype of observations."""

import numpy as np
import pytest

from agents.policies.preprocessing import network_input


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_unsigned_numbers_go_from_0_to_1(dtype: type[np.unsignedinteger]) -> None:
    largest = np.iinfo(dtype).max
    given = np.array([[0, largest // 5, largest]], dtype)
    np.testing.assert_allclose(network_input(given), [[0, 0.2, 1]], rtol=1e-6)
    planes = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5).astype(dtype)
    np.testing.assert_allclose(network_input(planes), planes / largest, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.bool_, np.float32, np.float64])
def test_others_keep_their_value(dtype: type[np.generic]) -> None:
    given = np.array([[0, 1, 1], [1, 0, 0]], dtype)
    result = network_input(given)
    assert result.dtype.kind == "f"
    np.testing.assert_array_equal(result, given)
