"""The images of a training: some to learn from, some to measure by."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class ImageDataset(NamedTuple):
    """Images and labels to train on, and to measure by."""

    images: NDArray[np.uint8]  # (N, H, W) or (N, H, W, C), for training
    labels: NDArray[np.integer[Any]]  # (N,) indices of classes
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.integer[Any]]
    classes: tuple[str, ...]
    held_out: NDArray[np.bool_] | None = None  # (N,): training images to validate with; None: a share of each class
