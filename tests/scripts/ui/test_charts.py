"""Bars, curves, maps and pictures, drawn on a virtual screen and looked at."""

import numpy as np
import pytest

pytest.importorskip("pygame")

from pygame import Rect

from scripts.ui.canvas import Canvas
from scripts.ui.charts import Bar, ChartLine, bars, lines
from scripts.ui.pictures import maps, picture
from scripts.ui.theme import DARK, LIGHT, ramp
from tests.support.ui.pages import Show
from tests.support.ui.windows import shot


def test_bars_are_as_long_as_their_values(show: Show) -> None:
    shown = [Bar("a", 1.0, "", marked=True), Bar("b", 0.25, "", marked=True), Bar("c", 1.0, "", disabled=True)]
    show(lambda canvas: bars(canvas, Rect(20, 20, 600, 90), shown))
    accent = (shot() == np.array(DARK.accent)).all(axis=2)
    lengths = [int(accent[20 + row * 24 : 44 + row * 24].sum(axis=1).max()) for row in range(3)]
    assert lengths[1] == pytest.approx(lengths[0] / 4, abs=3)
    assert lengths[0] > 400
    assert lengths[2] == 0


def test_bars_stay_in_place_while_their_numbers_change(show: Show) -> None:
    ends, shown = [], [Bar("a", 1.0, "")]
    app = show(lambda canvas: bars(canvas, Rect(20, 20, 600, 30), shown))
    for text in ("", "1.5%", "99.9%", "100.0%"):
        shown[0] = Bar("a", 1.0, text, marked=True)
        app.frame()
        ends.append(int((shot() == np.array(DARK.accent)).all(axis=2).any(axis=0).nonzero()[0].max()))
    assert len(set(ends)) == 1
    assert ends[0] > 300


def test_negative_bars_go_to_the_left(show: Show) -> None:
    shown = [Bar("a", 1.0, "", marked=True), Bar("b", -1.0, "", marked=True)]
    show(lambda canvas: bars(canvas, Rect(20, 20, 600, 60), shown, low=-1, high=1))
    accent = (shot() == np.array(DARK.accent)).all(axis=2)
    first, second = accent[20:44].any(axis=0).nonzero()[0], accent[44:70].any(axis=0).nonzero()[0]
    assert second.max() <= first.min() + 8  # round corners
    assert len(first) == pytest.approx(len(second), abs=3)


def test_maps_show_the_values_crisply(show: Show) -> None:
    values = np.zeros((2, 2, 3))
    values[0, 0, 0], values[1, 1, 2] = 1, -1
    places: list[Rect] = []

    def drawing(canvas: Canvas) -> None:
        places[:] = maps(canvas, Rect(0, 0, 640, 200), values)

    show(drawing)
    for place, map_values in zip(places, values, strict=True):
        seen = shot(place)
        assert place.width / place.height == pytest.approx(1.5, abs=0.02)
        for row in range(2):
            for col in range(3):
                value = map_values[row, col]
                colour = DARK.high if value > 0 else DARK.negative if value < 0 else DARK.low
                middle = seen[place.height * (2 * row + 1) // 4, place.width * (2 * col + 1) // 6]
                assert tuple(middle.tolist()) == colour
        assert len(np.unique(seen.reshape(-1, 3), axis=0)) == 2  # nothing between the colours


@pytest.mark.parametrize("size", [(100, 100), (333, 217), (640, 97)])
def test_all_numbers_of_a_map_are_squares_of_one_size(show: Show, size: tuple[int, int]) -> None:
    values = (np.indices((5, 7)).sum(axis=0) % 2)[None].repeat(4, axis=0)  # a chessboard
    places: list[Rect] = []

    def drawing(canvas: Canvas) -> None:
        places[:] = maps(canvas, Rect((5, 5), size), values)

    show(drawing)
    assert len(places) == 4
    for place in places:
        side, rest = divmod(place.width, 7)
        assert (rest, place.height) == (0, 5 * side)
        bright = (shot(place) == np.array(DARK.high)).all(axis=2)
        np.testing.assert_array_equal(bright, values[0].astype(bool).repeat(side, axis=0).repeat(side, axis=1))


def test_the_ramp_is_darkest_at_nothing() -> None:
    for theme in (DARK, LIGHT):
        colours = ramp(theme)
        assert tuple(colours[255].tolist()) == theme.low
        assert (tuple(colours[0].tolist()), tuple(colours[-1].tolist())) == (theme.negative, theme.high)


def test_a_picture_of_the_right_size_is_shown_as_it_is(show: Show) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    show(lambda canvas: (picture(canvas, Rect(100, 50, 60, 40), frame), None)[1])
    np.testing.assert_array_equal(shot(Rect(100, 50, 60, 40)), frame)


def test_curves_rise_with_their_values(show: Show) -> None:
    curve = ChartLine("score", [0, 1, 2, 3], [0, 1, float("nan"), 3])
    show(lambda canvas: lines(canvas, Rect(20, 20, 400, 300), [curve], levels={"greedy": 2}, x_label="s"))
    drawn = np.abs(shot()[60:300, 20:420].astype(int) - DARK.series[0]).sum(axis=2) < 150  # smooth lines are mixed
    row, col = drawn.nonzero()
    assert np.corrcoef(row, col)[0, 1] < -0.9  # rows count downwards


def test_a_view_without_curves_or_maps_draws_nothing_wrong(show: Show) -> None:
    def drawing(canvas: Canvas) -> None:
        lines(canvas, Rect(20, 20, 400, 300), [ChartLine("score", [], [])])
        bars(canvas, Rect(0, 0, 100, 10), [])
        assert maps(canvas, Rect(0, 0, 1, 1), np.zeros((3, 4, 4))) == []
        canvas.box(Rect(0, 0, 0, 10))

    assert show(drawing).frame()
