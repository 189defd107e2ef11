"""Window of digits.py: draw a digit, or step through test digits, with the predictions of the networks."""

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
from scripts.vision.digit_image import digit_image
from scripts.vision.image_source import ImageView, MNISTDigits
from scripts.vision.mnist import MNIST
from scripts.vision.prediction import predict_image
from scripts.vision.strokes import CANVAS, Drawing, Ink, Point
from scripts.windows.image_browser_view import ImageBrowserView

MODES = ("Draw", "Test digits")
DRAW, TEST = range(2)
INPUT_NOTE = ("network input: 28 x 28", "pixels, the digit scaled", "to 20 x 20, its centre of", "mass in the middle")


class DigitsWindow(ImageBrowserView):
    """Draw a digit, or step through MNIST's test digits.

    Args:
        classifiers: the networks by name.
        load: returns MNIST when test digits are first shown; runs in the worker.
        mode: DRAW or TEST, to begin with.

    Attributes:
        drawing: the strokes on the sheet.
        mode: DRAW or TEST.
        sheet: the area of the drawing in the last frame.
    """

    title = "Digits"
    alternatives = "classify digits in image files with: python scripts/train_images.py --predict digits-cnn FILE..."

    def __init__(self, classifiers: Mapping[str, Classifier], load: Callable[[], MNIST], mode: int = DRAW) -> None:
        super().__init__(classifiers)
        self.drawing, self.mode, self.sheet = Drawing(), DRAW, Rect(0, 0, 1, 1)
        self._load = load
        self._last_ink: Ink | None = None  # the ink of the last prediction
        self.keys = [
            Key("tab", "draw, or see test digits", lambda: self.choose(1 - self.mode)),
            Key("c delete", "clear the sheet", self.clear),
            Key("u backspace ctrl+z", "undo the last stroke", self.undo),
            *self.step_keys,
        ]
        self.choose(mode)

    def choose(self, mode: int) -> None:
        """Switch between drawing and test digits."""
        self.mode, self._last_ink = mode, None
        if mode == DRAW:
            return
        self.drawing.release()
        if self.source is None:
            self.image_view = ImageView(title="test digits", problem="loading")
            self.worker.ask("load", self._load_digits, self._start)
        else:
            self.show_image()

    def clear(self) -> None:
        """Clear the sheet."""
        self.choose(DRAW)
        self.drawing.clear()

    def undo(self) -> None:
        """Undo the last stroke, or clearing."""
        self.choose(DRAW)
        self.drawing.undo()

    def step(self, by: int) -> None:
        """Move forward by so many test digits."""
        if self.mode == TEST:
            super().step(by)

    def toggle_wrong(self) -> None:
        """Switch between all test digits and wrong ones only."""
        if self.mode == TEST:
            super().toggle_wrong()

    def update(self, seconds: float) -> None:  # noqa: ARG002  nothing here depends on time
        """Ask for predictions if the drawing has changed since the last frame."""
        ink = self.drawing.ink
        if self.mode == DRAW and ink is not self._last_ink:
            self._last_ink = ink
            self.worker.ask("view", lambda: self._predict(ink), self.show)

    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame."""
        bar, rest = take_top(area, 2.2 * canvas.unit, canvas.unit)
        self._draw_bar(canvas, bar)
        left, right = take_left(rest, min(0.38 * area.width, rest.height), canvas.unit)
        progress = self.progress() if self.mode == TEST else ""
        inside = canvas.panel(left, self.image_view.title or "draw a digit", progress)
        if self.mode == TEST:
            below, above = take_bottom(inside, 5 * canvas.unit, canvas.unit)
            self.draw_image(canvas, above)
            self.draw_strip(canvas, below)
        else:
            above, below = take_top(inside, min(inside.width, inside.height - 6 * canvas.unit), canvas.unit)
            self._draw_sheet(canvas, fit(above, 1, 1))
            self._draw_network_input(canvas, below)
        self.draw_predictions(canvas, right)

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
        """The point of the drawing at a pixel of the window."""
        scale = CANVAS / self.sheet.width
        return (position[0] + 0.5 - self.sheet.x) * scale, (position[1] + 0.5 - self.sheet.y) * scale

    def _draw_network_input(self, canvas: Canvas, area: Rect) -> None:
        """The drawing as the networks get it."""
        side = max(1, min(area.height, area.width // 2) // 28) * 28
        square, rest = take_left(area, side, canvas.unit)
        predictions = self.image_view.predictions
        image = predictions[0].image if predictions else np.zeros((28, 28), np.uint8)
        picture(canvas, take_top(square, side)[0], np.repeat(image[..., None], 3, axis=2), smooth=False)
        for text in INPUT_NOTE:
            line, rest = take_top(rest, canvas.line_height(SMALL))
            canvas.text(text, line, size=SMALL, colour=canvas.theme.quiet)

    def _predict(self, ink: Ink) -> ImageView:
        """The predictions for the drawing; none while it is empty. Runs in the worker."""
        if not ink.any():
            return ImageView()
        image = digit_image(ink)
        return ImageView(predictions=[predict_image(classifier, image) for classifier in self.classifiers.values()])

    def _load_digits(self) -> MNIST | str:
        """MNIST, or the message of the error. Runs in the worker."""
        try:
            return self._load()
        except (OSError, ValueError) as error:
            return " ".join(str(error).split())

    def _start(self, digits: MNIST | str) -> None:
        if isinstance(digits, str):
            self.say(f"no test digits; give their folder with --data-dir ({digits})")
            self.choose(DRAW)
            return
        self.start(MNISTDigits(list(self.classifiers.values()), digits.test_images, digits.test_labels))
        self._last_ink = None  # the user may have switched to drawing meanwhile


@lru_cache(maxsize=4)
def _colours(paper: Colour, ink: Colour) -> NDArray[np.uint8]:
    """(256, 3), from the colour of paper to that of ink."""
    colours: NDArray[np.uint8] = np.rint(np.linspace(paper, ink, 256)).astype(np.uint8)
    colours.setflags(write=False)
    return colours
