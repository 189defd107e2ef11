"""Step through the images of a folder and see the predictions of a network; ? lists the keys.

python scripts/images.py FOLDER: images, or class folders of images, and the network for planes, ships and cars

python scripts/images.py FOLDER --networks runs/images: your own network
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

# One image is too little work for several threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from scripts.common.command_line import run_command
from scripts.vision.classifier import load_classifiers
from scripts.vision.image_source import ImageFiles


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which images, and which networks."""

    folder: Annotated[Path, tyro.conf.Positional]
    """Folder of images, with or without subfolders, or one image file. A folder with the name of a class gives its
    images that true class."""
    networks: tuple[Path, ...] = (Path("vehicles-cnn"),)
    """Run folders of train_images.py, files of weights, or the network that comes with the package: vehicles-cnn."""


def main(config: Config) -> None:
    """Show the window until it is closed."""
    classifiers = load_classifiers(config.networks, digits=False)
    source = ImageFiles(list(classifiers.values()), config.folder)
    from scripts.ui.app import App  # imported first: without pygame, its error says what to install
    from scripts.windows.images_window import ImagesWindow

    App(ImagesWindow(classifiers, source)).run()


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
