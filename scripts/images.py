"""Step through the images of a folder and see the predictions of a network; ? lists the keys.

Examples:
    # The network for planes, ships and cars
    python scripts/images.py FOLDER

    # Your own network
    python scripts/images.py FOLDER --networks runs/images
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()

# One image is too little work for several threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from scripts.common import cli
from scripts.common.command_line import run_command
from scripts.vision.classifier import load_classifiers
from scripts.vision.image_source import ImageFiles


@dataclass(frozen=True, kw_only=True)
class Options:
    """The images, and the networks."""

    folder: Annotated[Path, cli.POSITIONAL]
    """Folder of images, with or without subfolders, or one image file. A folder with the name of a class gives its
    images that true class."""
    networks: tuple[Path, ...] = (Path("vehicles-cnn"),)
    """Run folders of train_images.py, files of weights, or the network that comes with the package: vehicles-cnn."""


def main(options: Options) -> None:
    """Show the window until it is closed."""
    classifiers = load_classifiers(options.networks, digits=False)
    source = ImageFiles(list(classifiers.values()), options.folder)
    from scripts.ui.app import App  # imported first: without pygame, its error says what to install
    from scripts.windows.images_window import ImagesWindow

    app = App(ImagesWindow(classifiers, source))
    if source.not_judged():
        print(source.not_judged())
    app.run()


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
