"""Each rule of Snake by name, on boards drawn by hand, for both engines."""

import pytest

from tests.support.boards import DIRECTIONS, HEADS, drawing, lines, rules_of
from tests.support.moves import RING, Move

# ---- moving


@pytest.mark.parametrize(
    ("action", "head", "row", "col"),
    [("up", "^", 1, 3), ("right", "^", 2, 4), ("down", ">", 3, 3), ("left", "^", 2, 2)],
)
def test_an_absolute_action_moves_the_head_that_way(move: Move, action: str, head: str, row: int, col: int) -> None:
    moved = move(f"....... ....... ...{head}... ....... ......*", action)
    assert moved.goes_on
    assert divmod(int(moved.state.head[0]), 7) == (row, col)
    assert moved.state.heading[0] == ["up", "right", "down", "left"].index(action)


@pytest.mark.parametrize("heading", range(4))
@pytest.mark.parametrize(("action", "quarter"), [("left", -1), ("straight", 0), ("right", 1)])
def test_a_relative_action_turns_from_the_heading(move: Move, heading: int, action: str, quarter: int) -> None:
    moved = move(f"....... ....... ...{HEADS[heading]}... ....... ......*", action, actions="relative")
    after = (heading + quarter) % 4
    assert moved.goes_on
    assert moved.state.heading[0] == after
    assert divmod(int(moved.state.head[0]), 7) == (2 + DIRECTIONS[after][0], 3 + DIRECTIONS[after][1])


def test_the_body_follows_and_the_tail_leaves(move: Move) -> None:
    moved = move("....... ....... ...<ab. ....... ......*", "left", "up")
    assert moved.goes_on
    assert moved.snake == lines("....... ..^.... ..ab... ....... .......")
    assert moved.state.hunger[0] == 2


def test_a_fatal_move_leaves_the_board_unchanged(move: Move) -> None:
    text = "....... ...*... ...<ab. ....... ......."
    moved = move(text, "right")
    assert moved.events == {"died"}
    assert moved.state.over[0]
    assert drawing(moved.state) == lines(text)
    assert moved.state.hunger[0] == 1


def test_moving_into_the_vacated_tail_cell_is_legal(move: Move) -> None:
    assert move(RING).safe == {"up", "right", "left"}
    moved = move(RING, "right")
    assert moved.goes_on
    assert moved.snake == lines("...... .a>... .bc... ......")


def test_chasing_the_tail_round_and_round_is_legal(move: Move) -> None:
    moved = move(RING, *["right", "down", "left", "up"] * 3)
    assert moved.goes_on
    assert drawing(moved.state) == lines(RING)


def test_moving_into_the_cell_before_the_tail_is_death(move: Move) -> None:
    text = "..d... .^c... .ab... *....."
    assert move(text).safe == {"up", "left"}
    assert move(text, "right").events == {"died"}


def test_the_tail_stays_when_the_move_eats(move: Move) -> None:
    moved = move(".*.... .^c... .ab... ......", "up")
    assert moved.events == {"ate"}
    assert moved.snake == lines(".^.... .ad... .bc... ......")


def test_after_a_meal_the_tail_leaves_again(move: Move) -> None:
    moved = move(".*.... .^c... .ab... ......", "up", "right")
    assert moved.goes_on  # the new food fell elsewhere
    assert moved.snake == lines(".a>... .b.... .cd... ......")
    assert "down" in moved.safe


@pytest.mark.parametrize(
    "text",
    [
        "..... ..^.. ..a.. ..b.. ....*",
        "..... ..^.. ..a.. ..... ....*",  # the neck is the tail, which leaves: the rule forbids it all the same
    ],
    ids=["three", "two"],
)
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_a_reversal_into_the_neck_is_death(move: Move, text: str, walls: str) -> None:
    assert move(text, walls=walls).safe == {"up", "right", "left"}
    moved = move(text, "down", walls=walls)
    assert moved.events == {"died"}
    assert drawing(moved.state) == lines(text)


@pytest.mark.parametrize("walls", ["solid", "wrap"])
@pytest.mark.parametrize("head", HEADS)
def test_a_snake_without_a_neck_goes_anywhere_that_is_free(move: Move, head: str, walls: str) -> None:
    text = f"..... ..{head}.. ..... ....*"
    assert move(text, walls=walls).safe == {"up", "right", "down", "left"}
    moved = move(text, "down", "up", "right", "left", walls=walls)
    assert moved.goes_on
    assert moved.snake == lines("..... ..<.. ..... .....")
    assert move(f".*... .#{head}#. ..#.. .....", walls=walls).safe == {"up"}
    assert move(f"{head}.... ..... ..... ....*").safe == {"right", "down"}


