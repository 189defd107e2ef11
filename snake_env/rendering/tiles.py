"""The images of single cells, drawn by formulas; `renderer` composes boards from them.

A shape is a signed distance function on the unit square, negative inside. It is sampled on a grid three times finer
than the pixels and averaged, which makes its edge smooth (as in Minigrid's `utils/rendering.py`).
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snake_env.engine.rules import MOVES
from snake_env.engine.state import read_only

Floats = NDArray[np.floating[Any]]
Image = NDArray[np.uint8]

SMALLEST_TILE, LARGEST_TILE = 4, 128  # pixels
OVERSAMPLING = 3
SHADES = 16  # number of colours from the tail of a long snake to the head

# The links of a cell are the directions in which the body continues from it: the sum of 1 << direction. A cell has at
# most two, so there are eleven kinds of body segments. The first five have fewer than two links, like a head.
SEGMENTS = tuple(
    sorted((links for links in range(16) if links.bit_count() <= 2), key=lambda links: (links.bit_count(), links))
)
SEGMENT_OF_LINKS = read_only(np.array([SEGMENTS.index(links) if links in SEGMENTS else 0 for links in range(16)]))
ENDS = 5

# Kinds of images. The atlas holds each kind for even and odd squares of the checkerboard, and again for lost games.
EMPTY, FOOD, OBSTACLE, HEAD = 0, 1, 2, 3  # HEAD + heading * ENDS + segment
BODY = HEAD + 4 * ENDS  # BODY + segment * SHADES + shade
KINDS = BODY + len(SEGMENTS) * SHADES

# Blue and mint against orange: people with any type of colour vision can tell these apart.
FLOOR, FLOOR_LOST = ((25, 29, 41), (31, 36, 50)), ((43, 28, 36), (50, 34, 42))  # even, odd
SNAKE = ((64, 92, 178), (42, 168, 196), (134, 240, 190))  # tail, middle, head
LOST = (124, 120, 130)
APPLE, APPLE_SHADE, GLINT = (244, 98, 64), (190, 56, 46), (255, 222, 206)
LEAF, STEM = (166, 212, 104), (150, 108, 76)
STONE, STONE_LIGHT, STONE_DARK = (92, 102, 122), (136, 147, 168), (58, 66, 83)
EYE, PUPIL = (250, 252, 255), (18, 22, 32)

RADIUS, OUTLINE = 0.38, 0.06  # in cells


@lru_cache(maxsize=8)
def atlas(tile: int) -> Image:
    """Return the images of all kinds of cells: (4 * KINDS, tile, tile, 3) uint8, read-only.

    The index of an image is (2 * lost + odd) * KINDS + kind.

    Raises:
        ValueError: the tile's size is not an integer from 4 to 128.
    """
    if not isinstance(tile, int | np.integer) or not SMALLEST_TILE <= tile <= LARGEST_TILE:
        raise ValueError(
            f"tile is {tile!r}; give the side of a cell in pixels, an integer from {SMALLEST_TILE} to {LARGEST_TILE}"
        )
    steps = np.linspace(0, len(SNAKE) - 1, SHADES)
    alive = np.stack([np.interp(steps, range(len(SNAKE)), channel) for channel in zip(*SNAKE, strict=True)], axis=-1)
    images = np.empty((2, 2, KINDS, tile, tile, 3), dtype=np.uint8)
    for lost, floors in enumerate((FLOOR, FLOOR_LOST)):
        shades = 0.3 * alive + 0.7 * np.array(LOST) if lost else alive  # (SHADES, 3)
        for odd, colour in enumerate(floors):
            floor = np.full((tile, tile, 3), colour, dtype=np.float32)
            kinds = images[lost, odd]
            kinds[EMPTY] = floor
            kinds[FOOD] = _apple(floor)
            kinds[OBSTACLE] = _stone(floor)
            for heading in range(4):
                for segment, links in enumerate(SEGMENTS[:ENDS]):
                    head = _head(floor, heading, links, shades[-1], lost=bool(lost))
                    kinds[HEAD + heading * ENDS + segment] = head
            for segment, links in enumerate(SEGMENTS):
                first = BODY + segment * SHADES
                kinds[first : first + SHADES] = _skin(floor, _body(tile, links), shades[:, None, None])
    return read_only(images).reshape(4 * KINDS, tile, tile, 3)


def _grid(tile: int) -> tuple[Floats, Floats]:
    """Coordinates from -0.5 to 0.5: y (n, 1) downwards and x (1, n) to the right, n = 3 * tile."""
    n = OVERSAMPLING * tile
    points = (np.arange(n, dtype=np.float32) + 0.5) / n - 0.5
    return points[:, None], points[None, :]


def _along(tile: int, heading: int) -> tuple[Floats, Floats]:
    """(n, n) coordinates of each point relative to a heading: ahead of the centre, and to its right."""
    y, x = _grid(tile)
    (row, col), (side_row, side_col) = MOVES[heading], MOVES[(heading + 1) % 4]
    return y * row + x * col, y * side_row + x * side_col


def _disc(y: Floats, x: Floats, row: float, col: float, radius: float) -> Floats:
    """Distance to a disc around (row, col), of the shape to which y and x broadcast."""
    distance: Floats = np.hypot(y - row, x - col) - radius
    return distance


def _paint(image: Floats, distance: Floats, colour: ArrayLike, strength: float = 1.0) -> Floats:
    """Paint the inside of a shape, given by its distance (n, n), on images (..., tile, tile, 3)."""
    tile = image.shape[-2]
    fine = (distance < 0).reshape(tile, OVERSAMPLING, tile, OVERSAMPLING)
    cover: Floats = strength * fine.mean(axis=(1, 3), dtype=np.float32)[:, :, None]  # (tile, tile, 1)
    return image + cover * (np.asarray(colour, dtype=np.float32) - image)


def _body(tile: int, links: int) -> Floats:
    """(n, n) distance to a body that leaves the cell in the directions of `links`."""
    y, x = _grid(tile)
    directions = [heading for heading in range(4) if links >> heading & 1]
    if not directions:
        return _disc(y, x, 0, 0, RADIUS)
    ahead, side = _along(tile, directions[0])
    if len(directions) == 1:  # the tail: half an ellipse
        return RADIUS * _disc((0.5 - ahead) / 0.85, side / RADIUS, 0, 0, 1)
    if directions[1] - directions[0] == 2:
        return np.abs(side) - RADIUS
    # A turn: an arc around the corner between the two directions.
    (row, col), (other_row, other_col) = MOVES[directions[0]], MOVES[directions[1]]
    return np.abs(_disc(y, x, (row + other_row) / 2, (col + other_col) / 2, 0.5)) - RADIUS


def _skin(image: Floats, distance: Floats, colour: Floats) -> Floats:
    """Paint a body with a dark outline and a bright line along its back, in one colour (3,) or many (..., 1, 1, 3)."""
    image = _paint(image, distance, 0.62 * colour)
    image = _paint(image, distance + OUTLINE, colour)
    return _paint(image, distance + RADIUS - 0.09, (255, 255, 255), 0.16)


def _head(floor: Floats, heading: int, links: int, colour: Floats, *, lost: bool) -> Floats:
    """A head that looks in the direction `heading`, with a neck in the direction of `links`, if any."""
    tile = len(floor)
    ahead, side = _along(tile, heading)
    skull = 0.44 * _disc((ahead + 0.05) / 0.42, side / 0.45, 0, 0, 1)
    if links:
        back, across = _along(tile, links.bit_length() - 1)
        skull = np.minimum(skull, np.maximum(np.abs(across) - RADIUS, -back))
    image = floor
    if not lost:
        tongue = np.abs(np.abs(side) - np.maximum(0, ahead - 0.42))  # forked at its end
        image = _paint(image, np.maximum(tongue - 0.035, -ahead), APPLE)
    image = _paint(_paint(image, skull, 0.62 * colour), skull + OUTLINE, colour)
    for eye in (-0.22, 0.22):
        if lost:
            a, b = ahead - 0.04, side - eye
            cross = np.minimum(np.abs(a - b), np.abs(a + b)) - 0.06
            image = _paint(image, np.maximum(cross, np.maximum(np.abs(a), np.abs(b)) - 0.12), PUPIL)
        else:
            image = _paint(image, _disc(ahead, side, 0.03, eye, 0.155), EYE)
            image = _paint(image, _disc(ahead, side, 0.08, 0.95 * eye, 0.09), PUPIL)
    return image


def _apple(floor: Floats) -> Floats:
    y, x = _grid(len(floor))
    fruit = np.minimum(_disc(y, x, 0.09, -0.11, 0.28), _disc(y, x, 0.09, 0.11, 0.28))
    image = _paint(floor, fruit, APPLE_SHADE)
    image = _paint(image, np.maximum(fruit, _disc(y, x, 0.01, -0.06, 0.37)), APPLE)
    image = _paint(image, _disc(y, x, -0.01, -0.2, 0.07), GLINT)
    image = _paint(image, np.maximum(np.abs(x + 0.25 * (y + 0.12)) - 0.035, np.abs(y + 0.24) - 0.12), STEM)
    leaf = np.maximum(_disc(y, x, -0.4, 0.09, 0.19), _disc(y, x, -0.21, 0.21, 0.19))
    return _paint(image, leaf, LEAF)


def _stone(floor: Floats) -> Floats:
    y, x = _grid(len(floor))
    block = np.maximum(np.abs(y), np.abs(x)) - 0.47
    image = _paint(floor, block, STONE_DARK)
    image = _paint(image, np.maximum(block, x + y), STONE_LIGHT)
    return _paint(image, np.maximum(np.abs(y), np.abs(x)) - 0.36, STONE)
