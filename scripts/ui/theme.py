"""Colours of the windows: a dark and a light theme.

Colours with a meaning are from the set of Okabe and Ito (jfly.uni-koeln.de/color), which people with any colour vision
can tell apart. Nothing depends on colour alone: marked bars have bold text, disabled bars are hatched.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]

ORANGE, SKY, GREEN, YELLOW = (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66)
BLUE, VERMILION, PURPLE = (0, 114, 178), (213, 94, 0), (204, 121, 167)


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colours of a window by purpose."""

    name: str
    background: Colour
    panel: Colour  # background of a group of widgets
    raised: Colour  # a button, the track of a slider
    hover: Colour  # a button under the mouse
    line: Colour  # thin lines between things
    text: Colour
    quiet: Colour  # labels and explanations
    faint: Colour  # disabled text
    accent: Colour  # chosen or movable things
    on_accent: Colour  # text on the accent colour
    good: Colour
    bad: Colour
    series: tuple[Colour, ...]  # lines of a chart, in this order
    low: Colour  # value 0 in a map (see pictures.py)
    high: Colour  # largest value
    negative: Colour  # most negative value


DARK = Theme(
    name="dark",
    background=(14, 16, 24),
    panel=(23, 26, 37),
    raised=(40, 45, 61),
    hover=(54, 61, 82),
    line=(48, 54, 72),
    text=(236, 240, 248),
    quiet=(150, 160, 184),
    faint=(92, 101, 124),
    accent=SKY,
    on_accent=(10, 20, 32),
    good=(30, 190, 140),
    bad=(240, 120, 50),
    series=(SKY, ORANGE, GREEN, PURPLE, YELLOW, VERMILION),
    low=(36, 41, 56),
    high=(255, 226, 120),
    negative=(70, 150, 255),
)
LIGHT = Theme(
    name="light",
    background=(238, 241, 246),
    panel=(255, 255, 255),
    raised=(226, 231, 240),
    hover=(209, 217, 231),
    line=(208, 214, 226),
    text=(22, 27, 38),
    quiet=(88, 98, 120),
    faint=(158, 167, 186),
    accent=BLUE,
    on_accent=(255, 255, 255),
    good=(0, 130, 95),
    bad=(196, 80, 0),
    series=(BLUE, (200, 130, 0), GREEN, (176, 84, 136), (150, 140, 0), VERMILION),
    low=(232, 236, 243),
    high=(166, 62, 0),
    negative=(0, 92, 170),
)


def ramp(theme: Theme) -> NDArray[np.uint8]:
    """Return the (511, 3) colours of map values from -1 to 1; small values are raised to be visible."""
    values = np.linspace(-1, 1, 511)
    places = np.sign(values) * np.abs(values) ** 0.6
    channels = [np.interp(places, (-1, 0, 1), ends) for ends in zip(theme.negative, theme.low, theme.high, strict=True)]
    colours: NDArray[np.uint8] = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    colours.setflags(write=False)
    return colours
