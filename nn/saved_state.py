"""Arrays and random generators from a file, checked before they replace those of an object."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]


def check_same_arrays(found: Arrays, expected: Arrays) -> None:
    """Check that arrays can replace others.

    Raises:
        ValueError: other names, shapes or types, or numbers that are NaN or infinite.
    """
    has, needs = ({(n, f"{a.dtype} {a.shape}") for n, a in arrays.items()} for arrays in (found, expected))
    if has != needs:
        raise ValueError(
            f"this is the state of something else: it has {sorted(has - needs)}, not {sorted(needs - has)}"
        )
    check_finite(found)


def check_finite(arrays: Arrays) -> None:
    """Raise a ValueError if a number in these arrays is NaN or infinite."""
    for name, array in arrays.items():
        if array.dtype.kind in "fc" and not np.isfinite(array).all():
            raise ValueError(f"{name} holds numbers that are NaN or infinite")


def restore_generator(rng: np.random.Generator, state: Mapping[str, Any]) -> None:
    """Let a generator continue from `rng.bit_generator.state` of an earlier one.

    Raises:
        ValueError: this is no state of such a generator, which is then as before.
    """
    trial = type(rng.bit_generator)(0)
    try:
        trial.state = state
        if repr(trial.state) != repr(state):  # NumPy rounds and ignores some wrong values
            raise ValueError(f"{state} is not as NumPy writes it")
    except (TypeError, ValueError, LookupError, OverflowError) as error:
        kind = type(rng.bit_generator).__name__
        raise ValueError(f"rng holds no state of a {kind} generator: {error}") from None
    rng.bit_generator.state = state
