"""Text of boards, compared with drawings."""

from textwrap import dedent

from snake_env.rendering.renderer import (
    render_text,
)
from tests.support.laid_out import SMALL, WRAPPED, board


def drawing(text: str) -> str:
    return dedent(text).strip("\n")


def test_text_of_a_game() -> None:
    assert render_text(SMALL) == drawing("""
        ┌───────────────────┐
        │ ██· · · · · · · · │
        │ · · · · · · · ● · │
        │ · · · ^ · · · · · │
        │ · · · │ · · · · · │
        │ · o───╯ · · · · · │
        │ · · · · · ████· · │
        └───────────────────┘
        score 12  length 5
    """)


def test_text_of_every_turn() -> None:
    body = [
        (0, 1),
        (1, 1),
        (1, 0),
        (2, 0),
        (3, 0),
        (3, 1),
        (2, 1),
        (2, 2),
        (3, 2),
        (3, 3),
        (2, 3),
        (1, 3),
        (1, 2),
        (0, 2),
    ]
    assert render_text(board(4, 5, body, over=True)) == drawing("""
        ┌───────────┐
        │ · o ^ · · │
        │ ╭─╯ ╰─╮ · │
        │ │ ╭─╮ │ · │
        │ ╰─╯ ╰─╯ · │
        └───────────┘
        score 0  length 14  game over
    """)


def test_text_of_joined_edges() -> None:
    assert render_text(board(4, 6, WRAPPED, food=((1, 2), (2, 4))), wrap=True) == drawing("""
        ┌┄┄┄┄┄┄┄┄┄┄┄┄┄┐
        ┊─> · · · ╰───┊
        ┊ · · ● · · · ┊
        ┊ · · · · ● · ┊
        ┊───o · · ╭───┊
        └┄┄┄┄┄┄┄┄┄┄┄┄┄┘
        score 0  length 7
    """)


def test_text_of_a_full_board() -> None:
    body = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 3), (1, 2), (1, 1), (1, 0)]
    state = board(3, 4, body, obstacles=((2, 0), (2, 1), (2, 2), (2, 3)), over=True, score=5)
    assert render_text(state) == drawing("""
        ┌─────────┐
        │ o─────╮ │
        │ <─────╯ │
        │ ████████│
        └─────────┘
        score 5  length 8  board full
    """)


def test_text_of_a_head_alone() -> None:
    assert render_text(board(2, 3, [(0, 1)], heading=2)).splitlines()[1] == "│ · v · │"
