"""Canvas of a frame: draws text and boxes in the colours of the theme, at the current size of the window."""

from functools import lru_cache
from pathlib import Path

import pygame
from pygame import Rect, Surface

from scripts.ui.pointer import Pointer
from scripts.ui.theme import Colour, Theme

SMALLEST_UNIT, LARGEST_UNIT = 11, 30  # pixels
UNITS_ACROSS, UNITS_DOWN = 88, 52  # units in a window, from which the unit follows
SMALL, BODY, TITLE, HUGE = 0.85, 1.0, 1.35, 2.2  # text sizes in units
SUPERSAMPLING = 4  # text is drawn this many times larger and scaled down, so that letters have one shape at all sizes


class Canvas:
    """Surface with a theme and a unit of length, and the pointer for widgets.

    Args:
        surface: to draw on.
        theme: colours.
        pointer: of this frame.

    Attributes:
        unit: size of plain text in pixels; all other sizes are multiples of it.
        gap: pixels between things that belong together.
        area: of the whole surface.
    """

    def __init__(self, surface: Surface, theme: Theme, pointer: Pointer) -> None:
        self.surface, self.theme, self.pointer = surface, theme, pointer
        self.area = surface.get_rect()
        unit = min(self.area.width / UNITS_ACROSS, self.area.height / UNITS_DOWN)
        self.unit = round(min(max(unit, SMALLEST_UNIT), LARGEST_UNIT))
        self.gap = round(0.6 * self.unit)

    def text(
        self,
        text: str,
        area: Rect,
        *,
        size: float = BODY,
        colour: Colour | None = None,
        bold: bool = False,
        align: str = "left",
    ) -> Rect:
        """Write one line, vertically centred; text that is too wide ends in an ellipsis.

        Args:
            text: to write.
            area: to write in.
            size: in units: SMALL, BODY, TITLE or HUGE.
            colour: None for the text colour of the theme.
            bold: whether the text is bold.
            align: "left", "centre" or "right".

        Returns:
            The area that the text takes.
        """
        pixels = round(size * self.unit)
        text = text.encode(errors="replace").decode().replace("\0", " ")  # pygame draws no other text
        picture = _text(shorten(text, area.width, pixels, bold), pixels, bold, colour or self.theme.text)
        place = picture.get_rect(centery=area.centery, left=area.left)
        if align == "right":
            place.right = area.right
        elif align == "centre":
            place.centerx = area.centerx
        self.surface.blit(picture, place)
        return place

    def width(self, text: str, *, size: float = BODY, bold: bool = False) -> int:
        """Return the width of a text in pixels."""
        text = text.encode(errors="replace").decode().replace("\0", " ")
        return _width(text, round(size * self.unit), bold)

    def line_height(self, size: float = BODY) -> int:
        """Return the height of a line of text in pixels."""
        return round(1.5 * size * self.unit)

    def box(self, area: Rect, colour: Colour | None = None, *, radius: float = 0.4, line: Colour | None = None) -> None:
        """Fill an area that has round corners.

        Args:
            area: to fill.
            colour: None for the colour of panels.
            radius: of the corners, in units.
            line: colour of a thin frame, None for no frame.
        """
        if area.width <= 0 or area.height <= 0:
            return
        colour = colour or self.theme.panel
        corner = min(round(radius * self.unit), area.width // 2, area.height // 2)
        if line:
            _round(self.surface, area, line, corner)
            edge = max(1, self.unit // 10)
            area, corner = area.inflate(-2 * edge, -2 * edge), max(0, corner - edge)
        _round(self.surface, area, colour, corner)

    def panel(self, area: Rect, title: str = "", aside: str = "") -> Rect:
        """Draw a panel with a title and quiet text at the right; return the area inside."""
        self.box(area, radius=0.6)
        inside = area.inflate(-2 * self.unit, -2 * round(0.7 * self.unit))
        if not title and not aside:
            return inside
        head = Rect(inside.x, inside.y, inside.width, self.line_height(SMALL))
        self.text(title.upper(), head, size=SMALL, bold=True, colour=self.theme.quiet)
        self.aside(area, aside, beside=title)
        top = head.bottom + round(0.3 * self.unit)
        return Rect(inside.x, top, inside.width, max(0, inside.bottom - top))

    def aside(self, area: Rect, words: str, *, beside: str) -> None:
        """Write quiet text at the right of a panel's title `beside`, if it is known only after drawing the content."""
        inside = area.inflate(-2 * self.unit, -2 * round(0.7 * self.unit))
        taken = self.width(beside.upper(), size=SMALL, bold=True) + self.unit if beside else 0
        head = Rect(inside.x + taken, inside.y, max(0, inside.width - taken), self.line_height(SMALL))
        self.text(words, head, size=SMALL, colour=self.theme.quiet, align="right")


@lru_cache(maxsize=4096)
def shorten(text: str, width: int, pixels: int, bold: bool) -> str:
    """Return the text, or the beginning of it that fits into a width, with an ellipsis."""
    if _width(text, pixels, bold) <= width:
        return text
    while text and _width(text + "…", pixels, bold) > width:
        text = text[:-1]
    return text + "…" if text else ""


@lru_cache(maxsize=64)
def _font(pixels: int, bold: bool) -> pygame.font.Font:
    """Load DejaVu Sans, which comes with Matplotlib and has arrows and Greek letters, SUPERSAMPLING times larger."""
    import matplotlib

    pygame.font.init()
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return pygame.font.Font(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, SUPERSAMPLING * pixels)


def _width(text: str, pixels: int, bold: bool) -> int:
    return -(-_font(pixels, bold).size(text)[0] // SUPERSAMPLING)


@lru_cache(maxsize=2048)
def _text(text: str, pixels: int, bold: bool, colour: Colour) -> Surface:
    large = _font(pixels, bold).render(text, True, colour)
    width, height = (-(-side // SUPERSAMPLING) for side in large.get_size())
    whole = Surface((SUPERSAMPLING * width, SUPERSAMPLING * height), pygame.SRCALPHA)
    whole.fill((*colour, 0))
    whole.blit(large, (0, 0))
    return pygame.transform.smoothscale(whole, (width, height))


@lru_cache(maxsize=256)
def _disc(radius: int, colour: Colour) -> Surface:
    """Draw a smooth disc, four times larger and then scaled down."""
    large = Surface((8 * radius, 8 * radius), pygame.SRCALPHA)
    large.fill((*colour, 0))  # transparent, with the same colour, which is mixed in at the edge
    pygame.draw.circle(large, colour, (4 * radius, 4 * radius), 4 * radius)
    return pygame.transform.smoothscale(large, (2 * radius, 2 * radius))


def _round(surface: Surface, area: Rect, colour: Colour, radius: int) -> None:
    if radius <= 0:
        surface.fill(colour, area)
        return
    surface.fill(colour, area.inflate(-2 * radius, 0))
    surface.fill(colour, area.inflate(0, -2 * radius))
    disc = _disc(radius, colour)
    for right in (0, 1):
        for bottom in (0, 1):
            place = (area.right - radius if right else area.left, area.bottom - radius if bottom else area.top)
            surface.blit(disc, place, Rect(right * radius, bottom * radius, radius, radius))
