"""Array types that several modules share."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]
BoolArray: TypeAlias = NDArray[np.bool_]
IntArray: TypeAlias = NDArray[np.int64]
MaskArray: TypeAlias = NDArray[np.int8]  # action mask: 1 for a valid action, 0 for an invalid one
Arrays: TypeAlias = dict[str, NDArray[Any]]  # by name, as they are saved
