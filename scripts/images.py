"""Step through the pictures of a folder and see what a network makes of each; the key ? lists the others.

python scripts/images.py FOLDER: pictures, or class folders of pictures, and the network for planes, ships and cars

python scripts/images.py FOLDER --networks runs/images: a network of your own
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

# A picture is too little work to share among threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from scripts.common.command_line import run_command
from scripts.vision.picture_source import PictureFiles
from scripts.vision.prediction import load_classifiers


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which pictures, and which networks."""

    folder: Annotated[Path, tyro.conf.Positional]
    """Folder of pictures, with folders in it or without, or one picture. A folder that bears the name of a class tells
    what its pictures show."""
    networks: tuple[Path, ...] = (Path("vehicles-cnn"),)
    """Run folders of train_images.py, files of weights, or the network that comes with the package: vehicles-cnn."""


def main(config: Config) -> None:
    """Show the window until it is closed."""
    classifiers = load_classifiers(config.networks, digits=False)
    source = PictureFiles(list(classifiers.values()), config.folder)
    from scripts.ui.app import App  # first: where pygame is missing, it says what to install
    from scripts.windows.images_window import ImagesWindow

    App(ImagesWindow(classifiers, source)).run()


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
