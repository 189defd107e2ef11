"""Photographed digits: papers of every kind made from test digits, read by the network that comes with the package."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scripts.benchmarks.papers import PAPERS
from scripts.vision import mnist
from scripts.vision.classifier import Classifier
from scripts.vision.digit_image import digit_image
from scripts.vision.digit_ink import digit_ink
from tests.support.paths import DATA

MNIST = DATA / "mnist"


@cache
def digits() -> mnist.MNIST:
    if not MNIST.is_dir():
        pytest.skip("the digits are not beside the checkout")
    return mnist.load(MNIST)


@cache
def network() -> Classifier:
    return Classifier.load(Path("digits-cnn"))


def correct(paper: str, chosen: Sequence[int]) -> NDArray[np.bool_]:
    """Which of the test digits are read correctly, each on a sheet of its own."""
    rng = np.random.default_rng(0)
    images = [digit_image(digit_ink(PAPERS[paper](digits().test_images[number], rng))) for number in chosen]
    predicted = network().probabilities(np.stack(images)).argmax(axis=1)
    read: NDArray[np.bool_] = predicted == digits().test_labels[list(chosen)]
    return read


@pytest.mark.parametrize("paper", PAPERS)
def test_a_digit_is_read_on_every_paper(paper: str) -> None:
    first = [int(np.flatnonzero(digits().test_labels == digit)[0]) for digit in range(10)]
    assert correct(paper, first).sum() >= 9


@pytest.mark.slow
@pytest.mark.parametrize("paper", PAPERS)
def test_nearly_all_digits_are_read_on_every_paper(paper: str) -> None:
    assert correct(paper, range(500)).mean() >= 0.98


@pytest.mark.parametrize("margin", [0, 1])
def test_a_digit_that_was_cut_out_is_read(margin: int) -> None:
    """Without paper around it, as people crop pictures; `margin` in pixels of MNIST."""
    right = 0
    for number in range(20):
        digit = digits().test_images[number]
        rows, columns = np.nonzero(digit > 30)
        cut = np.pad(digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], margin)
        large = np.kron(255 - cut, np.ones((8, 8), np.uint8))
        image = digit_image(digit_ink(large))
        right += int(network().probabilities(image[None]).argmax() == digits().test_labels[number])
    assert right >= 18


@pytest.mark.parametrize("shape", [(28, 28), (300, 200), (300, 200, 3), (1, 1), (5, 900), (3, 3, 3)])
@pytest.mark.parametrize("noise", [0, 3])
def test_a_sheet_without_ink_is_refused(shape: tuple[int, ...], noise: float) -> None:
    values = 200 + noise * np.random.default_rng(0).normal(size=shape) * (np.prod(shape) > 900)
    with pytest.raises(ValueError, match="no ink that differs clearly from the paper"):
        digit_ink(values.astype(np.uint8))
