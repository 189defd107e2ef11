"""The window of images.py: the pictures of a folder one by one, and what the networks make of each."""

from collections.abc import Mapping
from pathlib import Path

from pygame import Rect

from scripts.ui.canvas import SMALL, Canvas
from scripts.ui.layout import columns, take_bottom, take_left, take_top
from scripts.ui.pictures import picture
from scripts.vision.classifier import Classifier
from scripts.vision.picture_source import PictureFiles
from scripts.windows.image_browser_view import AlbumView


class ImagesWindow(AlbumView):
    """Step through picture files; a folder or a picture that is dropped on the window is opened.

    Args:
        classifiers: the networks by name.
        source: the pictures to begin with.
    """

    title = "Pictures"
    alternatives = "name pictures with: python scripts/train_images.py --predict vehicles-cnn FILE..."

    def __init__(self, classifiers: Mapping[str, Classifier], source: PictureFiles) -> None:
        super().__init__(classifiers)
        self.keys = self.step_keys
        self.start(source)

    def dropped(self, path: Path) -> None:
        """Open a folder or a picture."""
        try:
            self.start(PictureFiles(list(self.classifiers.values()), path))
        except (OSError, ValueError) as error:
            self.say(str(error))

    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame."""
        bar, rest = take_top(area, 2.2 * canvas.unit, canvas.unit)
        self.draw_step_buttons(canvas, bar)
        left, right = columns(rest, [1, len(self.classifiers)], canvas.unit)
        inside = canvas.panel(left, self.look.title, self.progress())
        strip, inside = take_bottom(inside, 5 * canvas.unit, canvas.unit)
        seen, above = take_bottom(inside, 5 * canvas.unit, canvas.unit)
        self.draw_picture(canvas, above)
        self._draw_seen(canvas, seen)
        self.draw_strip(canvas, strip)
        self.draw_readings(canvas, right)

    def _draw_seen(self, canvas: Canvas, area: Rect) -> None:
        """The picture as the first network gets it."""
        if self.look.frame is None or not self.look.readings:
            return
        seen = self.look.readings[0].picture
        square, rest = take_left(area, area.height, canvas.unit)
        picture(canvas, square, seen, smooth=False)
        words = (self.look.name, f"what the network sees: {seen.shape[1]} x {seen.shape[0]} pixels")
        for line in words:
            place, rest = take_top(rest, canvas.line_height(SMALL))
            canvas.text(line, place, size=SMALL, colour=canvas.theme.quiet)
