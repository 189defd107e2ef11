"""Values that a person types into a window: a seed and a board size."""

import re


def parse_seed(typed: str) -> int:
    """Return the seed.

    Raises:
        ValueError: no integer from 0 with at most 18 digits.
    """
    if not typed.isdecimal() or len(typed) > 18:
        raise ValueError(f"the seed is {typed!r}; enter an integer from 0, with at most 18 digits")
    return int(typed)


def parse_board(typed: str) -> dict[str, int]:
    """Return the height and the width in a text such as "8 x 12".

    Raises:
        ValueError: not two integers.
    """
    sides = re.fullmatch(r"(\d+)\D+(\d+)", typed)
    if sides is None:
        raise ValueError(f"the board is {typed!r}; enter rows and columns, such as 8 x 12")
    return {"height": int(sides[1]), "width": int(sides[2])}
