"""Draw a digit and see the predictions of networks at once, or step through MNIST's test digits; ? lists the keys.

python scripts/digits.py: a dense and a convolutional network, side by side

python scripts/digits.py runs/cnn --test --data-dir FOLDER: your own network, on the test digits in a folder
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
from scripts.vision import mnist
from scripts.vision.classifier import load_classifiers


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which networks, and where the test digits are."""

    networks: Annotated[tuple[Path, ...], tyro.conf.Positional] = (Path("digits-mlp"), Path("digits-cnn"))
    """Run folders of train_mnist.py, files of weights, or networks that come with the package: digits-mlp,
    digits-cnn."""
    data_dir: Path | None = None
    """Folder with the four files of MNIST; by default they are downloaded once, when test digits are asked for."""
    test: bool = False
    """Begin with the test digits."""


def main(config: Config) -> None:
    """Show the window until it is closed."""
    classifiers = load_classifiers(config.networks, digits=True)
    digits = mnist.load(config.data_dir) if config.data_dir else None
    from scripts.ui.app import App  # imported first: without pygame, its error says what to install
    from scripts.windows.digits_window import DRAW, TEST, DigitsWindow

    window = DigitsWindow(classifiers, lambda: digits or mnist.load(), TEST if config.test else DRAW)
    App(window).run()


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
