"""Images for a browser, with the predictions of networks: MNIST's test digits, or the image files of a folder."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scripts.vision.classifier import Classifier
from scripts.vision.image_browser import UNKNOWN
from scripts.vision.image_file import decode, open_rgb, suffixes
from scripts.vision.prediction import Prediction, predict_image

MAX_SIDE = 1400  # pixels: larger images are scaled down for the screen
THUMBNAIL = 64
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class ImageView:
    """One image with the predictions of the networks, as a window shows it.

    Attributes:
        frame: the image, (h, w, 3); None if there is none.
        label: the true class, or UNKNOWN.
        predictions: one per network; none if there is no image to classify.
        title: which image it is.
        name: of its file.
        problem: why the image cannot be shown.
    """

    frame: Bytes | None = None
    label: int = UNKNOWN
    predictions: Sequence[Prediction] = ()
    title: str = ""
    name: str = ""
    problem: str = ""


class ImageSource(ABC):
    """Numbered images, and the networks that classify them.

    Attributes:
        labels: (N,), the true class of each image, or UNKNOWN.
        batch_size: the number of images for one call of `predict`; chosen so that a call takes much less than a second.
    """

    labels: NDArray[np.int64]
    batch_size: int

    @abstractmethod
    def view(self, number: int) -> ImageView:
        """Return one image with the prediction of each network."""

    @abstractmethod
    def thumbnail(self, number: int) -> Bytes:
        """Return one image, small and square: (h, h, 3)."""

    @abstractmethod
    def predict(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the predicted classes of images start, ..., stop - 1: (networks, B), UNKNOWN if unreadable."""


class MNISTDigits(ImageSource):
    """MNIST's test images, (N, 28, 28), with the digits that they show, (N,)."""

    batch_size = 100

    def __init__(self, classifiers: Sequence[Classifier], images: Bytes, labels: NDArray[np.uint8]) -> None:
        self.classifiers, self.images, self.labels = classifiers, images, labels.astype(np.int64)

    def view(self, number: int) -> ImageView:
        """See `ImageSource.view`."""
        image, label = self.images[number], int(self.labels[number])
        predictions = [predict_image(classifier, image) for classifier in self.classifiers]
        title = f"test digit {number + 1:,} of {len(self.images):,}"
        return ImageView(self.thumbnail(number), label, predictions, title)

    def thumbnail(self, number: int) -> Bytes:
        """See `ImageSource.thumbnail`."""
        return np.repeat(self.images[number][..., None], 3, axis=2)

    def predict(self, start: int, stop: int) -> NDArray[np.int64]:
        """See `ImageSource.predict`."""
        images = self.images[start:stop]
        return np.stack([classifier.probabilities(images).argmax(axis=1) for classifier in self.classifiers])


class ImageFiles(ImageSource):
    """The image files in a folder and its subfolders; a folder with the name of a class labels the files in it.

    Args:
        classifiers: the networks, all of the same classes.
        path: a folder, or one image file.

    Raises:
        FileNotFoundError: the path does not exist.
        ValueError: it holds no image file.
    """

    batch_size = 6

    def __init__(self, classifiers: Sequence[Classifier], path: Path) -> None:
        self.classifiers, self.path = classifiers, path
        self.files = find_images(path)
        classes = list(classifiers[0].classes)
        self.labels = np.array([_label(file, path, classes) for file in self.files], np.int64)

    def not_judged(self) -> str:
        """One sentence about the images whose true class is unknown; empty if there are none."""
        unknown = int((self.labels == UNKNOWN).sum())
        which = "These images" if unknown == len(self.labels) else f"{unknown:,} of {len(self.labels):,} images"
        classes = ", ".join(self.classifiers[0].classes)
        return f"{which} cannot be judged: no folder of theirs has the name of a class ({classes})" if unknown else ""

    def view(self, number: int) -> ImageView:
        """See `ImageSource.view`."""
        file, label = self.files[number], int(self.labels[number])
        title = f"image {number + 1:,} of {len(self.files):,}"
        name = str(file.relative_to(self.path)) if file != self.path else file.name
        try:
            image = open_rgb(file, MAX_SIDE)
            predictions = [predict_image(classifier, classifier.read_image(file)) for classifier in self.classifiers]
        except ValueError as error:
            return ImageView(None, label, (), title, name, f"{file.name} cannot be read: {error}")
        image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        return ImageView(np.asarray(image), label, predictions, title, name)

    def thumbnail(self, number: int) -> Bytes:
        """See `ImageSource.thumbnail`."""
        try:
            return decode(self.files[number], THUMBNAIL)
        except ValueError:  # `view` reports the problem
            return np.zeros((THUMBNAIL, THUMBNAIL, 3), np.uint8)

    def predict(self, start: int, stop: int) -> NDArray[np.int64]:
        """See `ImageSource.predict`."""
        predicted = np.full((len(self.classifiers), stop - start), UNKNOWN, np.int64)
        for row, classifier in zip(predicted, self.classifiers, strict=True):
            images, columns = [], []
            for column, file in enumerate(self.files[start:stop]):
                try:
                    images.append(classifier.read_image(file))
                    columns.append(column)
                except ValueError:  # `view` reports the problem
                    continue
            if images:
                row[columns] = classifier.probabilities(np.stack(images)).argmax(axis=1)
        return predicted


def find_images(path: Path) -> list[Path]:
    """Return the image files in a folder and its subfolders, sorted; or the one file. Their suffix decides.

    Raises:
        FileNotFoundError: the path does not exist.
        ValueError: there are no image files.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; give a folder of images, or an image file")
    known = suffixes()
    if path.is_file():
        files = [path]
    else:
        visible = (
            file for file in path.rglob("*") if not any(part.startswith(".") for part in file.relative_to(path).parts)
        )
        files = sorted(visible)
    found = [file for file in files if file.suffix.lower() in known and file.is_file()]
    if not found:
        problem = "holds no image file" if path.is_dir() else "is not an image file"
        raise ValueError(f"{path} {problem}; give a folder of .jpg, .png, .webp, ... files")
    return found


def _label(file: Path, path: Path, classes: Sequence[str]) -> int:
    """The class named by the nearest of the file's folders that has a class's name; `path` is the farthest one.

    Capitals do not matter, unless the names of two classes differ in them alone.
    """
    folder = path if path.is_dir() else path.parent
    fold = str.casefold if len({name.casefold() for name in classes}) == len(classes) else str
    known = [fold(name) for name in classes]
    names = [fold(name) for name in (folder.resolve().name, *file.relative_to(folder).parts[:-1])]
    return next((known.index(name) for name in reversed(names) if name in known), UNKNOWN)
