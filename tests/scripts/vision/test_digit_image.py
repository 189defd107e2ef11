"""Drawings of digits, converted to the format of MNIST's images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from scripts.vision.digit_image import digit_image


def drawing(
    size: tuple[int, int], at: tuple[int, int], paper: int = 255, ink: int = 0, scale: int = 10
) -> NDArray[np.uint8]:
    """A seven whose box is 10 * scale wide and 14 * scale high."""
    image = Image.new("L", size, paper)
    x, y = at
    points = [(x, y), (x + 10 * scale, y), (x + 3 * scale, y + 14 * scale)]
    ImageDraw.Draw(image).line(points, fill=ink, width=scale)
    return np.asarray(image)


def boxed(image: NDArray[np.uint8]) -> tuple[int, int]:
    rows, columns = np.nonzero(image)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (220, 60), (90, 200)])
def test_the_digit_is_light_on_black_and_fills_its_box(paper: int, ink: int) -> None:
    image = digit_image(drawing((300, 260), (140, 40), paper, ink))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert max(boxed(image)) == 20
    assert image.max() == 255
    np.testing.assert_array_equal(image, digit_image(drawing((300, 260), (140, 40))))


@given(st.integers(12, 250), st.integers(12, 150), st.integers(3, 12))
def test_where_and_how_large_it_is_drawn_does_not_matter(x: int, y: int, scale: int) -> None:
    there = digit_image(drawing((400, 330), (x, y), scale=scale)).astype(int)
    here = digit_image(drawing((200, 220), (40, 30))).astype(int)
    assert (there * here).sum() / np.sqrt((there**2).sum() * (here**2).sum()) > 0.8  # shapes agree
    rows, columns = (np.average(grid, weights=there) for grid in np.indices((28, 28)))
    assert 13.4 <= rows <= 14.6
    assert 13.4 <= columns <= 14.6


def test_thin_lines_of_a_large_drawing_are_not_faint() -> None:
    drawn = Image.new("L", (900, 900), 255)
    ImageDraw.Draw(drawn).line([(450, 100), (450, 800)], fill=0, width=3)
    image = digit_image(np.asarray(drawn))
    assert image.max() == 255
    assert boxed(image) == (20, 1)


def test_specks_fainter_than_a_tenth_of_the_ink_are_paper() -> None:
    grey = drawing((300, 260), (140, 40)).copy()
    clean = digit_image(grey)
    grey[5:9, 5:9] = 240
    np.testing.assert_array_equal(digit_image(grey), clean)


def test_an_image_from_mnist_stays_as_it_is() -> None:
    image = digit_image(drawing((300, 260), (140, 40)))
    image[image < 26] = 0
    again = digit_image(image)
    np.testing.assert_array_equal(again > 0, image > 0)


def test_an_image_of_one_colour_is_refused() -> None:
    with pytest.raises(ValueError, match="of one colour: draw a digit"):
        digit_image(np.full((9, 12), 77, np.uint8))
