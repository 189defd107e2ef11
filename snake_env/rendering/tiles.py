"""The pictures of single cells, drawn with formulas: what a frame is put together from.

A shape is a distance on the unit square, negative inside. It is sampled on a grid three times finer than the pixels
and averaged, which smooths its edge (as Minigrid's `utils/rendering.py` does).
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snake_env.engine.rules import MOVES

Floats = NDArray[np.floating[Any]]
Picture = NDArray[np.uint8]

SMALLEST_TILE, LARGEST_TILE = 4, 128  # pixels
OVERSAMPLING = 3
SHADES = 16  # steps of colour from the tail of a long snake to the head

# The links of a cell of the body are the directions in which it is connected, the sum of 1 << direction. It has at most
# two of them, so there are eleven courses; the first five have less than two links, as a head has.
COURSES = sorted((links for links in range(16) if links.bit_count() <= 2), key=lambda links: (links.bit_count(), links))
COURSE_OF_LINKS = np.array([COURSES.index(links) if links in COURSES else 0 for links in range(16)])
ENDS = 5

# Kinds of picture. The atlas holds each for the even and the odd squares of the checkerboard, and again for lost games.
EMPTY, FOOD, OBSTACLE, HEAD = 0, 1, 2, 3  # HEAD + heading * ENDS + course
BODY = HEAD + 4 * ENDS  # BODY + course * SHADES + shade
KINDS = BODY + len(COURSES) * SHADES

# Blue and mint against orange: people with any colour vision tell these apart.
FLOOR, FLOOR_LOST = ((25, 29, 41), (31, 36, 50)), ((43, 28, 36), (50, 34, 42))  # even, odd
SNAKE = ((64, 92, 178), (42, 168, 196), (134, 240, 190))  # tail, middle, head
LOST = (124, 120, 130)
APPLE, APPLE_SHADE, GLINT = (244, 98, 64), (190, 56, 46), (255, 222, 206)
LEAF, STEM = (166, 212, 104), (150, 108, 76)
STONE, STONE_LIGHT, STONE_DARK = (92, 102, 122), (136, 147, 168), (58, 66, 83)
EYE, PUPIL = (250, 252, 255), (18, 22, 32)

RADIUS, OUTLINE = 0.38, 0.06  # in cells


@lru_cache(maxsize=8)
def atlas(tile: int) -> Picture:
    """All pictures of a cell, (4 * KINDS, tile, tile, 3) uint8, read-only.

    Number (2 * lost + odd) * KINDS + kind is that kind on an odd square in a lost game.

    Raises:
        ValueError: the tile's size is no whole number from 4 to 128.
    """
    if not isinstance(tile, int | np.integer) or not SMALLEST_TILE <= tile <= LARGEST_TILE:
        raise ValueError(
            f"tile is {tile!r}; give the side of a cell in whole pixels, from {SMALLEST_TILE} to {LARGEST_TILE}"
        )
    steps = np.linspace(0, len(SNAKE) - 1, SHADES)
    alive = np.stack([np.interp(steps, range(len(SNAKE)), channel) for channel in zip(*SNAKE, strict=True)], axis=-1)
    pictures = np.empty((2, 2, KINDS, tile, tile, 3), dtype=np.uint8)
    for lost, floors in enumerate((FLOOR, FLOOR_LOST)):
        shades = 0.3 * alive + 0.7 * np.array(LOST) if lost else alive  # (SHADES, 3)
        for odd, colour in enumerate(floors):
            floor = np.full((tile, tile, 3), colour, dtype=np.float32)
            kinds = pictures[lost, odd]
            kinds[EMPTY] = floor
            kinds[FOOD] = _apple(floor)
            kinds[OBSTACLE] = _stone(floor)
            for heading in range(4):
                for course, links in enumerate(COURSES[:ENDS]):
                    head = _head(floor, heading, links, shades[-1], lost=bool(lost))
                    kinds[HEAD + heading * ENDS + course] = head
            for course, links in enumerate(COURSES):
                first = BODY + course * SHADES
                kinds[first : first + SHADES] = _skin(floor, _body(tile, links), shades[:, None, None])
    pictures.setflags(write=False)
    return pictures.reshape(4 * KINDS, tile, tile, 3)


def _grid(tile: int) -> tuple[Floats, Floats]:
    """Points from -0.5 to 0.5: (n, 1) downwards and (1, n) to the right, n = 3 * tile."""
    n = OVERSAMPLING * tile
    points = (np.arange(n, dtype=np.float32) + 0.5) / n - 0.5
    return points[:, None], points[None, :]


def _along(tile: int, heading: int) -> tuple[Floats, Floats]:
    """(n, n) how far each point lies ahead of the centre for that heading, and how far to its right."""
    y, x = _grid(tile)
    (row, col), (side_row, side_col) = MOVES[heading], MOVES[(heading + 1) % 4]
    return y * row + x * col, y * side_row + x * side_col


def _disc(y: Floats, x: Floats, row: float, col: float, radius: float) -> Floats:
    """Distance to a disc around (row, col), in the shape of y and x together."""
    distance: Floats = np.hypot(y - row, x - col) - radius
    return distance


def _ink(picture: Floats, distance: Floats, colour: ArrayLike, strength: float = 1.0) -> Floats:
    """Paint the inside of a shape, distance (n, n), on pictures (..., tile, tile, 3)."""
    tile = picture.shape[-2]
    fine = (distance < 0).reshape(tile, OVERSAMPLING, tile, OVERSAMPLING)
    cover: Floats = strength * fine.mean(axis=(1, 3), dtype=np.float32)[:, :, None]  # (tile, tile, 1)
    return picture + cover * (np.asarray(colour, dtype=np.float32) - picture)


def _body(tile: int, links: int) -> Floats:
    """(n, n) distance to a body that leaves the cell in the directions of `links`."""
    y, x = _grid(tile)
    ways = [heading for heading in range(4) if links >> heading & 1]
    if not ways:
        return _disc(y, x, 0, 0, RADIUS)
    ahead, side = _along(tile, ways[0])
    if len(ways) == 1:  # the tail: half an ellipse
        return RADIUS * _disc((0.5 - ahead) / 0.85, side / RADIUS, 0, 0, 1)
    if ways[1] - ways[0] == 2:
        return np.abs(side) - RADIUS
    (row, col), (other_row, other_col) = MOVES[ways[0]], MOVES[ways[1]]  # a turn runs round the corner between them
    return np.abs(_disc(y, x, (row + other_row) / 2, (col + other_col) / 2, 0.5)) - RADIUS


def _skin(picture: Floats, distance: Floats, colour: Floats) -> Floats:
    """A body with a dark outline and a bright line along its back, for one colour (3,) or many (..., 1, 1, 3)."""
    picture = _ink(picture, distance, 0.62 * colour)
    picture = _ink(picture, distance + OUTLINE, colour)
    return _ink(picture, distance + RADIUS - 0.09, (255, 255, 255), 0.16)


def _head(floor: Floats, heading: int, links: int, colour: Floats, *, lost: bool) -> Floats:
    """A head that looks to `heading`, with a neck in the direction of `links`, if any."""
    tile = len(floor)
    ahead, side = _along(tile, heading)
    skull = 0.44 * _disc((ahead + 0.05) / 0.42, side / 0.45, 0, 0, 1)
    if links:
        back, across = _along(tile, links.bit_length() - 1)
        skull = np.minimum(skull, np.maximum(np.abs(across) - RADIUS, -back))
    picture = floor
    if not lost:
        tongue = np.abs(np.abs(side) - np.maximum(0, ahead - 0.42))  # forked at its end
        picture = _ink(picture, np.maximum(tongue - 0.035, -ahead), APPLE)
    picture = _ink(_ink(picture, skull, 0.62 * colour), skull + OUTLINE, colour)
    for eye in (-0.22, 0.22):
        if lost:
            a, b = ahead - 0.04, side - eye
            cross = np.minimum(np.abs(a - b), np.abs(a + b)) - 0.06
            picture = _ink(picture, np.maximum(cross, np.maximum(np.abs(a), np.abs(b)) - 0.12), PUPIL)
        else:
            picture = _ink(picture, _disc(ahead, side, 0.03, eye, 0.155), EYE)
            picture = _ink(picture, _disc(ahead, side, 0.08, 0.95 * eye, 0.09), PUPIL)
    return picture


def _apple(floor: Floats) -> Floats:
    y, x = _grid(len(floor))
    fruit = np.minimum(_disc(y, x, 0.09, -0.11, 0.28), _disc(y, x, 0.09, 0.11, 0.28))
    picture = _ink(floor, fruit, APPLE_SHADE)
    picture = _ink(picture, np.maximum(fruit, _disc(y, x, 0.01, -0.06, 0.37)), APPLE)
    picture = _ink(picture, _disc(y, x, -0.01, -0.2, 0.07), GLINT)
    picture = _ink(picture, np.maximum(np.abs(x + 0.25 * (y + 0.12)) - 0.035, np.abs(y + 0.24) - 0.12), STEM)
    leaf = np.maximum(_disc(y, x, -0.4, 0.09, 0.19), _disc(y, x, -0.21, 0.21, 0.19))
    return _ink(picture, leaf, LEAF)


def _stone(floor: Floats) -> Floats:
    y, x = _grid(len(floor))
    block = np.maximum(np.abs(y), np.abs(x)) - 0.47
    picture = _ink(floor, block, STONE_DARK)
    picture = _ink(picture, np.maximum(block, x + y), STONE_LIGHT)
    return _ink(picture, np.maximum(np.abs(y), np.abs(x)) - 0.36, STONE)
