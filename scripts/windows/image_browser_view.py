"""View of an image browser: one large image, the predictions of each network, and a strip of thumbnails with marks.

Networks run in the worker: they predict the class of the image that is shown, and between such requests those of all
images, batch by batch, which gives the accuracy of each network and the wrong images.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pygame import Rect

from scripts.ui.app import View
from scripts.ui.canvas import Canvas
from scripts.ui.keys import Key
from scripts.ui.layout import columns, fit, take_left
from scripts.ui.pictures import picture
from scripts.ui.theme import Colour, Theme
from scripts.ui.widgets import button
from scripts.vision.classifier import Classifier
from scripts.vision.image_browser import UNKNOWN, ImageBrowser
from scripts.vision.image_source import ImageSource, ImageView
from scripts.vision.prediction import Prediction
from scripts.windows.prediction_panel import draw_prediction

THUMBNAIL_SECONDS = 0.05  # one job makes thumbnails for so long, then other jobs have their turn
MIN_SMOOTH_SIDE = 100  # pixels: smaller images are shown as squares, larger ones smooth


class ImageBrowserView(View):
    """Step through images with the arrow keys.

    Args:
        classifiers: the networks by name, all of the same classes.

    Attributes:
        browser: position and predictions; None while there are no images.
        source: of the images; None while there are none.
        image_view: the image and predictions that are shown.
    """

    def __init__(self, classifiers: Mapping[str, Classifier]) -> None:
        super().__init__()
        self.classifiers = dict(classifiers)
        self.classes = next(iter(self.classifiers.values())).classes
        self.browser: ImageBrowser | None = None
        self.source: ImageSource | None = None
        self._thumbnails: dict[int, NDArray[np.uint8]] = {}
        self.image_view = ImageView()
        self.step_keys = [
            Key("right space", "next image", lambda: self.step(1), repeats=True),
            Key("left", "previous image", lambda: self.step(-1), repeats=True),
            Key("down pagedown", "ten images forward", lambda: self.step(10), repeats=True),
            Key("up pageup", "ten images back", lambda: self.step(-10), repeats=True),
            Key("w", "wrong images only, or all", self.toggle_wrong),
        ]

    def start(self, source: ImageSource) -> None:
        """Show the first image of a source, and begin to predict the classes of all."""
        self.source, self.browser = source, ImageBrowser(source.labels, len(self.classifiers))
        self._thumbnails = {}
        self.show_image()
        self._predict_next()

    def step(self, by: int) -> None:
        """Move forward by so many images, or back."""
        if self.browser is None:
            return
        if self.browser.step(by):
            self.show_image()
        else:
            which = f"wrong image{self._so_far()}" if self.browser.only_wrong else "image"
            self.say(f"this is the {'last' if by > 0 else 'first'} {which}")

    def toggle_wrong(self) -> None:
        """Switch between all images and wrong ones only."""
        if self.browser is None:
            return
        if self.browser.toggle_wrong():
            self.show_image()
        else:
            unknown = int((self.browser.labels == UNKNOWN).sum())
            if unknown == len(self.browser):
                self.say("these images cannot be judged: no folder of theirs has the name of a class")
            else:
                rest = f"; {unknown:,} images cannot be judged" if unknown else ""
                self.say(f"no wrong images{self._so_far()}{rest}")

    def show_image(self) -> None:
        """Show the current image of the browser."""
        if self.source is not None and self.browser is not None:
            source, number = self.source, self.browser.position
            self.worker.ask("view", lambda: source.view(number), self.show)

    def show(self, image_view: ImageView) -> None:
        """Show an image with its predictions."""
        self.image_view = image_view

    def draw_step_buttons(self, canvas: Canvas, area: Rect) -> None:
        """Buttons for the most important keys, and a note of the key for help."""
        only_wrong = self.browser is not None and self.browser.only_wrong
        actions: tuple[tuple[str, Callable[[], None], bool], ...] = (
            ("← Back", lambda: self.step(-1), False),
            ("Next →", lambda: self.step(1), False),
            ("Wrong only", self.toggle_wrong, only_wrong),
        )
        for label, action, chosen in actions:
            place, area = take_left(area, canvas.width(label, bold=True) + 2 * canvas.unit, canvas.gap)
            if button(canvas, place, label, chosen=chosen):
                action()
        canvas.text("? help", area, colour=canvas.theme.quiet, align="right")

    def draw_image(self, canvas: Canvas, area: Rect) -> None:
        """The image, as large as fits."""
        frame = self.image_view.frame
        if frame is None:
            canvas.text(self.image_view.problem, area, align="centre", colour=canvas.theme.quiet)
            return
        small = max(frame.shape) < MIN_SMOOTH_SIDE
        place = fit(area, frame.shape[1], frame.shape[0])
        times = place.width // frame.shape[1]
        if small and times:  # an integer scale, so that all squares have one size
            place = Rect(0, 0, times * frame.shape[1], times * frame.shape[0])
            place.center = area.center
        picture(canvas, place, frame, smooth=not small)

    def draw_strip(self, canvas: Canvas, area: Rect) -> None:
        """Thumbnails of the images around the current one, marked correct or wrong; a click shows an image."""
        if self.browser is None:
            return
        line = canvas.line_height()
        side = max(1, area.height - line)
        numbers = self.browser.around((area.width + canvas.gap) // (side + canvas.gap))
        for column, number in enumerate(numbers):
            place = Rect(area.x + column * (side + canvas.gap), area.y, side, side)
            if self.pointer.clicks(f"image {number}", place):
                self.browser.position = number
                self.show_image()
            here = number == self.browser.position
            canvas.box(place.inflate(canvas.gap, canvas.gap), canvas.theme.accent if here else canvas.theme.panel)
            canvas.box(place, canvas.theme.raised, radius=0)
            if number in self._thumbnails:
                picture(canvas, place, self._thumbnails[number])
            mark, colour = self._mark(canvas.theme, number)
            below = Rect(place.x, place.bottom + canvas.gap // 2, side, line)
            canvas.text(mark, below, bold=True, colour=colour, align="centre")
        self._fetch_thumbnails(numbers)

    def _mark(self, theme: Theme, number: int) -> tuple[str, Colour]:
        assert self.browser is not None
        if self.browser.labels[number] == UNKNOWN or (self.browser.predicted[:, number] == UNKNOWN).any():
            return "", theme.quiet
        return ("✗", theme.bad) if self.browser.wrong[:, number].any() else ("✓", theme.good)

    def _fetch_thumbnails(self, numbers: Sequence[int]) -> None:
        """Ask for missing thumbnails; a few per job, so that the image that is shown does not have to wait."""
        source, thumbnails = self.source, self._thumbnails
        missing = [number for number in numbers if number not in thumbnails]
        if source is None or not missing or self.worker.busy("thumbnails"):
            return

        def make() -> dict[int, NDArray[np.uint8]]:
            made: dict[int, NDArray[np.uint8]] = {}
            end = time.monotonic() + THUMBNAIL_SECONDS
            for number in missing:
                made[number] = source.thumbnail(number)
                if time.monotonic() > end:
                    break
            return made

        self.worker.ask("thumbnails", make, thumbnails.update)

    def draw_predictions(self, canvas: Canvas, area: Rect) -> None:
        """A panel for each network, side by side."""
        parts = columns(area, [1] * len(self.classifiers), canvas.unit)
        predictions: Sequence[Prediction | None] = self.image_view.predictions or [None] * len(parts)
        for number, (part, name, prediction) in enumerate(zip(parts, self.classifiers, predictions, strict=True)):
            summary = self._summary(number, name)
            draw_prediction(canvas, part, name, summary, self.classes, prediction, self.image_view.label)

    def progress(self) -> str:
        """How many images have been classified, or are wrong, or how many there are, in words."""
        if self.browser is None:
            return ""
        if self.browser.n_predicted < len(self.browser):
            return f"predicted {self.browser.n_predicted:,} of {len(self.browser):,}"
        if (self.browser.labels == UNKNOWN).all():
            return f"{len(self.browser):,} images that cannot be judged"
        wrong = int(self.browser.wrong.any(axis=0).sum())
        return f"{wrong:,} of {int((self.browser.labels != UNKNOWN).sum()):,} wrong"

    def _summary(self, number: int, name: str) -> str:
        if self.browser is not None:
            correct, of = self.browser.count_correct(number)
            return f"{correct:,} of {of:,} correct" if of else ""
        accuracy = self.classifiers[name].notes.get("test_accuracy")
        return "" if accuracy is None else f"test set: {accuracy:.1%}"

    def _so_far(self) -> str:
        return " so far" if self.browser is not None and self.browser.n_predicted < len(self.browser) else ""

    def _predict_next(self) -> None:
        source, browser = self.source, self.browser
        if source is None or browser is None or browser.n_predicted == len(browser):
            return

        def add(predicted: NDArray[np.int64]) -> None:
            if self.browser is browser:  # no other images were opened meanwhile
                browser.add(predicted)
                self._predict_next()

        start, stop = browser.n_predicted, min(browser.n_predicted + source.batch_size, len(browser))
        self.worker.ask("predict", lambda: source.predict(start, stop), add)
