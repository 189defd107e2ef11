"""A window's view of an album: one picture large, beside it what each network makes of it; right and wrong are marked.

All that networks do runs in the worker: looking at the picture that is shown, and, meanwhile, naming all pictures one
portion after another, which tells how often each network is right and which pictures are wrong.
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
from scripts.vision.image_browser import UNKNOWN, Album
from scripts.vision.picture_source import Look, PictureSource
from scripts.vision.prediction import Reading
from scripts.windows.prediction_panel import draw_reading

AT_A_TIME = 0.05  # seconds that thumbnails are made before other work has its turn
SQUARES = 100  # pixels: smaller pictures are shown as squares, larger ones smooth


class AlbumView(View):
    """Steps through an album with the arrow keys.

    Args:
        classifiers: the networks by name, all of the same classes.

    Attributes:
        album: the pictures; None while there are none to step through.
        look: what is shown now.
    """

    def __init__(self, classifiers: Mapping[str, Classifier]) -> None:
        super().__init__()
        self.classifiers = dict(classifiers)
        self.classes = next(iter(self.classifiers.values())).classes
        self.album: Album | None = None
        self.source: PictureSource | None = None
        self._thumbnails: dict[int, NDArray[np.uint8]] = {}
        self.look = Look()
        self.step_keys = [
            Key("right space", "the next picture", lambda: self.step(1), repeats=True),
            Key("left", "the one before", lambda: self.step(-1), repeats=True),
            Key("down pagedown", "ten on", lambda: self.step(10), repeats=True),
            Key("up pageup", "ten back", lambda: self.step(-10), repeats=True),
            Key("w", "wrong ones only, or all", self.toggle_wrong),
        ]

    def start(self, source: PictureSource) -> None:
        """Show the first of these pictures, and begin to name all."""
        self.source, self.album = source, Album(source.labels, len(self.classifiers))
        self._thumbnails = {}
        self.show_picture()
        self._name_more()

    def step(self, by: int) -> None:
        """Go on by so many pictures."""
        if self.album is None:
            return
        if self.album.step(by):
            self.show_picture()
        else:
            which = f"wrong picture{self._so_far()}" if self.album.only_wrong else "picture"
            self.say(f"this is the {'last' if by > 0 else 'first'} {which}")

    def toggle_wrong(self) -> None:
        """Look at wrong ones only, or at all again."""
        if self.album is None:
            return
        if self.album.toggle_wrong():
            self.show_picture()
        else:
            known = (self.album.labels != UNKNOWN).any()
            self.say(f"no wrong pictures{self._so_far()}" if known else "nothing tells what these pictures show")

    def show_picture(self) -> None:
        """Have the album's picture read and shown."""
        if self.source is not None and self.album is not None:
            source, number = self.source, self.album.position
            self.worker.ask("look", lambda: source.look(number), self.show)

    def show(self, look: Look) -> None:
        """Show a picture with what networks make of it."""
        self.look = look

    def draw_step_buttons(self, canvas: Canvas, area: Rect) -> None:
        """What the most important keys do, for the mouse, and the key that shows all."""
        only_wrong = self.album is not None and self.album.only_wrong
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

    def draw_picture(self, canvas: Canvas, area: Rect) -> None:
        """The picture, as large as fits."""
        frame = self.look.frame
        if frame is None:
            canvas.text(self.look.problem, area, align="centre", colour=canvas.theme.quiet)
            return
        few = max(frame.shape) < SQUARES
        place = fit(area, frame.shape[1], frame.shape[0])
        times = place.width // frame.shape[1]
        if few and times:  # all squares of one size
            place = Rect(0, 0, times * frame.shape[1], times * frame.shape[0])
            place.center = area.center
        picture(canvas, place, frame, smooth=not few)

    def draw_strip(self, canvas: Canvas, area: Rect) -> None:
        """The pictures around this one, each with a mark once it is named; a click goes there."""
        if self.album is None:
            return
        line = canvas.line_height()
        side = max(1, area.height - line)
        numbers = self.album.around((area.width + canvas.gap) // (side + canvas.gap))
        for column, number in enumerate(numbers):
            place = Rect(area.x + column * (side + canvas.gap), area.y, side, side)
            if self.pointer.clicks(f"picture {number}", place):
                self.album.position = number
                self.show_picture()
            here = number == self.album.position
            canvas.box(place.inflate(canvas.gap, canvas.gap), canvas.theme.accent if here else canvas.theme.panel)
            canvas.box(place, canvas.theme.raised, radius=0)
            if number in self._thumbnails:
                picture(canvas, place, self._thumbnails[number])
            mark, colour = self._mark(canvas.theme, number)
            below = Rect(place.x, place.bottom + canvas.gap // 2, side, line)
            canvas.text(mark, below, bold=True, colour=colour, align="centre")
        self._fetch_thumbnails(numbers)

    def _mark(self, theme: Theme, number: int) -> tuple[str, Colour]:
        assert self.album is not None
        if self.album.labels[number] == UNKNOWN or (self.album.given[:, number] == UNKNOWN).any():
            return "", theme.quiet
        return ("✗", theme.bad) if self.album.wrong[:, number].any() else ("✓", theme.good)

    def _fetch_thumbnails(self, numbers: Sequence[int]) -> None:
        """Have those that are missing made: a few at a time, since the picture that is looked at comes first."""
        source, thumbnails = self.source, self._thumbnails
        missing = [number for number in numbers if number not in thumbnails]
        if source is None or not missing or self.worker.busy("thumbnails"):
            return

        def make() -> dict[int, NDArray[np.uint8]]:
            made: dict[int, NDArray[np.uint8]] = {}
            end = time.monotonic() + AT_A_TIME
            for number in missing:
                made[number] = source.thumbnail(number)
                if time.monotonic() > end:
                    break
            return made

        self.worker.ask("thumbnails", make, thumbnails.update)

    def draw_readings(self, canvas: Canvas, area: Rect) -> None:
        """A panel for each network, side by side."""
        parts = columns(area, [1] * len(self.classifiers), canvas.unit)
        readings: Sequence[Reading | None] = self.look.readings or [None] * len(parts)
        for number, (part, name, reading) in enumerate(zip(parts, self.classifiers, readings, strict=True)):
            draw_reading(canvas, part, name, self._aside(number, name), self.classes, reading, self.look.label)

    def progress(self) -> str:
        """How many pictures there are, are wrong, or have been named until now."""
        if self.album is None:
            return ""
        if self.album.named < len(self.album):
            return f"named {self.album.named:,} of {len(self.album):,}"
        if (self.album.labels == UNKNOWN).all():
            return f"{len(self.album):,} pictures"
        wrong = int(self.album.wrong.any(axis=0).sum())
        return f"{wrong:,} of {len(self.album):,} named wrongly"

    def _aside(self, number: int, name: str) -> str:
        if self.album is not None:
            right, of = self.album.accuracy(number)
            return f"{right:,} of {of:,} right" if of else ""
        accuracy = self.classifiers[name].notes.get("test_accuracy")
        return "" if accuracy is None else f"{accuracy:.1%} of test pictures right"

    def _so_far(self) -> str:
        return " so far" if self.album is not None and self.album.named < len(self.album) else ""

    def _name_more(self) -> None:
        source, album = self.source, self.album
        if source is None or album is None or album.named == len(album):
            return

        def then(given: NDArray[np.int64]) -> None:
            if self.album is album:  # no other one was opened meanwhile
                album.note(given)
                self._name_more()

        start, stop = album.named, min(album.named + source.portion, len(album))
        self.worker.ask("name", lambda: source.name(start, stop), then)
