"""A trained network with all that it takes to name what a picture shows: classes, size, normalisation, views."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Column, Table

import nn
from scripts.common.tables import print_table
from scripts.vision.augmentation import Normalisation, shifted_views
from scripts.vision.digit_picture import digit_picture
from scripts.vision.image_folder import decode, open_rgb

BATCH = 256


@dataclass
class Classifier:
    """A network that gives a number for each class.

    Args:
        network: (N, C, size, size) -> (N, K).
        classes: their K names.
        digits: its pictures have MNIST's form, (N, 28, 28); otherwise they are (N, size, size, 3).
        normalisation: turns pictures into what the network takes.
        views: over how many slightly different views of a picture it averages (see `shifted_views`).
        notes: where it comes from: command, seed and figures.
    """

    network: nn.Sequential
    classes: Sequence[str]
    digits: bool
    normalisation: Normalisation
    views: int = 1
    notes: dict[str, Any] = field(default_factory=dict)

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
        """(N, K): how probable each class is, the mean over the views."""
        return np.concatenate([self._opinion(images[start : start + BATCH]) for start in range(0, len(images), BATCH)])

    def _opinion(self, images: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
        softmax = nn.Softmax()
        views = shifted_views(images, self.views, mirror=not self.digits)  # a mirrored digit is none
        opinions = [softmax.forward(self.network.forward(self.normalisation(view))) for view in views]
        mean: NDArray[np.floating[Any]] = np.mean(opinions, axis=0)
        return mean

    def read(self, path: Path) -> NDArray[np.uint8]:
        """A picture file in the form of those that the network was trained on.

        Raises:
            ValueError: it shows nothing, or is no picture.
        """
        try:
            if self.digits:
                return digit_picture(np.asarray(open_rgb(path).convert("L")))
            return decode(path, self.network.input_shape[-1])
        except Exception as error:  # decoders raise almost anything on broken files
            why = error.strerror if isinstance(error, FileNotFoundError) else error
            raise ValueError(f"{path}: {why}") from None

    def save(self, path: Path, *, half: bool = False) -> None:
        """Write it, for `load`; half: the weights as float16."""
        metadata = {name: getattr(self, name) for name in ("classes", "digits", "views", "notes")}
        nn.save(path, self.network, metadata | {"normalisation": asdict(self.normalisation)}, half=half)

    @classmethod
    def load(cls, path: Path) -> "Classifier":
        """The classifier in a file of weights, in the best.npz of a run folder, or that comes with the package.

        Raises:
            FileNotFoundError: there is none.
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
        network, metadata = nn.load(file)
        try:
            normalisation = Normalisation(**{name: tuple(v) for name, v in metadata.pop("normalisation").items()})
            return cls(network=network, normalisation=normalisation, **metadata)
        except (KeyError, TypeError, AttributeError):
            raise ValueError(f"{file} holds no classifier; give what train_mnist.py or train_images.py wrote") from None


def predict(weights: Path, files: Sequence[Path], most: int = 3) -> dict[str, str]:
    """Print what each picture probably shows, in a row each, and which cannot be read; gives back the classes by file.

    Raises:
        ValueError: no pictures, or none that can be read.
    """
    if not files:
        raise ValueError("no pictures given; name their files after the weights")
    classifier = Classifier.load(weights)
    pictures, unread = {}, []
    for path in files:
        try:
            pictures[path] = classifier.read(path)
        except ValueError as error:
            unread.append(str(error))
    if not pictures:
        raise ValueError("; ".join(unread))
    probabilities = classifier.probabilities(np.stack(list(pictures.values())))
    named = {}
    table = Table(Column("picture", overflow="fold"), "class", "probabilities")
    for path, row in zip(pictures, probabilities, strict=True):
        order = np.argsort(-row, kind="stable")[:most]
        named[str(path)] = classifier.classes[order[0]]
        table.add_row(str(path), named[str(path)], ", ".join(f"{classifier.classes[k]} {row[k]:.1%}" for k in order))
    print_table(Console(markup=False), table)  # names may hold brackets
    for reason in unread:
        print(f"not read: {reason}", file=sys.stderr)
    return named
