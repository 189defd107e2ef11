"""Equality to the last bit, for whatever environments give."""

from typing import Any

import numpy as np


def assert_same(first: Any, second: Any) -> None:
    """Whether two things are equal, arrays to the last bit and of the same dtype."""
    assert type(first) is type(second)
    if isinstance(first, np.ndarray):
        assert first.dtype == second.dtype
        np.testing.assert_array_equal(first, second)
    elif isinstance(first, dict):
        assert list(first) == list(second)
        for key in first:
            assert_same(first[key], second[key])
    elif isinstance(first, list | tuple):
        assert len(first) == len(second)
        for one, two in zip(first, second, strict=True):
            assert_same(one, two)
    else:
        assert first == second
