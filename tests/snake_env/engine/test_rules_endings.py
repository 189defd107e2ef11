"""How games end: full boards and hunger, on boards drawn by hand, for both engines."""

import pytest

from tests.support.boards import drawing, lines
from tests.support.moves import RING, Move

LAST = "*<abc pojid qnkhe rmlgf"


def test_filling_the_board_wins(move: Move) -> None:
    moved = move(LAST, "left")
    assert moved.events == {"ate", "won"}
    assert moved.state.over[0]
    assert drawing(moved.state) == lines("<abcd qpkje rolif snmhg")


def test_a_board_is_full_when_all_but_its_obstacles_are_covered(move: Move) -> None:
    moved = move("*<ab# .edc# ##### #####", "left")
    assert moved.events == {"ate"}
    moved = move("*<ab# #edc# ##### #####", "left")
    assert moved.events == {"ate", "won"}
    assert drawing(moved.state) == lines("<abc# #fed# ##### #####")


@pytest.mark.parametrize("hunger", [0, 3])
def test_starving_ends_the_game_at_exactly_the_limit(move: Move, hunger: int) -> None:
    circle = ["right", "down", "left", "up"] * 3
    before = move(RING, *circle[: 7 - hunger - 1], hunger=hunger, hunger_limit=7)
    assert before.goes_on
    assert before.state.hunger[0] == 6
    starved = move(RING, *circle[: 7 - hunger], hunger=hunger, hunger_limit=7)
    assert starved.events == {"starved"}
    assert starved.state.over[0]
    assert starved.state.hunger[0] == 7


def test_the_hunger_limit_is_twice_the_number_of_cells_by_default(move: Move) -> None:
    circle = ["right", "down", "left", "up"] * 12  # 48 = 2 * 4 * 6
    assert move(RING, *circle[:-1]).goes_on
    assert move(RING, *circle).events == {"starved"}


def test_a_meal_at_the_last_moment_saves(move: Move) -> None:
    moved = move("....... ....... ..*<ab. ....... .......", "left", hunger=4, hunger_limit=5)
    assert moved.events == {"ate"}
    assert moved.state.hunger[0] == 0


def test_hunger_counts_anew_after_a_meal(move: Move) -> None:
    text = "....... ....... ..*<ab. ....... ......."
    assert move(text, "left", "up", "right", "right", hunger=3, hunger_limit=4).goes_on
    assert move(text, "left", "up", "right", "right", "right", hunger=3, hunger_limit=4).events == {"starved"}


def test_who_dies_at_the_limit_dies_and_does_not_starve(move: Move) -> None:
    moved = move("^...... a...... ....... ......*", "up", hunger=4, hunger_limit=5)
    assert moved.events == {"died"}


def test_who_wins_at_the_limit_wins_and_does_not_starve(move: Move) -> None:
    moved = move(LAST, "left", hunger=4, hunger_limit=5)
    assert moved.events == {"ate", "won"}
