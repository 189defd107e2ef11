"""A small view for the tests of the windows' toolkit: it draws what a test wants."""

from collections.abc import Callable
from pathlib import Path

from pygame import Rect

from scripts.ui.app import App, View
from scripts.ui.canvas import Canvas
from scripts.ui.keys import Key
from tests.support.ui.windows import shot

Drawing = Callable[[Canvas], None]


class Page(View):
    """Draws what a test wants, and notes which keys were pressed."""

    title = "a page"
    alternatives = "read a book"

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self.drawing, self.heard = drawing, ""
        self.keys = [
            Key("space", "a space", lambda: self.hear("_")),
            Key("right .", "right", lambda: self.hear(">"), repeats=True),
            Key("ctrl+s", "save", lambda: self.hear("S")),
        ]

    def hear(self, sign: str) -> None:
        self.heard += sign

    def draw(self, canvas: Canvas, area: Rect) -> None:
        self.drawing(canvas)

    def dropped(self, path: Path) -> None:
        self.heard += path.name


Show = Callable[[Drawing], App]  # what the fixture `show` gives: opens a window on a page


def page(app: App) -> Page:
    assert isinstance(app.view, Page)
    return app.view


def nothing(canvas: Canvas) -> None:
    pass


def pixel(x: int, y: int) -> tuple[int, ...]:
    return tuple(shot()[y, x].tolist())
