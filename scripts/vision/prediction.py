"""Predictions of a classifier: for one image with feature maps, or for image files as a table."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.table import Column, Table

from scripts.common.feature_maps import FeatureMaps, feature_maps
from scripts.common.paths import quoted
from scripts.common.tables import print_table
from scripts.common.terminal import make_console
from scripts.vision.classifier import Classifier

TOP = 3  # classes that the table lists for each image


@dataclass(frozen=True)
class Prediction:
    """One network's prediction for one image.

    Attributes:
        image: the network's input before normalisation: (28, 28), or (size, size, 3).
        probabilities: (K,), of each class.
        layers: the feature maps of each layer.
    """

    image: NDArray[np.uint8]
    probabilities: NDArray[np.floating[Any]]
    layers: list[FeatureMaps]


def predict_image(classifier: Classifier, image: NDArray[np.uint8]) -> Prediction:
    """Predict the class of one image; not to be called from two threads at once for the same network."""
    batch = image[None]
    layers = feature_maps(classifier.network, classifier.normalisation(batch))
    return Prediction(image, classifier.probabilities(batch)[0], layers)


def predict_files(weights: Path, files: Sequence[Path]) -> dict[str, str]:
    """Print the most probable classes of each image file, and the reasons for files that cannot be read.

    Returns:
        The predicted class by file name.

    Raises:
        ValueError: no files are given, or some cannot be read; then the others were classified.
    """
    if not files:
        raise ValueError("no images given; name their files after the weights")
    classifier = Classifier.load(weights)
    images, errors = {}, []
    for path in files:
        if path.is_dir():
            errors.append(f"{path} is a folder; name the image files in it, such as {quoted(path)}/*")
            continue
        try:
            images[path] = classifier.read_image(path)
        except ValueError as error:
            errors.append(str(error))
    if not images:
        raise ValueError("; ".join(errors))
    probabilities = classifier.probabilities(np.stack(list(images.values())))
    predicted = {}
    table = Table("image", Column("class", no_wrap=True), "probabilities", box=box.SIMPLE_HEAD)
    for path, row in zip(images, probabilities, strict=True):
        order = np.argsort(-row, kind="stable")[:TOP]
        predicted[str(path)] = classifier.classes[order[0]]
        top = ", ".join(f"{classifier.classes[k]} {row[k]:.1%}" for k in order)
        table.add_row(str(path), predicted[str(path)], top)
    print_table(make_console(), table)
    if errors:
        for reason in errors:
            print(f"not read: {reason}", file=sys.stderr)
        raise ValueError(f"{len(errors)} of {len(files)} files could not be read")
    return predicted
