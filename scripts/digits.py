"""Draw a digit and see the predictions of networks live, or step through MNIST's test digits; ? lists the keys.

Examples:
    # A dense and a convolutional network, side by side
    python scripts/digits.py

    # Your own network, on the test digits in a folder
    python scripts/digits.py runs/cnn --test --data-dir FOLDER
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
from scripts.vision import mnist
from scripts.vision.classifier import load_classifiers


@dataclass(frozen=True, kw_only=True)
class Options:
    """The networks, and the test digits."""

    networks: Annotated[tuple[Path, ...], cli.POSITIONAL] = (Path("digits-mlp"), Path("digits-cnn"))
    """Run folders of train_mnist.py, files of weights, or networks that come with the package: digits-mlp,
    digits-cnn."""
    data_dir: Path | None = None
    """Folder with the four files of MNIST; by default they are downloaded once, when test digits are asked for."""
    test: bool = False
    """Begin with the test digits."""


def main(options: Options) -> None:
    """Show the window until it is closed."""
    classifiers = load_classifiers(options.networks, digits=True)
    dataset = mnist.load(options.data_dir) if options.data_dir else None
    from scripts.ui.app import App  # imported first: without pygame, its error says what to install
    from scripts.windows.digits_window import DRAW, TEST, DigitsWindow

    window = DigitsWindow(
        classifiers, lambda: dataset if dataset is not None else mnist.load(), TEST if options.test else DRAW
    )
    App(window).run()


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
