"""Arrays as pictures: frames, and grids of maps such as the planes of an observation or what a convolution gives."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pygame
from numpy.typing import NDArray
from pygame import Rect

from scripts.ui.canvas import SMALL, Canvas
from scripts.ui.layout import fit
from scripts.ui.theme import ramp


def picture(canvas: Canvas, area: Rect, frame: NDArray[np.uint8], *, smooth: bool = True) -> Rect:
    """Show a frame, (h, w, 3) uint8, as large as fits; gives back where it lies.

    Args:
        canvas: to draw on.
        area: where.
        frame: of any size; one that fits already is shown pixel by pixel.
        smooth: whether pixels are blended when they are scaled; few large ones look better as squares.
    """
    h, w, _ = frame.shape
    place = fit(area, w, h)
    if place.width < 1 or place.height < 1:
        return place
    surface = pygame.image.frombuffer(frame.tobytes(), (w, h), "RGB")
    if place.size != (w, h):
        scale = pygame.transform.smoothscale if smooth else pygame.transform.scale
        surface = scale(surface, place.size)
    canvas.surface.blit(surface, place)
    return place


def maps(
    canvas: Canvas, area: Rect, shown: NDArray[Any], *, names: Sequence[str] = (), largest: float | None = None
) -> list[Rect]:
    """Show K maps, (K, h, w), as pictures in a grid as large as the area allows; gives back where each lies.

    A number is a square of whole pixels, so that all are of one size; only maps with too little room are thinned out.

    Colours go from 0 to the largest value, and to another side for negative ones (see `ui.theme`).

    Args:
        canvas: to draw on.
        area: where.
        shown: numbers of any type.
        names: of the maps, written below them where there is room.
        largest: the absolute value of the strongest colour; by default the largest of all.
    """
    K, h, w = shown.shape
    if not K or area.width < 4 or area.height < 4:
        return []
    gap = max(2, canvas.unit // 7)
    line = canvas.line_height(SMALL) if names else 0
    across, width, height = _grid(area, K, h, w, gap, line)
    if names and width < 4 * canvas.unit:
        across, width, height = _grid(area, K, h, w, gap, 0)
        names, line = (), 0
    if width < 1 or height < 1:
        return []
    strongest = largest if largest is not None else float(np.abs(shown).max())
    # The nearest value of each pixel; the maps are scaled before they are coloured, which is what costs time.
    scaled = shown[:, np.arange(height) * h // height][:, :, np.arange(width) * w // width]
    colours = _ramp(canvas.theme)[np.rint(np.clip(scaled / (strongest or 1), -1, 1) * 255).astype(np.int16) + 255]
    places = []
    for number in range(K):
        row, col = divmod(number, across)
        place = Rect(area.x + col * (width + gap), area.y + row * (height + line + gap), width, height)
        places.append(place)
        surface = pygame.image.frombuffer(colours[number].tobytes(), (width, height), "RGB")
        canvas.surface.blit(surface, place)
        if names:
            below = Rect(place.x, place.bottom, width, line)
            canvas.text(names[number], below, size=SMALL, colour=canvas.theme.quiet)
    return places


_ramp = lru_cache(maxsize=4)(ramp)


def _grid(area: Rect, K: int, h: int, w: int, gap: int, line: int) -> tuple[int, int, int]:
    """Columns of a grid of K pictures with the proportions of (h, w), and the size in pixels of each, the largest."""
    best = (1, 0, 0)
    for across in range(1, K + 1):
        down = math.ceil(K / across)
        room_x = (area.width - gap * (across - 1)) / across
        room_y = (area.height - gap * (down - 1)) / down - line
        scale = min(room_x / w, room_y / h)
        scale = math.floor(scale) if scale >= 1 else scale
        if int(scale * w) >= best[1]:
            # With so many rows, the fewest columns that do: then the last row is not much shorter.
            best = (math.ceil(K / down), int(scale * w), int(scale * h))
    return best
