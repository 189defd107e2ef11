"""Arrays drawn as images: RGB images, and grids of maps such as observation planes and feature maps."""

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
    """Draw an RGB image, (h, w, 3) uint8, as large as it fits; return its area.

    Args:
        canvas: to draw on.
        area: to draw in.
        frame: the image; it is not scaled if it has the size of the area.
        smooth: whether scaling blends pixels; few large pixels look better as squares.
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
    """Draw K maps, (K, h, w), in a grid as large as the area allows; return the area of each.

    A number is a square of k x k pixels, of the same size for all; if there is no room for one pixel each, numbers are
    skipped. Positive and negative numbers have different colours (see `ramp` in theme.py).

    Args:
        canvas: to draw on.
        area: to draw in.
        shown: the maps, of any dtype.
        names: of the maps, written below them where there is room.
        largest: absolute value with the strongest colour; None for the largest one in the maps.
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
    # Nearest neighbour. Scaling before colouring is faster.
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
    """Return the columns of a grid of K maps (h, w), and the largest width and height in pixels of each."""
    best = (1, 0, 0)
    for across in range(1, K + 1):
        down = math.ceil(K / across)
        room_x = (area.width - gap * (across - 1)) / across
        room_y = (area.height - gap * (down - 1)) / down - line
        scale = min(room_x / w, room_y / h)
        scale = math.floor(scale) if scale >= 1 else scale
        if int(scale * w) >= best[1]:
            # The fewest columns for this number of rows, so that the last row is not much shorter.
            best = (math.ceil(K / down), int(scale * w), int(scale * h))
    return best
