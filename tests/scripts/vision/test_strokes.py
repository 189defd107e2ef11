"""Drawings made with the mouse: smooth strokes, converted to MNIST's format, and undone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from scripts.vision import mnist
from scripts.vision.classifier import Classifier
from scripts.vision.digit_image import digit_image
from scripts.vision.strokes import CANVAS, PEN, Drawing, Point
from tests.support.paths import DATA

DATA = DATA / "mnist"
coordinate = st.integers(80, CANVAS - 80)
stroke = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=8)


def drawn(*strokes: Sequence[Point], drawing: Drawing | None = None) -> Drawing:
    drawing = drawing or Drawing()
    for first, *others in strokes:
        drawing.press(first)
        for point in others:
            drawing.move(point)
        drawing.release()
    return drawing


def centre(image: NDArray[np.uint8]) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return float(np.average(rows, weights=image)), float(np.average(columns, weights=image))


@given(st.lists(stroke, min_size=1, max_size=3))
@settings(max_examples=40)
def test_a_drawing_fills_mnists_box_and_its_mass_is_in_the_middle(strokes: list[list[Point]]) -> None:
    """As in MNIST, where row and column 14 are the middle."""
    image = digit_image(drawn(*strokes).ink)
    assert image.shape == (28, 28)
    assert image.max() == 255
    rows, columns = np.nonzero(image)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)  # 19: the faintest row was rounded to none
    for places, middle in zip((rows, columns), centre(image), strict=True):
        at_the_edge = places.min() == 0 or places.max() == 27  # all ink at one end: it would not fit in the middle
        assert abs(middle - 14) <= 0.55 or at_the_edge


@given(stroke)
@settings(max_examples=40)
def test_a_symmetric_drawing_is_always_in_the_middle(points: list[Point]) -> None:
    """As 0, 8 or S are: turned half around it is the same."""
    mirrored = [(CANVAS - x, CANVAS - y) for x, y in points]
    row, column = centre(digit_image(drawn(points, mirrored).ink))
    assert abs(row - 14) <= 0.55
    assert abs(column - 14) <= 0.55


@given(stroke, st.integers(-50, 50), st.integers(-50, 50))
@settings(max_examples=40)
def test_where_it_is_drawn_does_not_matter(points: list[Point], right: int, down: int) -> None:
    here = digit_image(drawn(points).ink)
    there = digit_image(drawn([(x + right, y + down) for x, y in points]).ink)
    np.testing.assert_array_equal(here, there)


def test_a_dot_is_as_large_as_the_pen() -> None:
    ink = drawn([(100.3, 60.7)]).ink
    assert ink.sum() / 255 == pytest.approx(np.pi * PEN**2, rel=0.01)
    assert centre(ink) == pytest.approx((60.7 - 0.5, 100.3 - 0.5), abs=0.05)  # pixel 0 has its centre at 0.5
    assert 0 < np.mean((ink > 0) & (ink < 255)) < 0.01  # smooth, and only at the edge


def test_a_straight_stroke_has_the_area_of_a_pill() -> None:
    ink = drawn([(100, 280), (180, 280), (263.5, 280), (400, 280)]).ink
    assert ink.sum() / 255 == pytest.approx(300 * 2 * PEN + np.pi * PEN**2, rel=0.01)
    np.testing.assert_array_equal(ink, ink[::-1])  # y = 280 is the middle of 560


def test_few_points_on_a_circle_give_a_round_stroke() -> None:
    """A polygon through 10 points would have its sides' middles at 0.95 of the radius and its corners at 1."""
    angles = np.linspace(0, 4 * np.pi, 21)
    points = [(280 + 180 * np.cos(angle), 280 + 180 * np.sin(angle)) for angle in angles]
    rows, columns = np.nonzero(drawn(points).ink > 127)
    outer = np.hypot(rows + 0.5 - 280, columns + 0.5 - 280)
    direction = np.arctan2(rows + 0.5 - 280, columns + 0.5 - 280)
    rim = [outer[np.abs(direction - angle) < 0.03].max() for angle in np.linspace(0.5, 3, 40)]  # 0: where it ends
    assert max(rim) - min(rim) < 3  # a polygon's would differ by 9


def test_ink_beyond_the_canvas_is_cut_off() -> None:
    drawing = drawn([(-50, 280), (630, 280)], [(280, -200), (280, -100)])
    assert drawing.ink[280].min() == 255
    assert drawing.ink.sum() / 255 == pytest.approx(CANVAS * 2 * PEN, rel=0.01)


def test_strokes_and_clearing_are_undone_one_by_one() -> None:
    one, two = [(60.0, 60.0), (200.0, 90.0)], [(100.0, 200.0), (120.0, 120.0), (90.0, 50.0)]
    drawing = drawn(one, two)
    both = drawing.ink
    drawing.clear()
    assert drawing.empty
    drawing.clear()  # an empty sheet: nothing to undo
    drawing.undo()
    np.testing.assert_array_equal(drawing.ink, both)
    drawing.undo()
    np.testing.assert_array_equal(drawing.ink, drawn(one).ink)
    drawing.undo()
    drawing.undo()
    assert drawing.empty


def test_undo_in_the_middle_of_a_stroke_ends_it() -> None:
    drawing = Drawing()
    drawing.press((100, 100))
    drawing.move((150, 150))
    drawing.undo()
    drawing.move((200, 200))
    assert drawing.empty


def test_what_is_shown_while_a_stroke_goes_on_is_what_stays() -> None:
    drawing = Drawing()
    drawing.press((60, 60))
    for point in ((80, 70), (80, 70), (120, 140)):
        drawing.move(point)
        assert drawing.ink[int(point[1]), int(point[0])] == 255  # the pen's place is inked at once
    before = drawing.ink
    drawing.release()
    drawing.move((250, 250))
    assert drawing.ink is before


@pytest.mark.parametrize("name", ["digits-cnn", "digits-mlp"])
def test_an_mnist_digit_enlarged_to_a_drawing_keeps_its_prediction(name: str) -> None:
    """Enlarged 15 times, placed at random on the canvas, and converted back to 28 x 28."""
    if not DATA.is_dir():
        pytest.skip("the digits are not beside the checkout")
    images = mnist.load(DATA).test_images[:60]
    rng = np.random.default_rng(0)
    again = []
    for image in images:
        canvas = np.zeros((CANVAS, CANVAS), np.uint8)
        top, left = rng.integers(0, CANVAS - 420, 2)
        large = np.asarray(Image.fromarray(image).resize((420, 420), Image.Resampling.BICUBIC))
        canvas[top : top + 420, left : left + 420] = large
        again.append(digit_image(canvas))
    classifier = Classifier.load(Path(name))
    before, after = (classifier.probabilities(some).argmax(axis=1) for some in (images, np.stack(again)))
    assert (before == after).all()
