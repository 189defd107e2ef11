"""Train a network to tell pictures apart: any folder that holds a folder of pictures for each class.

python scripts/train_images.py FOLDER: two minutes on all cores

python scripts/train_images.py FOLDER --size 64 --budget 30m --channels 32 64 128 256

python scripts/train_images.py --predict runs/images FILE...: name what pictures show; digits too, with MNIST's weights
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

# Layers split their work over threads themselves (--threads).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import tyro

from scripts.common.command_line import run_command
from scripts.training.classifier_run import Options, Pictures, continued, train
from scripts.training.resuming import named
from scripts.vision.augmentation import Normalisation, PhotoAugmentation
from scripts.vision.image_folder import load
from scripts.vision.networks import convolutional_network
from scripts.vision.prediction import predict_files


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """Which pictures, which network, and how it is trained."""

    kind = "images"
    folder: Annotated[Path | None, tyro.conf.Positional] = None
    """Holds a folder for each class; or train/ and test/, which do."""
    predict: tuple[Path, ...] = ()
    """Instead of training: a run folder or file of weights, then the pictures to name."""
    budget: str = "120s"
    """Training time, such as 90s, 15m or 2h; with --resume the time of all parts together."""
    learning_rate: float = 8e-3
    """At its peak: it rises first, then falls to nearly nothing (one cycle)."""
    views: int = 10
    """Views of each picture, mirrored and moved by a pixel, that the final figures are averaged over: 1 to 18."""
    size: int = 32
    """Height and width in pixels to which pictures are brought."""
    channels: tuple[int, ...] = (32, 64, 128)
    """Of each block of convolutions, which halves the picture's sides."""
    convolutions: tuple[int, ...] = (1,)
    """In each block; one number is for all."""
    hidden: int = 128
    """Units of the dense layer after them."""
    dropout: float = 0.3
    """Share of these units that is left out at random."""
    flip: bool = True
    """Mirror pictures left and right while training."""
    shift: float = 0.125
    """Share of its side by which a picture is moved at most."""
    zoom: float = 0.0
    """Share by which it grows or shrinks at most."""
    cutout: float = 0.25
    """Side of the square that is hidden, as a share of the picture's."""
    contrast: float = 0.2
    """Share by which contrast changes at most."""
    brightness: float = 0.2
    """Standard deviations by which a picture becomes lighter or darker at most."""


def main(config: Config) -> dict[str, Any]:
    """Train, measure, and leave a run folder; what it gives back is the folder's result.json. Or name pictures."""
    if "predict" in config.given and not config.predict:
        raise ValueError("give the weights and the pictures after --predict")
    if config.predict:
        weights, *files = config.predict
        return predict_files(weights, files)
    config = continued(config, Config)
    if config.folder is None:
        raise ValueError("no folder of pictures given; give one that holds a folder of pictures for each class")
    if config.size < 1:
        raise ValueError(f"size is {config.size}; give 1 pixel or more")
    for name in ("shift", "cutout"):
        if not 0 <= getattr(config, name) <= 1:
            raise ValueError(f"{name} is {getattr(config, name)}; give a share of the picture's side, 0 to 1")
    ours, test = load(config.folder, config.size, config.seed)
    skipped = (*ours.skipped, *test.skipped)
    if skipped:
        print(f"Skipped {len(skipped)} files that are no pictures:", *skipped, sep="\n  ")
    normalisation = Normalisation.of(ours.images)
    augment = PhotoAugmentation(
        normalisation=normalisation,
        flip=config.flip,
        shift=round(config.shift * config.size),
        zoom=config.zoom,
        cutout=round(config.cutout * config.size),
        contrast=config.contrast,
        brightness=config.brightness,
    )
    network = convolutional_network(
        (3, config.size, config.size),
        config.channels,
        config.convolutions,
        config.hidden,
        config.dropout,
        len(ours.classes),
        np.random.default_rng(config.seed),
    )
    pictures = Pictures(ours.images, ours.labels, test.images, test.labels, ours.classes)
    return train(config, pictures, network, normalisation, augment)


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return replace(tyro.cli(Config, args=arguments, description=__doc__), given=named(arguments))


if __name__ == "__main__":
    run_command(main, parse)