def test_a_snake_that_has_just_grown_a_neck_cannot_turn_back(move: Move) -> None:
    text = "..... *.^.. ..... ....."
    assert move(text, "left").safe == {"up", "right", "down", "left"}
    assert move(text, "left", "left").events == {"ate"}
    assert move(text, "left", "left").safe == {"up", "down"}
    assert move(text, "left", "left", "right").events == {"died"}


@pytest.mark.parametrize("head", HEADS)
def test_relative_actions_turn_a_snake_without_a_neck_from_its_heading(move: Move, head: str) -> None:
    text = f"..... ..{head}.. ..... ....*"
    behind = DIRECTIONS[(HEADS.index(head) + 2) % 4]
    assert move(text, actions="relative").safe == {"left", "straight", "right"}
    for action in ("left", "straight", "right"):
        reached = divmod(int(move(text, action, actions="relative").state.head[0]), 5)
        assert reached != (1 + behind[0], 2 + behind[1])


@pytest.mark.parametrize("action", ["left", "straight", "right"])
def test_relative_actions_cannot_reverse(move: Move, action: str) -> None:
    text = "..... ..^.. ..a.. ..... ....*"
    moved = move(text, action, actions="relative")
    assert move(text, actions="relative").safe == {"left", "straight", "right"}
    assert moved.goes_on


@pytest.mark.parametrize("actions", ["absolute", "relative"])
def test_a_trapped_snake_has_no_safe_action(move: Move, actions: str) -> None:
    text = "^cd.. abe.. ..... ....*"
    assert move(text, actions=actions).safe == set()
    for action in rules_of(text, actions=actions).action_names:
        assert move(text, action, actions=actions).events == {"died"}


# ---- walls, joined edges, obstacles

SIDES = [
    ("up", "..^.... ..a.... ....... ......*", "..a.... ....... ....... ..^...."),
    ("right", "....... .....a> ....... *......", "....... >.....a ....... ......."),
    ("down", "*...... ....... ..a.... ..v....", "..v.... ....... ....... ..a...."),
    ("left", "....... <a..... ....... ......*", "....... a.....< ....... ......."),
]
at_each_side = pytest.mark.parametrize(("side", "text", "across"), SIDES, ids=[side[0] for side in SIDES])


@at_each_side
@pytest.mark.parametrize("actions", ["absolute", "relative"])
def test_leaving_the_board_is_death(move: Move, side: str, text: str, across: str, actions: str) -> None:
    action = side if actions == "absolute" else "straight"
    assert action not in move(text, actions=actions).safe
    moved = move(text, action, actions=actions)
    assert moved.events == {"died"}
    assert drawing(moved.state) == lines(text)
    assert moved.snake != lines(across)


@at_each_side
@pytest.mark.parametrize("actions", ["absolute", "relative"])
def test_joined_edges_lead_to_the_other_side(move: Move, side: str, text: str, across: str, actions: str) -> None:
    action = side if actions == "absolute" else "straight"
    assert action in move(text, walls="wrap", actions=actions).safe
    moved = move(text, action, walls="wrap", actions=actions)
    assert moved.goes_on
    assert moved.snake == lines(across)


@pytest.mark.parametrize(
    ("text", "fatal"),
    [
        ("^...... ....... ....... ......*", {"up", "left"}),
        ("......> ....... ....... *......", {"up", "right"}),
        ("*...... ....... ....... ......v", {"down", "right"}),
        ("......* ....... ....... <......", {"down", "left"}),
    ],
)
def test_in_a_corner_two_actions_are_fatal(move: Move, text: str, fatal: set[str]) -> None:
    for action in fatal:
        assert move(text, action).events == {"died"}
        assert move(text, action, walls="wrap").goes_on


def test_obstacles_are_death_and_stay(move: Move) -> None:
    text = "..#.... .#^#... ..a.... *......"
    assert move(text).safe == set()
    for action in ("up", "left", "right"):
        moved = move(text, action)
        assert moved.events == {"died"}
        assert drawing(moved.state) == lines(text)


def test_an_obstacle_across_the_joined_edge_is_death(move: Move) -> None:
    text = "..^.... ..a.... ....... *.#...."
    assert move(text, walls="wrap").safe == {"left", "right"}
    assert move(text, "up", walls="wrap").events == {"died"}
    assert move(text.replace("#", "."), "up", walls="wrap").goes_on


def test_the_tail_leaves_across_the_joined_edge(move: Move) -> None:
    text = "..... <abcd ..... *...."  # a ring around the board
    assert "left" in move(text, walls="wrap").safe
    assert move(text, "left", walls="wrap").snake == lines("..... abcd< ..... .....")
    assert move("..... <abc. ..... *....", "left", walls="wrap").snake == lines("..... abc.< ..... .....")
