"""Train a network to classify handwritten digits (MNIST). Without a KIND it is cnn.

Examples:
    # A small convolutional network, one minute on all cores
    python scripts/train_mnist.py

    # Dense layers only, ten minutes
    python scripts/train_mnist.py mlp --budget 10m

    # With the four files of MNIST in a folder, instead of a download
    python scripts/train_mnist.py --data-dir FOLDER

    # Classify digits in image files
    python scripts/train_images.py --predict runs/cnn digit.png
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

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

import nn
from scripts.common.cli import parse_kinds
from scripts.common.command_line import run_command
from scripts.training.classifier_options import ClassifierOptions
from scripts.training.classifier_run import train
from scripts.training.run import open_run
from scripts.training.run_options import with_kind
from scripts.vision import mnist
from scripts.vision.augmentation import DigitAugmentation, Normalisation
from scripts.vision.image_dataset import ImageDataset
from scripts.vision.networks import convolutional_network, dense_network

INPUT, DIGITS = (1, 28, 28), "0123456789"


@dataclass(frozen=True, kw_only=True)
class MNISTOptions(ClassifierOptions, ABC):
    """Options that both kinds of network share."""

    group: ClassVar[str] = "Augmentation"

    data_dir: Annotated[Path | None, "Main"] = None
    """Folder with the four IDX files, plain or as .gz. [default: downloaded once]"""
    validation: Annotated[float, "Algorithm"] = 1 / 12
    """Share of the 60,000 training images that choose the best epoch; with 0 all are trained on."""
    views: Annotated[int, "Algorithm"] = 5
    """Views of each image, shifted by a pixel, over which the final figures are averaged: 1 to 9."""
    rotation: float = 10.0
    """Largest rotation in training, in degrees."""
    scale: float = 0.1
    """Largest stretch, each way by itself, as a share of the size."""
    shear: float = 0.15
    """Largest shear: pixels to the side for each pixel down."""
    shift: float = 2.0
    """Largest shift in pixels, each way."""
    elastic: float = 0.0
    """Standard deviation of a smooth random deformation, in pixels."""
    group_size: int = 16
    """Images of a batch that share one random change; fewer is slower."""

    @abstractmethod
    def network(self, rng: np.random.Generator) -> nn.Sequential:
        """Return the untrained network."""


@dataclass(frozen=True, kw_only=True)
class CNN(MNISTOptions):
    """Convolutional network: it recognises a stroke wherever it is. The default."""

    kind = "cnn"
    group: ClassVar[str] = "Network"

    learning_rate: Annotated[float, "Algorithm"] = 6e-3
    """Highest learning rate of the one-cycle schedule; longer trainings need a lower one."""
    channels: tuple[int, ...] = (16, 32, 64)
    """Channels of each block of convolutions, which halves the image's sides."""
    convolutions: tuple[int, ...] = (1,)
    """Convolutions in each block; one number for all."""
    hidden: int = 128
    """Units of the dense layer after the convolutions."""
    dropout: float = 0.3
    """Dropout rate of the dense layer."""

    def network(self, rng: np.random.Generator) -> nn.Sequential:
        """See `MNISTOptions.network`."""
        return convolutional_network(
            INPUT, self.channels, self.convolutions, self.hidden, self.dropout, len(DIGITS), rng
        )


@dataclass(frozen=True, kw_only=True)
class MLP(MNISTOptions):
    """Multi-layer perceptron: dense layers only."""

    kind = "mlp"
    group: ClassVar[str] = "Network"

    group_size: Annotated[int, "Augmentation"] = 32  # a step is so short that 16 would make it a sixth longer
    """Images of a batch that share one random change; fewer is slower."""
    hidden: tuple[int, ...] = (512, 256)
    """Units of each hidden layer."""
    dropout: float = 0.0
    """Dropout rate of the hidden layers."""

    def network(self, rng: np.random.Generator) -> nn.Sequential:
        """See `MNISTOptions.network`."""
        return dense_network(INPUT, self.hidden, self.dropout, len(DIGITS), rng)


KINDS: dict[str, type[MNISTOptions]] = {"cnn": CNN, "mlp": MLP}


def main(options: MNISTOptions) -> dict[str, Any]:
    """Train, measure, and leave a run folder; return the content of its result.json."""
    with open_run(options, tuple(KINDS.values())) as (options, folder):
        augment = DigitAugmentation(
            rotation=options.rotation,
            scale=options.scale,
            shear=options.shear,
            shift=options.shift,
            elastic=options.elastic,
            group=options.group_size,
        )
        network = options.network(np.random.default_rng(options.seed))
        dataset = ImageDataset(*mnist.load(options.data_dir), classes=tuple(DIGITS))
        return train(options, folder, dataset, network, Normalisation(), augment)


def parse(arguments: Sequence[str]) -> MNISTOptions:
    """Return the options from the words of a command line."""
    return parse_kinds(KINDS, with_kind(arguments, list(KINDS), "cnn"), doc=__doc__, shared=MNISTOptions)


if __name__ == "__main__":
    run_command(main, parse)
