"""What networks make of a picture: how probable each class is, and what each layer answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.common.feature_maps import FeatureMaps, feature_maps
from scripts.vision.classifier import Classifier


@dataclass(frozen=True)
class Reading:
    """One network's opinion of one picture.

    Attributes:
        picture: as the network got it: (28, 28), or (size, size, 3).
        probabilities: (K,), of each class.
        layers: what each layer answered.
    """

    picture: NDArray[np.uint8]
    probabilities: NDArray[np.floating[Any]]
    layers: list[FeatureMaps]


def read_picture(classifier: Classifier, picture: NDArray[np.uint8]) -> Reading:
    """The opinion of one network; two threads must not ask the same network at a time."""
    batch = picture[None]
    layers = feature_maps(classifier.network, classifier.normalisation(batch))
    return Reading(picture, classifier.probabilities(batch)[0], layers)


def load_classifiers(names: Sequence[Path], *, digits: bool) -> dict[str, Classifier]:
    """Networks by the names that the command line gave them, all for pictures of the same kind and classes.

    Args:
        names: run folders, files of weights, or names of networks that come with the package.
        digits: whether they must read digits, or other pictures.

    Raises:
        FileNotFoundError: there is no such network.
        ValueError: none is named, a file holds something else, or a network is for other pictures.
    """
    if not names:
        raise ValueError("no network given; name a run folder, or a network that comes with the package")
    found = {str(name): Classifier.load(name) for name in names}
    first, *_ = found
    for name, classifier in found.items():
        if classifier.digits != digits:
            what, script = ("digits", "digits.py") if classifier.digits else ("other pictures", "images.py")
            raise ValueError(f"{name} was trained on {what}; look at it with {script}")
        if list(classifier.classes) != list(found[first].classes):
            known, others = (", ".join(some.classes) for some in (found[first], classifier))
            raise ValueError(f"{first} tells {known} apart and {name} {others}; choose networks of the same classes")
    return found
