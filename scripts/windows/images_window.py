"""Window of images.py: the images of a folder one by one, with the predictions of the networks."""

from collections.abc import Mapping
from pathlib import Path

from pygame import Rect

from scripts.ui.canvas import SMALL, Canvas
from scripts.ui.layout import columns, take_bottom, take_left, take_top
from scripts.ui.pictures import picture
from scripts.vision.classifier import Classifier
from scripts.vision.image_source import ImageFiles
from scripts.windows.image_browser_view import ImageBrowserView


class ImagesWindow(ImageBrowserView):
    """Step through image files. A folder or an image file that is dropped on the window is opened.

    Args:
        classifiers: the networks by name.
        source: the images to begin with.
    """

    title = "Images"
    alternatives = "classify images with: python scripts/train_images.py --predict vehicles-cnn FILE..."

    def __init__(self, classifiers: Mapping[str, Classifier], source: ImageFiles) -> None:
        super().__init__(classifiers)
        self.keys = self.step_keys
        self.start(source)

    def dropped(self, path: Path) -> None:
        """Open a folder or an image file."""
        try:
            self.start(ImageFiles(list(self.classifiers.values()), path))
        except (OSError, ValueError) as error:
            self.say(str(error))

    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame."""
        bar, rest = take_top(area, 2.2 * canvas.unit, canvas.unit)
        self.draw_step_buttons(canvas, bar)
        left, right = columns(rest, [1, len(self.classifiers)], canvas.unit)
        inside = canvas.panel(left, self.image_view.title, self.progress())
        strip, inside = take_bottom(inside, 5 * canvas.unit, canvas.unit)
        below, above = take_bottom(inside, 5 * canvas.unit, canvas.unit)
        self.draw_image(canvas, above)
        self._draw_network_input(canvas, below)
        self.draw_strip(canvas, strip)
        self.draw_predictions(canvas, right)

    def _draw_network_input(self, canvas: Canvas, area: Rect) -> None:
        """The image as the first network gets it."""
        if self.image_view.frame is None or not self.image_view.predictions:
            return
        image = self.image_view.predictions[0].image
        square, rest = take_left(area, area.height, canvas.unit)
        picture(canvas, square, image, smooth=False)
        for text in (self.image_view.name, f"network input: {image.shape[1]} x {image.shape[0]} pixels"):
            line, rest = take_top(rest, canvas.line_height(SMALL))
            canvas.text(text, line, size=SMALL, colour=canvas.theme.quiet)
