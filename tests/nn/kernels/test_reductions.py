"""Sums and maxima of rows and columns are NumPy's, whatever the matrix's layout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.kernels import tuning
from nn.kernels.reductions import column_sums, row_maxima, row_sums

sizes = st.integers(1, 2 * tuning.MAX_SHORT_ROW)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(N=sizes, K=sizes, seed=st.integers(0, 999), columns_first=st.booleans())
def test_sums_and_maxima(dtype: type[np.float32], N: int, K: int, seed: int, columns_first: bool) -> None:
    matrix = np.random.default_rng(seed).standard_normal((N, K)).astype(dtype, order="F" if columns_first else "C")
    exact = matrix.astype(np.float64)
    room = 1e-5 if dtype is np.float32 else 1e-13
    for found, expected in (
        (column_sums(matrix), exact.sum(axis=0)),
        (row_sums(matrix), exact.sum(axis=1, keepdims=True)),
        (row_maxima(matrix), exact.max(axis=1, keepdims=True)),
    ):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=0, atol=room * max(N, K))
