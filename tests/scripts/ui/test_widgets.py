"""Widgets that are clicked, dragged and typed into, and the layout of areas, on a virtual screen."""

from itertools import pairwise

import pytest

pytest.importorskip("pygame")

import pygame
from pygame import Rect

from scripts.ui.canvas import Canvas, shorten
from scripts.ui.layout import columns, fit, rows, take_bottom, take_left, take_right, take_top
from scripts.ui.widgets import button, choice, slider, text_field
from tests.support.ui.pages import Show, page
from tests.support.ui.windows import click, drag, press, write


def test_a_button_is_clicked_where_it_lies(show: Show) -> None:
    clicks: list[bool] = []

    def drawing(canvas: Canvas) -> None:
        clicks.append(button(canvas, Rect(100, 100, 80, 30), "Go"))
        clicks.append(button(canvas, Rect(200, 100, 80, 30), "Never", disabled=True))

    app = show(drawing)
    click(app, (300, 300))
    click(app, (240, 110))
    drag(app, [(110, 110), (300, 300)])  # let go elsewhere
    drag(app, [(300, 300), (110, 110)])  # pressed elsewhere
    assert not any(clicks)
    click(app, (110, 110))
    assert sum(clicks) == 1


def test_a_press_and_release_within_one_frame_is_a_click(show: Show) -> None:
    clicks: list[bool] = []
    app = show(lambda canvas: clicks.append(button(canvas, Rect(100, 100, 80, 30), "Go")))
    for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
        pygame.event.post(pygame.event.Event(kind, button=1, pos=(120, 120)))
    app.frame()
    app.frame()
    assert sum(clicks) == 1


def test_a_slider_follows_the_mouse_also_outside(show: Show) -> None:
    values: list[float | None] = []
    app = show(lambda canvas: values.append(slider(canvas, Rect(100, 100, 400, 30), "level", 3, 2, 10)))
    assert values == [None]
    drag(app, [(300, 110), (600, 300), (0, 0)])
    assert values[1] == pytest.approx(6, abs=0.05)
    assert 10 in values
    assert values[-1] == 2
    app.frame()
    assert values[-1] is None


def test_a_choice_says_which(show: Show) -> None:
    chosen: list[int | None] = []
    app = show(lambda canvas: chosen.append(choice(canvas, Rect(100, 100, 300, 30), "model", ["a", "b", "c"], 0)))
    click(app, (250, 110))
    assert [number for number in chosen if number is not None] == [1]


def test_a_text_field_takes_what_is_typed(show: Show) -> None:
    entered: list[str] = []

    def drawing(canvas: Canvas) -> None:
        typed = text_field(canvas, Rect(100, 100, 200, 30), "seed", "7")
        if typed is not None:
            entered.append(typed)

    app = show(drawing)
    click(app, (120, 110))
    write(app, "12x q?")  # q would close the window, and ? open the help
    for _ in range(4):
        press(app, "backspace")
    press(app, "return")
    assert entered == ["12"]
    assert page(app).heard == ""
    page(app).pointer.start_typing("seed")
    press(app, "5")
    press(app, "escape")
    press(app, "return")
    assert entered == ["12"]
    assert app.frame()


def test_a_text_field_takes_what_was_copied(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    app = show(lambda canvas: (text_field(canvas, Rect(100, 100, 200, 30), "file", ""), None)[1])
    monkeypatch.setattr(pygame.scrap, "has_text", lambda: True)
    monkeypatch.setattr(pygame.scrap, "get_text", lambda: "a file.json\n")
    app.view.pointer.start_typing("file", "to/")
    press(app, "v", control=True)
    assert app.view.pointer.typed == "to/a file.json"


def test_areas_are_cut_without_loss() -> None:
    area = Rect(10, 20, 100, 50)
    left, rest = take_left(area, 30, 5)
    assert (left, rest) == (Rect(10, 20, 30, 50), Rect(45, 20, 65, 50))
    assert take_right(area, 30, 5) == (Rect(80, 20, 30, 50), Rect(10, 20, 65, 50))
    assert take_top(area, 10, 4) == (Rect(10, 20, 100, 10), Rect(10, 34, 100, 36))
    assert take_bottom(area, 10, 4) == (Rect(10, 60, 100, 10), Rect(10, 20, 100, 36))
    assert take_left(area, 500, 5)[0] == area
    assert take_left(area, 500, 5)[1].width == 0
    assert [part.width for part in columns(area, [1, 2, 1], 2)] == [24, 48, 24]
    parts = rows(area, [1, 1, 1], 1)
    assert (parts[0].top, parts[-1].bottom) == (20, 70)
    assert [after.top - before.bottom for before, after in pairwise(parts)] == [1, 1]
    assert fit(area, 1, 1) == Rect(35, 20, 50, 50)


def test_texts_are_shortened_to_their_room(show: Show) -> None:
    def drawing(canvas: Canvas) -> None:
        taken = canvas.text("a very long line of text", Rect(100, 100, 90, 20))
        assert taken.width <= 90
        right = canvas.text("short", Rect(100, 200, 90, 20), align="right")
        assert right.right == 190

    show(drawing)
    assert shorten("abcdef", 1000, 14, False) == "abcdef"
    assert shorten("abcdefghijkl", 40, 14, False).endswith("…")
    assert shorten("abcdefghijkl", 1, 14, False) == ""


def test_letters_have_the_same_shape_at_all_sizes(show: Show) -> None:
    """Letters that are fitted to pixels are wider at some sizes than at others, and an x gets feet."""
    words, widths = 5 * "10x10 straight right WANTS ", list[float]()

    def drawing(canvas: Canvas) -> None:
        widths[:] = [canvas.width(words, size=pixels / canvas.unit) / pixels for pixels in range(10, 30)]

    show(drawing)
    assert max(widths) < 1.01 * min(widths)
