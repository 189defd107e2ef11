"""Pictures to step through, and what networks make of each: MNIST's test digits, or the picture files of a folder."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scripts.vision.classifier import Classifier
from scripts.vision.image_browser import UNKNOWN
from scripts.vision.image_folder import decode, open_rgb
from scripts.vision.prediction import Reading, read_picture

LARGEST = 1400  # pixels of a side: larger pictures are shown smaller, which no screen tells
THUMBNAIL = 64
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """One picture with what the networks make of it.

    Attributes:
        frame: the picture, (h, w, 3); None if there is none.
        label: the class that it shows, or UNKNOWN.
        readings: one of each network; none where there is nothing to read.
        title: which picture it is.
        name: of its file.
        problem: why it cannot be shown.
    """

    frame: Bytes | None = None
    label: int = UNKNOWN
    readings: Sequence[Reading] = ()
    title: str = ""
    name: str = ""
    problem: str = ""


class PictureSource(ABC):
    """Numbered pictures and the networks that look at them.

    Attributes:
        labels: (N,) the class of each picture, or UNKNOWN.
        portion: how many pictures are named at a time, in much less than a second.
    """

    labels: NDArray[np.int64]
    portion: int

    @abstractmethod
    def look(self, number: int) -> Look:
        """One picture and what each network makes of it."""

    @abstractmethod
    def thumbnail(self, number: int) -> Bytes:
        """One picture, small and square: (h, h, 3)."""

    @abstractmethod
    def name(self, start: int, stop: int) -> NDArray[np.int64]:
        """The class that each network gives pictures start, ..., stop - 1: (networks, B), UNKNOWN if unreadable."""


class MnistDigits(PictureSource):
    """MNIST's test pictures, (N, 28, 28), with the digits they show, (N,)."""

    portion = 100

    def __init__(self, classifiers: Sequence[Classifier], images: Bytes, labels: NDArray[np.uint8]) -> None:
        self.classifiers, self.images, self.labels = classifiers, images, labels.astype(np.int64)

    def look(self, number: int) -> Look:
        """See `PictureSource.look`."""
        image, label = self.images[number], int(self.labels[number])
        readings = [read_picture(classifier, image) for classifier in self.classifiers]
        title = f"test digit {number + 1:,} of {len(self.images):,}"
        return Look(self.thumbnail(number), label, readings, title)

    def thumbnail(self, number: int) -> Bytes:
        """See `PictureSource.thumbnail`."""
        return np.repeat(self.images[number][..., None], 3, axis=2)

    def name(self, start: int, stop: int) -> NDArray[np.int64]:
        """See `PictureSource.name`."""
        images = self.images[start:stop]
        return np.stack([classifier.probabilities(images).argmax(axis=1) for classifier in self.classifiers])


class PictureFiles(PictureSource):
    """The picture files in a folder and the folders below it; one that bears a class's name tells what its files show.

    Args:
        classifiers: the networks, of the same classes.
        place: a folder, or one picture file.

    Raises:
        FileNotFoundError: there is no such place.
        ValueError: it holds no file that has a picture's ending.
    """

    portion = 6

    def __init__(self, classifiers: Sequence[Classifier], place: Path) -> None:
        self.classifiers, self.place = classifiers, place
        self.files = picture_files(place)
        classes = list(classifiers[0].classes)
        self.labels = np.array([_label(file, place, classes) for file in self.files], np.int64)

    def look(self, number: int) -> Look:
        """See `PictureSource.look`."""
        file, label = self.files[number], int(self.labels[number])
        title = f"picture {number + 1:,} of {len(self.files):,}"
        name = str(file.relative_to(self.place)) if file != self.place else file.name
        try:
            image = open_rgb(file, LARGEST)
            readings = [read_picture(classifier, classifier.read(file)) for classifier in self.classifiers]
        except Exception as error:  # decoders raise almost anything on broken files
            return Look(None, label, (), title, name, f"{file.name} cannot be read: {error}")
        image.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
        return Look(np.asarray(image), label, readings, title, name)

    def thumbnail(self, number: int) -> Bytes:
        """See `PictureSource.thumbnail`."""
        try:
            return decode(self.files[number], THUMBNAIL)
        except Exception:  # `look` says what is wrong with it
            return np.zeros((THUMBNAIL, THUMBNAIL, 3), np.uint8)

    def name(self, start: int, stop: int) -> NDArray[np.int64]:
        """See `PictureSource.name`."""
        given = np.full((len(self.classifiers), stop - start), UNKNOWN, np.int64)
        for row, classifier in zip(given, self.classifiers, strict=True):
            pictures, places = [], []
            for place, file in enumerate(self.files[start:stop]):
                try:
                    pictures.append(classifier.read(file))
                    places.append(place)
                except Exception:  # noqa: S112  `look` says what is wrong with it
                    continue
            if pictures:
                row[places] = classifier.probabilities(np.stack(pictures)).argmax(axis=1)
        return given


def picture_files(place: Path) -> list[Path]:
    """The files with a picture's ending in a folder and the folders below it, by path; or the one file.

    Raises:
        FileNotFoundError: there is no such place.
        ValueError: there are none.
    """
    Image.init()
    endings = {ending for ending, kind in Image.registered_extensions().items() if kind in Image.OPEN}
    if not place.exists():
        raise FileNotFoundError(f"there is no {place}; give a folder of pictures, or a picture")
    if place.is_file():
        files = [place]
    else:
        inside = (
            path for path in place.rglob("*") if not any(part.startswith(".") for part in path.relative_to(place).parts)
        )
        files = sorted(inside)
    found = [file for file in files if file.suffix.lower() in endings and file.is_file()]
    if not found:
        what = "no file whose name ends like a picture's" if place.is_dir() else "not a picture"
        raise ValueError(
            f"{place} {'holds' if place.is_dir() else 'is'} {what}; give a folder of .jpg, .png, .webp, ..."
        )
    return found


def _label(file: Path, place: Path, classes: Sequence[str]) -> int:
    """The class whose name the folder of a file bears, the nearest such folder; `place` itself is the farthest."""
    folder = place if place.is_dir() else place.parent
    names = [folder.resolve().name, *file.relative_to(folder).parts[:-1]]
    return next((classes.index(name) for name in reversed(names) if name in classes), UNKNOWN)
