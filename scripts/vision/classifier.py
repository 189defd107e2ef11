"""A trained network with everything that it needs to classify images: classes, image size, normalisation, views."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from nn.file_error import reading
from nn.from_json import from_json
from scripts.vision.augmentation import Normalisation, shifted_views
from scripts.vision.digit_image import digit_image
from scripts.vision.digit_ink import LONG, digit_ink
from scripts.vision.image_file import decode, open_rgb

BATCH = 256
DIGIT_SIZE = 28  # pixels of MNIST


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What the file of a classifier holds beside the network; see `Classifier`."""

    classes: list[str]
    digits: bool
    normalisation: Normalisation
    views: int = 1
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Classifier:
    """A network that returns a score for each class.

    Args:
        network: (N, C, size, size) -> (N, K).
        classes: the names of the K classes.
        digits: whether images have MNIST's format, (N, 28, 28); otherwise they are (N, size, size, 3).
        normalisation: converts images to the network's input.
        views: of each image, over which probabilities are averaged (test-time augmentation, see `shifted_views`).
        notes: how the network was trained: command, seed and results.

    Raises:
        ValueError: the network takes other images or returns another number of scores, or there are no such views.
    """

    network: nn.Sequential
    classes: Sequence[str]
    digits: bool
    normalisation: Normalisation
    views: int = 1
    notes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the parts fit each other."""
        shape, K = self.network.input_shape, len(self.classes)
        channels = 1 if self.digits else 3
        allowed = "(1, 28, 28)" if self.digits else "(3, size, size)"
        if len(shape) != 3 or shape[0] != channels or shape[1] != shape[2] or (self.digits and shape[1] != DIGIT_SIZE):
            raise ValueError(f"the network takes {shape}; for {'digits' if self.digits else 'images'} {allowed}")
        if self.network.output_shape(shape) != (K,) or not K:
            raise ValueError(f"the network returns {self.network.output_shape(shape)} for {K} classes")
        if len(self.normalisation.mean) not in (1, channels):
            raise ValueError(f"normalisation is for {len(self.normalisation.mean)} channels, images have {channels}")
        shifted_views(np.zeros((0, *shape[1:]), np.uint8), self.views, mirror=not self.digits)  # raises a wrong count

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
        """Return the probability of each class, (N, K), the mean over the views."""
        batches = (images[start : start + BATCH] for start in range(0, len(images), BATCH))
        return np.concatenate([self._batch_probabilities(batch) for batch in batches])

    def _batch_probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
        softmax = nn.Softmax()
        views = shifted_views(images, self.views, mirror=not self.digits)  # a mirrored digit is not a digit
        per_view = [softmax.forward(self.network.forward(self.normalisation(view))) for view in views]
        mean: NDArray[np.floating[Any]] = np.mean(per_view, axis=0)
        return mean

    def read_image(self, path: Path) -> NDArray[np.uint8]:
        """Read an image file in the format of the training images: (28, 28), or (size, size, 3).

        Raises:
            ValueError: the file is missing, is not an image, or holds no digit where one is expected.
        """
        try:
            if self.digits:
                return digit_image(digit_ink(np.asarray(open_rgb(path, LONG))))
            return decode(path, self.network.input_shape[-1])
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    def save(self, path: Path, *, half: bool = False) -> None:
        """Write the classifier to a file, with weights as float16 if `half`."""
        metadata = Metadata(
            classes=list(self.classes),
            digits=self.digits,
            views=self.views,
            notes=self.notes,
            normalisation=self.normalisation,
        )
        nn.save(path, self.network, asdict(metadata), half=half)

    @classmethod
    def load(cls, path: Path) -> "Classifier":
        """Load a classifier from a file of weights, from a run folder, or by the name of one in the package.

        Raises:
            FileNotFoundError: there is no such classifier.
            ValueError: the file holds something else.
        """
        shipped = nn.pretrained()
        file = path / "best.npz" if path.is_dir() else path
        if not file.is_file():
            if str(path) not in shipped:
                raise FileNotFoundError(
                    f"no weights at {file}; give a run folder, a file that a training script wrote, "
                    f"or one of {', '.join(shipped)}"
                )
            file = shipped[str(path)]
        with reading(file, "holds no classifier", "give what train_mnist.py or train_images.py wrote"):
            network, metadata = nn.load(file)
            saved = from_json(metadata, Metadata)
            return cls(network, saved.classes, saved.digits, saved.normalisation, saved.views, saved.notes)


def load_classifiers(names: Sequence[Path], *, digits: bool) -> dict[str, Classifier]:
    """Load several classifiers of the same classes, by name.

    Args:
        names: run folders, files of weights, or names of networks that come with the package.
        digits: whether the networks must classify digits, or other images.

    Raises:
        FileNotFoundError: there is no such network.
        ValueError: no name is given, a file holds something else, or the networks' images or classes differ.
    """
    if not names:
        raise ValueError("no network given; name a run folder, or a network that comes with the package")
    found = {str(name): Classifier.load(name) for name in names}
    first, *_ = found
    for name, classifier in found.items():
        if classifier.digits != digits:
            trained_on, script = ("digits", "digits.py") if classifier.digits else ("other images", "images.py")
            raise ValueError(f"{name} was trained on {trained_on}; open it with {script}")
        if list(classifier.classes) != list(found[first].classes):
            expected, classes = (", ".join(some.classes) for some in (found[first], classifier))
            raise ValueError(
                f"{first} has the classes {expected}, {name} has {classes}; choose networks with the same classes"
            )
    return found
