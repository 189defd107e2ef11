"""Sheets of paper with one handwritten digit each, as a camera would see them: light, ink, lines, specks and noise.

Each kind of paper is a function (digit, generator) -> picture, drawn from a digit of MNIST, so that the digit that it
shows is known. A network reads the pictures through `scripts.vision.digit_image`, which `scripts/benchmark.py papers`
and the tests measure.
"""

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]
Field = NDArray[np.float64]  # (H, W), a factor for each pixel
Colour = tuple[float, float, float]

WHITE, BLACK, BLUE, RED = (235, 235, 235), (40, 40, 40), (40, 60, 170), (190, 40, 50)
PENCIL, CHALK, BLACKBOARD, BLUE_LINE = (175, 175, 178), (225, 225, 220), (45, 55, 50), (150, 175, 215)


def sheet(
    digit: Bytes,
    rng: np.random.Generator,
    *,
    paper: Colour = WHITE,
    ink: Colour = BLACK,
    height: int = 260,
    width: int = 320,
    side: int = 220,
    centred: bool = True,
    light: Callable[[Field, Field, np.random.Generator], Field] | None = None,
    lines: tuple[str, Colour] | None = None,
    tilt: float = 0.0,
    specks: int = 0,
    noise: float = 0.0,
    salt: float = 0.0,
    jpeg: int | None = None,
) -> Bytes:
    """Return one picture, (height, width, 3).

    Args:
        digit: of MNIST, (28, 28), light on black.
        rng: for all that is random.
        paper: its colour.
        ink: its colour.
        height: of the sheet in pixels.
        width: of the sheet in pixels.
        side: to which the 28 pixels of the digit are enlarged.
        centred: whether the digit is in the middle; otherwise it lies anywhere.
        light: (y, x, generator) -> brightness, at most 1, at each point; y and x go from 0 to 1.
        lines: "ruled" or "squared", and their colour.
        tilt: largest slope of the lines.
        specks: number of dots of ink.
        noise: standard deviation in grey levels.
        salt: share of pixels that are white or black.
        jpeg: quality with which the picture is compressed.
    """
    top, left = (height - side) // 2, (width - side) // 2
    if not centred:
        top, left = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    cover = np.zeros((height, width))
    large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    cover[top : top + side, left : left + side] = np.asarray(large) / 255
    rows, columns = np.mgrid[:height, :width].astype(float)
    picture = np.ones((height, width, 1)) * paper
    if lines is not None:
        kind, colour = lines
        slope = rng.uniform(-tilt, tilt)
        for along, across in [(columns, rows), (-rows, columns)][: 1 + (kind == "squared")]:
            place = (across + slope * along + rng.uniform(0, 30)) % 32
            picture = np.where(place[..., None] < 2, colour, picture)
    for _ in range(specks):
        y, x, radius = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(1, 4)
        cover = np.maximum(cover, np.clip(radius + 0.5 - np.hypot(rows - y, columns - x), 0, 1))
    picture = picture + cover[..., None] * (np.array(ink) - picture)
    if light is not None:
        picture = picture * light((rows + 0.5) / height, (columns + 0.5) / width, rng)[..., None]
    picture = picture + rng.normal(0, 1, (height, width, 1)) * noise
    if salt:
        draw = rng.random((height, width, 1))
        picture = np.where(draw < salt / 2, 0, np.where(draw < salt, 255, picture))
    pixels = np.rint(np.clip(picture, 0, 255)).astype(np.uint8)
    if jpeg is not None:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=jpeg)
        pixels = np.asarray(Image.open(file))
    return pixels


def falling(fall: float, y: Field, x: Field, rng: np.random.Generator) -> Field:
    """Light that falls by this share from one side of the sheet to the other, in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    across = np.cos(angle) * y + np.sin(angle) * x
    light: Field = 1 - fall * (across - across.min()) / np.ptp(across)
    return light


def vignette(fall: float, y: Field, x: Field, rng: np.random.Generator) -> Field:  # noqa: ARG001
    """Light that falls by this share from the middle to the corners."""
    return 1 - fall * ((y - 0.5) ** 2 + (x - 0.5) ** 2) / 0.5


def lamp(fall: float, y: Field, x: Field, rng: np.random.Generator) -> Field:
    """A spot of light somewhere on the sheet; far from it, this share is missing."""
    centre = rng.uniform(0.1, 0.9, 2)
    light: Field = 1 - fall * (1 - np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / 0.15))
    return light


def shadow(fall: float, y: Field, x: Field, rng: np.random.Generator) -> Field:
    """The shadow of a hand: round fingers with soft edges that reach in from one side, in any direction."""
    angle, across = rng.uniform(0, 2 * np.pi), rng.uniform(-0.15, 0.15)
    u, v = y - 0.5, x - 0.5
    along, beside = np.cos(angle) * u + np.sin(angle) * v, np.cos(angle) * v - np.sin(angle) * u
    edge = across + 0.12 * np.cos(2 * np.pi * beside / 0.5 + rng.uniform(0, 6))
    light: Field = 1 - fall / (1 + np.exp(-(along - edge) / 0.05))
    return light


PAPERS: Mapping[str, Callable[[Bytes, np.random.Generator], Bytes]] = {
    name: partial(sheet, **options)
    for name, options in dict[str, dict[str, Any]](
        {
            "plain": {},
            "light falls by 20 %": {"light": partial(falling, 0.2)},
            "light falls by 40 %": {"light": partial(falling, 0.4)},
            "light falls by 50 %": {"light": partial(falling, 0.5)},
            "vignette, 50 %": {"light": partial(vignette, 0.5)},
            "lamp, 50 %": {"light": partial(lamp, 0.5)},
            "shadow of a hand, 30 %": {"light": partial(shadow, 0.3)},
            "shadow of a hand, 50 %": {"light": partial(shadow, 0.5)},
            "noise of 4 grey levels": {"noise": 4},
            "noise of 8 grey levels": {"noise": 8},
            "noise of 20 grey levels": {"noise": 20},
            "salt and pepper, 2 %": {"salt": 0.02},
            "ruled": {"lines": ("ruled", BLUE_LINE)},
            "ruled, tilted, grey": {"lines": ("ruled", (130, 130, 130)), "tilt": 0.05},
            "squared": {"lines": ("squared", BLUE_LINE), "tilt": 0.02},
            "specks": {"specks": 12},
            "blue ink": {"ink": BLUE},
            "red ink": {"ink": RED},
            "faint pencil": {"ink": PENCIL},
            "faint pencil, noise, shade": {"ink": PENCIL, "noise": 4, "light": partial(falling, 0.3)},
            "chalk": {"paper": BLACKBOARD, "ink": CHALK},
            "chalk, noise, shade": {"paper": BLACKBOARD, "ink": CHALK, "noise": 6, "light": partial(falling, 0.4)},
            "small and anywhere": {"side": 80, "centred": False},
            "small, noise, shade": {"side": 80, "centred": False, "noise": 8, "light": partial(falling, 0.4)},
            "yellow light": {"paper": (240, 215, 150), "ink": (60, 45, 30), "light": partial(lamp, 0.3)},
            "blue paper, red ink": {"paper": (120, 150, 220), "ink": (200, 60, 70)},
            "JPEG, quality 30": {"jpeg": 30, "noise": 4, "light": partial(falling, 0.3)},
            "all together": {
                "ink": BLUE,
                "lines": ("squared", BLUE_LINE),
                "tilt": 0.02,
                "light": partial(shadow, 0.4),
                "noise": 6,
                "specks": 5,
                "jpeg": 60,
            },
        }
    ).items()
}
