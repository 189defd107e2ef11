"""Boards in a window, drawn with tiles of the size that fits instead of being scaled."""

from collections.abc import Sequence

import pygame
from pygame import Rect

from scripts.ui.background_worker import BackgroundWorker
from scripts.ui.canvas import Canvas
from snake_env.engine.state import State
from snake_env.rendering.renderer import draw_board
from snake_env.rendering.tiles import LARGEST_TILE, SMALLEST_TILE, atlas

FIRST_TILE = 12  # pixels: drawn at once, while larger tiles take up to a second


class BoardPictures:
    """Draws boards of one size side by side.

    Tiles of a new size are drawn by the background worker; until they are ready, boards with the old tiles are scaled.
    So are boards whose cells are smaller than the smallest tile.

    Args:
        worker: of the window.

    Attributes:
        tile: side of the tiles in pixels; the boards are crisp once it is the size that fits.
        places: areas of the boards.
    """

    def __init__(self, worker: BackgroundWorker) -> None:
        self._worker, self.tile = worker, FIRST_TILE
        self.places: list[Rect] = []
        self._drawn: dict[int, tuple[State, int, pygame.Surface]] = {}  # what was drawn last, by board

    def draw(self, canvas: Canvas, areas: Sequence[Rect], states: Sequence[State], *, wrap: bool) -> None:
        """Draw the first game of each state in its area.

        Args:
            canvas: to draw on.
            areas: of about the same size, one for each state.
            states: of boards of the same size.
            wrap: whether the edges are joined; the walls are drawn dashed then.
        """
        H, W = states[0].obstacles.shape
        wall = max(2, canvas.unit // 3)
        side = max(1, min(min((area.width - 2 * wall) // W, (area.height - 2 * wall) // H) for area in areas))
        fitting = min(max(side, SMALLEST_TILE), LARGEST_TILE)
        side = min(side, LARGEST_TILE)
        if fitting != self.tile and not self._worker.busy("tiles"):
            self._worker.ask("tiles", lambda: atlas(fitting).shape[1], self._use)
        self.places = []
        for number, (area, state) in enumerate(zip(areas, states, strict=True)):
            place = Rect(0, 0, W * side, H * side)
            place.center = area.center
            _draw_wall(canvas, place.inflate(2 * wall, 2 * wall), wall, side if wrap else 0)
            canvas.surface.blit(self._picture(number, state, place), place)
            self.places.append(place)

    def _use(self, tile: int) -> None:
        self.tile = tile

    def _picture(self, number: int, state: State, place: Rect) -> pygame.Surface:
        shown, tile, surface = self._drawn.get(number, (None, 0, None))
        if surface is None or shown is not state or tile != self.tile or surface.get_size() != place.size:
            frame = draw_board(state, 0, self.tile)
            surface = pygame.image.frombuffer(frame.tobytes(), (frame.shape[1], frame.shape[0]), "RGB")
            if surface.get_size() != place.size:
                surface = pygame.transform.smoothscale(surface, place.size)
            self._drawn[number] = (state, self.tile, surface)
        return surface


def _draw_wall(canvas: Canvas, area: Rect, thickness: int, dash: int) -> None:
    """Draw a frame, solid if `dash` is 0, else of dashes half as long as a cell of `dash` pixels."""
    colour = canvas.theme.faint
    if not dash:
        canvas.box(area, colour, radius=0.2)
        return
    for start in range(thickness + dash // 4, area.width - thickness, dash):
        for y in (area.top, area.bottom - thickness):
            canvas.surface.fill(colour, (area.left + start, y, dash // 2, thickness))
    for start in range(thickness + dash // 4, area.height - thickness, dash):
        for x in (area.left, area.right - thickness):
            canvas.surface.fill(colour, (x, area.top + start, thickness, dash // 2))
