"""Train a network to classify images: any folder that holds a folder of images for each class.

Examples:
    # Two minutes on all cores
    python scripts/train_images.py FOLDER

    # Larger images, half an hour
    python scripts/train_images.py FOLDER --size 64 --budget 30m

    # Classify image files; digits, too, with a network of train_mnist.py
    python scripts/train_images.py --predict runs/images photo.jpg
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()
# Layers share their work among threads themselves (--threads).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from scripts.common.cli import POSITIONAL
from scripts.common.cli import parse as parse_options
from scripts.common.command_line import run_command
from scripts.common.run_folder import RunFolder
from scripts.training.classifier_options import ClassifierOptions
from scripts.training.classifier_run import train
from scripts.training.run import open_run
from scripts.vision.augmentation import Normalisation, PhotoAugmentation
from scripts.vision.dataset_folder import load
from scripts.vision.networks import convolutional_network
from scripts.vision.prediction import predict_files


@dataclass(frozen=True, kw_only=True)
class ImageOptions(ClassifierOptions):
    """The images, the network, and how it is trained."""

    kind = "images"
    group: ClassVar[str] = "Augmentation"

    folder: Annotated[Path | None, POSITIONAL] = None
    """Folder that holds a folder of images for each class; or train/ and test/, which do. Images in val/ choose the
    best epoch."""
    predict: Annotated[tuple[Path, ...], "Main"] = ()
    """Instead of training: a run folder or file of weights, then the image files to classify."""
    budget: Annotated[str, "Main"] = "120s"
    """Training time, such as 90s, 15m or 2h. With --resume, the time of all parts together."""
    learning_rate: Annotated[float, "Algorithm"] = 8e-3
    """Highest learning rate of the one-cycle schedule, which rises first and then falls to nearly 0."""
    views: Annotated[int, "Algorithm"] = 10
    """Views of each image, mirrored and shifted by a pixel, over which the final figures are averaged: 1 to 18."""
    size: Annotated[int, "Main"] = 32
    """Height and width, in pixels, to which images are resized."""
    channels: Annotated[tuple[int, ...], "Network"] = (32, 64, 128)
    """Channels of each block of convolutions, which halves the image's sides."""
    convolutions: Annotated[tuple[int, ...], "Network"] = (1,)
    """Convolutions in each block; one number for all."""
    hidden: Annotated[int, "Network"] = 128
    """Units of the dense layer after the convolutions."""
    dropout: Annotated[float, "Network"] = 0.3
    """Dropout rate of the dense layer."""
    flip: bool = True
    """Mirror images left and right at random."""
    shift: float = 0.125
    """Largest shift, as a share of the image's side."""
    zoom: float = 0.0
    """Largest zoom, in or out, as a share of the size."""
    cutout: float = 0.25
    """Side of a square that is hidden, as a share of the image's side."""
    contrast: float = 0.2
    """Largest change of contrast, as a share."""
    brightness: float = 0.2
    """Largest change of brightness, in standard deviations."""


def main(options: ImageOptions) -> dict[str, Any]:
    """Train, measure, and leave a run folder; return the content of its result.json. With `predict`, classify files."""
    if "predict" in options.given and not options.predict:
        raise ValueError("give the weights and the image files after --predict")
    if options.predict:
        weights, *files = options.predict
        return predict_files(weights, files)
    with open_run(options, (ImageOptions,)) as (options, folder):
        return _train(options, folder)


def _train(options: ImageOptions, folder: RunFolder) -> dict[str, Any]:
    """Train on the images of a folder; see `main`."""
    if options.folder is None:
        raise ValueError("no folder of images given; give one that holds a folder of images for each class")
    if options.size < 1:
        raise ValueError(f"size is {options.size}; give 1 pixel or more")
    for name in ("shift", "cutout"):
        if not 0 <= getattr(options, name) <= 1:
            raise ValueError(f"{name} is {getattr(options, name)}; give a share of the image's side, 0 to 1")
    dataset, origin, skipped = load(options.folder, options.size, options.seed)
    if dataset.held_out is not None and "validation" in options.given:
        raise ValueError(f"{origin} Leave out --validation, which would hold out other images for that")
    print(origin)
    if skipped:
        print(f"Skipped {len(skipped)} files:", *skipped, sep="\n  ")
    learnt = slice(None) if dataset.held_out is None else ~dataset.held_out
    normalisation = Normalisation.of(dataset.images[learnt])
    augment = PhotoAugmentation(
        normalisation=normalisation,
        flip=options.flip,
        shift=round(options.shift * options.size),
        zoom=options.zoom,
        cutout=round(options.cutout * options.size),
        contrast=options.contrast,
        brightness=options.brightness,
    )
    network = convolutional_network(
        (3, options.size, options.size),
        options.channels,
        options.convolutions,
        options.hidden,
        options.dropout,
        len(dataset.classes),
        np.random.default_rng(options.seed),
    )
    return train(options, folder, dataset, network, normalisation, augment)


def parse(arguments: Sequence[str]) -> ImageOptions:
    """Return the options from the words of a command line."""
    return parse_options(ImageOptions, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
