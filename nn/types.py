"""Types that all modules share."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]
Shape: TypeAlias = tuple[int, ...]
Examples: TypeAlias = npt.NDArray[Any]  # (N, ...), of any dtype that a network or an augmentation accepts
