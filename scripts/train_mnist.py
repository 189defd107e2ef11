"""Train a network to read handwritten digits (MNIST). Without a kind it is cnn.

python scripts/train_mnist.py: a small convolutional network, one minute on all cores

python scripts/train_mnist.py mlp --budget 10m: dense layers only

python scripts/train_mnist.py --data-dir FOLDER: with the four files of MNIST that are there already

python scripts/train_images.py --predict runs/cnn FILE...: name the digits in pictures
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

# Layers split their work over threads themselves (--threads).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import tyro

import nn
from scripts.common.command_line import run_command
from scripts.training.classifier_run import Options, Pictures, continued, train
from scripts.training.resuming import named
from scripts.vision import mnist
from scripts.vision.augmentation import DigitAugmentation, Normalisation
from scripts.vision.networks import convolutional_network, dense_network

INPUT, DIGITS = (1, 28, 28), "0123456789"


@dataclass(frozen=True, kw_only=True)
class Config(Options, ABC):
    """What both kinds of network take."""

    data_dir: Path | None = None
    """Folder with the four IDX files, as they are or as .gz; by default they are downloaded once."""
    validation: float = 1 / 12
    """Share of the 60,000 training pictures on which the best epoch is chosen; with 0 all are trained on, and the last
    is taken."""
    views: int = 5
    """Views of each picture, moved by a pixel, that the final figures are averaged over: 1 to 9."""
    rotation: float = 10.0
    """Degrees by which digits are turned at most while training."""
    scale: float = 0.1
    """Share by which they are stretched at most, each way by itself."""
    shear: float = 0.15
    """Pixels aside for each pixel down, at most."""
    shift: float = 2.0
    """Pixels that they are moved at most, each way."""
    elastic: float = 0.0
    """Standard deviation in pixels of a smooth random bend."""
    group: int = 16
    """Neighbours in a batch that are changed alike; fewer is slower."""

    @abstractmethod
    def network(self, rng: np.random.Generator) -> nn.Sequential:
        """The untrained network."""


@dataclass(frozen=True, kw_only=True)
class CNN(Config):
    """Convolutions, which see the same stroke alike wherever it is: the default."""

    kind = "cnn"
    learning_rate: float = 6e-3
    """At its peak: it rises first, then falls to nearly nothing (one cycle). Longer trainings like it lower."""
    channels: tuple[int, ...] = (16, 32, 64)
    """Of each block of convolutions, which halves the picture's sides."""
    convolutions: tuple[int, ...] = (1,)
    """In each block; one number is for all."""
    hidden: int = 128
    """Units of the dense layer after them."""
    dropout: float = 0.3
    """Share of these units that is left out at random."""

    def network(self, rng: np.random.Generator) -> nn.Sequential:
        """See `Config.network`."""
        return convolutional_network(
            INPUT, self.channels, self.convolutions, self.hidden, self.dropout, len(DIGITS), rng
        )


@dataclass(frozen=True, kw_only=True)
class MLP(Config):
    """Dense layers only."""

    kind = "mlp"
    group: int = 32  # its steps are so short that 16 would cost a sixth of them
    """Neighbours in a batch that are changed alike; fewer is slower."""
    hidden: tuple[int, ...] = (512, 256)
    """Units of each hidden layer."""
    dropout: float = 0.0
    """Share of the hidden units that is left out at random."""

    def network(self, rng: np.random.Generator) -> nn.Sequential:
        """See `Config.network`."""
        return dense_network(INPUT, self.hidden, self.dropout, len(DIGITS), rng)


def main(config: Config) -> dict[str, Any]:
    """Train, measure, and leave a run folder; what it gives back is the folder's result.json."""
    config = continued(config, CNN, MLP)
    augment = DigitAugmentation(
        rotation=config.rotation,
        scale=config.scale,
        shear=config.shear,
        shift=config.shift,
        elastic=config.elastic,
        group=config.group,
    )
    network = config.network(np.random.default_rng(config.seed))
    pictures = Pictures(*mnist.load(config.data_dir), classes=tuple(DIGITS))
    return train(config, pictures, network, Normalisation(), augment)


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line; without a kind it is `cnn`."""
    words = list(arguments)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, "cnn")
    kinds = Annotated[CNN, tyro.conf.subcommand("cnn")] | Annotated[MLP, tyro.conf.subcommand("mlp")]
    config: Config = tyro.cli(kinds, args=words, description=__doc__)
    return replace(config, given=named(words))


if __name__ == "__main__":
    run_command(main, parse)
