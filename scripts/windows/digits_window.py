"""The window of digits.py: a sheet to draw on, or test digits to step through, and what the networks make of them."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pygame import Rect

from scripts.ui.canvas import SMALL, TITLE, Canvas
from scripts.ui.keys import Key
from scripts.ui.layout import fit, take_bottom, take_left, take_right, take_top
from scripts.ui.pictures import picture
from scripts.ui.theme import Colour
from scripts.ui.widgets import button, choice
from scripts.vision.classifier import Classifier
from scripts.vision.mnist import Mnist
from scripts.vision.picture_source import Look, MnistDigits
from scripts.vision.prediction import read_picture
from scripts.vision.strokes import CANVAS, Drawing, Ink, Point, picture_of
from scripts.windows.image_browser_view import AlbumView

MODES = ("Draw", "Test digits")
DRAW, TEST = range(2)
SEEN = ("what the networks see:", "28 x 28 pixels, the digit", "fitted into 20 x 20 and", "centred by its mass")


class DigitsWindow(AlbumView):
    """Draw a digit, or step through MNIST's test digits.

    Args:
        classifiers: the networks by name.
        load: gives MNIST when test digits are asked for; runs in the worker.
        mode: DRAW or TEST, to begin with.

    Attributes:
        drawing: what is drawn.
        mode: DRAW or TEST.
        sheet: where the drawing lay in the last frame.
    """

    title = "Digits"
    alternatives = "name digits in picture files with: python scripts/train_images.py --predict digits-cnn FILE..."

    def __init__(self, classifiers: Mapping[str, Classifier], load: Callable[[], Mnist], mode: int = DRAW) -> None:
        super().__init__(classifiers)
        self.drawing, self.mode, self.sheet = Drawing(), DRAW, Rect(0, 0, 1, 1)
        self._load = load
        self._asked: Ink | None = None  # the ink that the networks were asked about last
        self.keys = [
            Key("tab", "draw, or step through test digits", lambda: self.choose(1 - self.mode)),
            Key("c delete", "clear the sheet", self.clear),
            Key("u backspace ctrl+z", "take back the last stroke", self.undo),
            *self.step_keys,
        ]
        self.choose(mode)

    def choose(self, mode: int) -> None:
        """Draw, or step through test digits."""
        self.mode, self._asked = mode, None
        if mode == DRAW:
            return
        self.drawing.release()
        if self.source is None:
            self.look = Look(title="test digits", problem="loading")
            self.worker.ask("load", self._loaded, self._start)
        else:
            self.show_picture()

    def clear(self) -> None:
        """Take a new sheet."""
        self.choose(DRAW)
        self.drawing.clear()

    def undo(self) -> None:
        """Take back the last stroke, or clearing."""
        self.choose(DRAW)
        self.drawing.undo()

    def step(self, by: int) -> None:
        """Go on by so many test digits."""
        if self.mode == TEST:
            super().step(by)

    def toggle_wrong(self) -> None:
        """Look at wrong test digits only, or at all again."""
        if self.mode == TEST:
            super().toggle_wrong()

    def update(self, seconds: float) -> None:  # noqa: ARG002  nothing moves by itself
        """Ask the networks about what was drawn since the last frame."""
        ink = self.drawing.ink
        if self.mode == DRAW and ink is not self._asked:
            self._asked = ink
            self.worker.ask("look", lambda: self._look_at(ink), self.show)

    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame."""
        bar, rest = take_top(area, 2.2 * canvas.unit, canvas.unit)
        self._draw_bar(canvas, bar)
        left, right = take_left(rest, min(0.38 * area.width, rest.height), canvas.unit)
        inside = canvas.panel(left, self.look.title or "draw a digit", self.progress() if self.mode == TEST else "")
        if self.mode == TEST:
            below, above = take_bottom(inside, 5 * canvas.unit, canvas.unit)
            self.draw_picture(canvas, above)
            self.draw_strip(canvas, below)
        else:
            above, below = take_top(inside, min(inside.width, inside.height - 6 * canvas.unit), canvas.unit)
            self._draw_sheet(canvas, fit(above, 1, 1))
            self._draw_seen(canvas, below)
        self.draw_readings(canvas, right)

    def _draw_bar(self, canvas: Canvas, area: Rect) -> None:
        modes, rest = take_left(area, 17 * canvas.unit, 2 * canvas.unit)
        chosen = choice(canvas, modes, "mode", MODES, self.mode)
        if chosen is not None and chosen != self.mode:
            self.choose(chosen)
        if self.mode == TEST:
            self.draw_step_buttons(canvas, rest)
            return
        for label, action in (("Clear", self.clear), ("Undo", self.undo)):
            place, rest = take_left(rest, canvas.width(label, bold=True) + 2 * canvas.unit, canvas.gap)
            if button(canvas, place, label):
                action()
        canvas.text("? help", take_right(rest, 5 * canvas.unit)[0], colour=canvas.theme.quiet, align="right")

    def _draw_sheet(self, canvas: Canvas, area: Rect) -> None:
        self.sheet = area
        if self.pointer.grabs("sheet", area):
            for number, position in enumerate(self.pointer.path):
                point = self._point(position)
                if number == 0 and self.pointer.pressed:
                    self.drawing.press(point)
                else:
                    self.drawing.move(point)
            if self.pointer.released:
                self.drawing.release()
        theme = canvas.theme
        picture(canvas, area, _colours(theme.background, theme.text)[self.drawing.ink])
        if self.drawing.empty:
            canvas.text("draw a digit here", area, size=TITLE, colour=theme.faint, align="centre")

    def _point(self, position: tuple[int, int]) -> Point:
        """The place on the sheet that a pixel of the window shows."""
        scale = CANVAS / self.sheet.width
        return (position[0] + 0.5 - self.sheet.x) * scale, (position[1] + 0.5 - self.sheet.y) * scale

    def _draw_seen(self, canvas: Canvas, area: Rect) -> None:
        """The drawing as the networks get it."""
        side = max(1, min(area.height, area.width // 2) // 28) * 28
        square, rest = take_left(area, side, canvas.unit)
        seen = self.look.readings[0].picture if self.look.readings else np.zeros((28, 28), np.uint8)
        picture(canvas, take_top(square, side)[0], np.repeat(seen[..., None], 3, axis=2), smooth=False)
        for words in SEEN:
            line, rest = take_top(rest, canvas.line_height(SMALL))
            canvas.text(words, line, size=SMALL, colour=canvas.theme.quiet)

    def _look_at(self, ink: Ink) -> Look:
        """What the networks make of the drawing: nothing while it is empty; runs in the worker."""
        seen = picture_of(ink)
        return Look(readings=[] if seen is None else [read_picture(some, seen) for some in self.classifiers.values()])

    def _loaded(self) -> Mnist | str:
        """MNIST, or what is wrong with it; runs in the worker."""
        try:
            return self._load()
        except (OSError, ValueError) as error:
            return " ".join(str(error).split())

    def _start(self, digits: Mnist | str) -> None:
        if isinstance(digits, str):
            self.say(f"no test digits; name a folder that holds them with --data-dir ({digits})")
            self.choose(DRAW)
            return
        self.start(MnistDigits(list(self.classifiers.values()), digits.test_images, digits.test_labels))
        self._asked = None  # in case that somebody draws again by now


@lru_cache(maxsize=4)
def _colours(paper: Colour, ink: Colour) -> NDArray[np.uint8]:
    """(256, 3), from that of paper to that of ink."""
    return np.rint(np.linspace(paper, ink, 256)).astype(np.uint8)
