"""A bitmap font of 5 x 7 pixels for the header above the board, with the characters that the header needs."""

import numpy as np

from snake_env.engine.state import BoolArray, read_only

GLYPH_HEIGHT, GLYPH_WIDTH, ADVANCE = 7, 5, 6  # pixels; the advance is the width of a glyph and the gap after it

_SHEETS = (
    (
        "0123456789",
        " ###    #    ###  #####    #  #####   ##  #####  ###   ###  ",
        "#   #  ##   #   #    #    ##  #      #        # #   # #   # ",
        "#  ##   #       #   #    # #  ####  #        #  #   # #   # ",
        "# # #   #      #     #  #  #      # ####    #    ###   #### ",
        "##  #   #     #       # #####     # #   #   #   #   #     # ",
        "#   #   #    #    #   #    #  #   # #   #   #   #   #    #  ",
        " ###   ###  #####  ###     #   ###   ###    #    ###   ##   ",
    ),
    (
        "SCORELNGTH",
        " ####  ###   ###  ####  ##### #     #   #  ###  ##### #   # ",
        "#     #   # #   # #   # #     #     #   # #   #   #   #   # ",
        "#     #     #   # #   # #     #     ##  # #       #   #   # ",
        " ###  #     #   # ####  ####  #     # # # # ###   #   ##### ",
        "    # #     #   # # #   #     #     #  ## #   #   #   #   # ",
        "    # #   # #   # #  #  #     #     #   # #   #   #   #   # ",
        "####   ###   ###  #   # ##### ##### #   #  ####   #   #   # ",
    ),
)
_GLYPHS = {
    character: read_only(np.array([list(row[i * ADVANCE : i * ADVANCE + GLYPH_WIDTH]) for row in rows]) == "#")
    for characters, *rows in _SHEETS
    for i, character in enumerate(characters)
}
_GLYPHS[" "] = read_only(np.zeros((GLYPH_HEIGHT, GLYPH_WIDTH), dtype=bool))


def write_mask(text: str, scale: int = 1) -> BoolArray:
    """Return the pixels of a text: (7 * scale, 6 * len(text) * scale) bool.

    Raises:
        KeyError: a character that the font does not have.
    """
    mask = np.zeros((GLYPH_HEIGHT, ADVANCE * len(text)), dtype=bool)
    for i, character in enumerate(text):
        mask[:, i * ADVANCE : i * ADVANCE + GLYPH_WIDTH] = _GLYPHS[character]
    return mask.repeat(scale, axis=0).repeat(scale, axis=1)
