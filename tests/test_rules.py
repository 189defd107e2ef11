"""Each rule of Snake by name, on boards drawn by hand, for both engines."""

from collections import Counter
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from itertools import product
from typing import Any, NamedTuple, Unpack

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snake_env import Rules, State
from snake_env.batch import Batch
from snake_env.game import Game
from snake_env.task import RuleArguments
from tests.boards import DIRECTIONS, HEADS, drawing, lines, repeated, rules_of, state_of
from tests.reference import Reference


class Moved(NamedTuple):
    """Where some moves led, and what the last of them did."""

    state: State
    safe: set[str]  # actions that do not kill
    events: set[str]  # of ate, died, won, starved

    @property
    def snake(self) -> list[str]:
        return drawing(self.state, food=False)

    @property
    def goes_on(self) -> bool:
        return not self.events and not self.state.over[0]


Move = Callable[..., Moved]
EVENTS = ("ate", "died", "won", "starved")


def move_game(text: str, *moves: str, hunger: int = 0, **rules: Unpack[RuleArguments]) -> Moved:
    """Play a drawn board with the engine for one game."""
    these = rules_of(text, **rules)
    game = Game(these)
    game.set_state(state_of(text, hunger=hunger))
    for action in moves:
        game.step(these.action_names.index(action))
    safe = {name for i, name in enumerate(these.action_names) if game.legal >> i & 1}
    return Moved(game.state(), safe, {event for event in EVENTS if getattr(game, event)})


def move_batch(text: str, *moves: str, hunger: int = 0, **rules: Unpack[RuleArguments]) -> Moved:
    """Play a drawn board with the engine for many games: it is the middle one of three."""
    these = rules_of(text, **rules)
    batch = Batch(these, 3)
    batch.start(np.arange(3), np.arange(3, dtype=np.uint64))
    batch.set_state(repeated(state_of(text, hunger=hunger), np.zeros(3, dtype=np.uint64)))
    events: set[str] = set()
    for action in moves:
        outcome = batch.step(np.full(3, these.action_names.index(action)))
        events = {event for event in EVENTS if getattr(outcome, event)[1]}
    safe = {name for i, name in enumerate(these.action_names) if batch.action_mask[1, i]}
    return Moved(batch.state().only(np.array([1])), safe, events)


@pytest.fixture(params=[move_game, move_batch], ids=["game", "batch"])
def move(request: pytest.FixtureRequest) -> Move:
    mover: Move = request.param
    return mover


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


def test_a_fatal_move_leaves_the_board_as_it_was(move: Move) -> None:
    text = "....... ...*... ...<ab. ....... ......."
    moved = move(text, "right")
    assert moved.events == {"died"}
    assert moved.state.over[0]
    assert drawing(moved.state) == lines(text)
    assert moved.state.hunger[0] == 1


# ---- the body

RING = "...... .^c... .ab... *....."


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
        "..... ..^.. ..... ..... ....*",  # a single cell looks somewhere too
    ],
    ids=["three", "two", "one"],
)
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_a_reversal_is_death(move: Move, text: str, walls: str) -> None:
    assert move(text, walls=walls).safe == {"up", "right", "left"}
    moved = move(text, "down", walls=walls)
    assert moved.events == {"died"}
    assert drawing(moved.state) == lines(text)


@pytest.mark.parametrize("action", ["left", "straight", "right"])
def test_a_reversal_cannot_be_said_with_relative_actions(move: Move, action: str) -> None:
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
    ("text", "ways"),
    [
        ("^...... ....... ....... ......*", {"up", "left"}),
        ("......> ....... ....... *......", {"up", "right"}),
        ("*...... ....... ....... ......v", {"down", "right"}),
        ("......* ....... ....... <......", {"down", "left"}),
    ],
)
def test_in_a_corner_two_ways_are_death(move: Move, text: str, ways: set[str]) -> None:
    for action in ways:
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


# ---- food


def test_food_makes_the_snake_longer_and_counts(move: Move) -> None:
    moved = move("....... ....... ..*<ab. ....... .......", "left", hunger=9)
    assert moved.events == {"ate"}
    assert not moved.state.over[0]
    assert moved.snake == lines("....... ....... ..<abc. ....... .......")
    assert (moved.state.score[0], moved.state.hunger[0], moved.state.length[0]) == (1, 0, 4)


def test_only_the_food_that_was_eaten_is_replaced(move: Move) -> None:
    moved = move("*...... ..*<a.. ....... .....*.", "left")
    first, new, last = moved.state.food[0].tolist()
    assert moved.events == {"ate"}
    assert (first, last) == (0, 26)
    assert new not in (0, 26, *np.flatnonzero(moved.state.body[0]))


def test_each_piece_of_food_counts(move: Move) -> None:
    moved = move("....... .**<a.. ....... .....*.", "left", "left")
    assert moved.events == {"ate"}
    assert moved.snake == lines("....... .<abc.. ....... .......")
    assert moved.state.score[0] == 2


def test_food_that_finds_no_free_cell_is_left_out(move: Move) -> None:
    text = "*<abc *gfed ##### #####"
    moved = move(text, "left")
    assert moved.events == {"ate"}
    assert not moved.state.over[0]
    assert moved.state.food.tolist() == [[-1, 5]]
    won = move(text, "left", "down")
    assert won.events == {"ate", "won"}
    assert won.state.food.tolist() == [[-1, -1]]


def fallen_food(engine: str, text: str, draws: int, **rules: Unpack[RuleArguments]) -> npt.NDArray[np.int64]:
    """The cells where food fell in place of what the snake ate by moving left, for many random streams."""
    these = rules_of(text, **rules)
    start = state_of(text)
    action = these.action_names.index("left")
    streams = np.random.default_rng(5).integers(1 << 64, size=draws, dtype=np.uint64)
    if engine == "batch":
        batch = Batch(these, draws)
        batch.set_state(repeated(start, streams))
        assert batch.step(np.full(draws, action)).ate.all()
        food = batch.state().food.copy()
    else:
        game, fell = Game(these), []
        for stream in streams:
            game.set_state(start._replace(stream=stream[None]))
            game.step(action)
            fell.append(game.state().food[0])
        food = np.array(fell)
    (slot,) = np.flatnonzero((food != start.food).any(axis=0))
    return food[:, slot]


def spread(counts: Counter[int], cells: set[int]) -> float:
    """How many standard deviations chi square lies above what equally likely cells give."""
    draws, freedom = counts.total(), len(cells) - 1
    expected = draws / len(cells)
    square = sum((counts[cell] - expected) ** 2 / expected for cell in cells)
    return float((square - freedom) / np.sqrt(2 * max(1, freedom)))


@pytest.mark.parametrize("engine", ["game", "batch"])
@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("..... ..... .*<a. ..... ..... .....", {}),
        ("..... ..... .*<a. ..... ..... .....", {"walls": "wrap"}),
        ("#..## ..... .*<a. ..#.. ##... .....", {}),
        ("..... *...* .*<a. .*... ..... *....", {}),
        ("*<abc .ojid .nkhe .mlgf", {}),  # random cells fail mostly, then the free ones are counted
        ("*<abc #.hgd #.ife #.###", {}),
        ("*<abc .ojid *nkhe .mlgf", {}),
        ("*<abc pojid qnkhe .mlgf", {}),
    ],
    ids=["open", "wrap", "obstacles", "several", "full", "full obstacles", "full several", "one cell left"],
)
def test_food_falls_on_each_free_cell_equally_often(engine: str, text: str, rules: RuleArguments) -> None:
    free = {cell for cell, sign in enumerate("".join(lines(text))) if sign == "."}
    fell = Counter(fallen_food(engine, text, 150 * len(free), **rules).tolist())
    assert set(fell) == free
    assert spread(fell, free) < 4


# ---- endings

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


# ---- starts


def starts(rules: Rules, games: int) -> State:
    """Many starts, by the engine for many games; it is asserted that the engine for one game starts alike."""
    streams = np.random.default_rng(3).integers(1 << 64, size=games, dtype=np.uint64)
    batch = Batch(rules, games)
    batch.start(np.arange(games), streams)
    state = batch.state()
    game = Game(rules)
    for i in range(0, games, max(1, games // 50)):
        game.start(int(streams[i]))
        for name, array in game.state()._asdict().items():
            given = getattr(state, name)
            np.testing.assert_array_equal(array, given if name == "obstacles" else given[i : i + 1], name)
    return state


@pytest.mark.parametrize("walls", ["solid", "wrap"])
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_a_game_starts_in_a_straight_line_anywhere_with_a_way_out(walls: str, length: int) -> None:
    rows = lines("...... .#.... ...... ....#. .....#")
    rules = Rules(height=5, width=6, walls=walls, initial_length=length, obstacles="\n".join(rows))

    def is_free(row: int, col: int) -> bool:
        inside = walls == "wrap" or (0 <= row < 5 and 0 <= col < 6)
        return inside and rows[row % 5][col % 6] == "."

    legal = set()
    for row, col, (down, right) in product(range(5), range(6), DIRECTIONS):  # of the head
        body = [(row - i * down, col - i * right) for i in range(length)]
        ahead = [(down, right), (right, down), (-right, -down)]
        if all(is_free(*cell) for cell in body) and any(is_free(row + y, col + x) for y, x in ahead):
            legal.add(4 * (6 * row + col) + DIRECTIONS.index((down, right)))
    state = starts(rules, 150 * len(legal))
    poses = Counter((4 * state.head + state.heading).tolist())
    assert set(poses) == legal
    assert spread(poses, legal) < 4
    for i in range(500):
        Reference(rules, state, i).check_start(length, length)


@pytest.mark.parametrize("walls", ["solid", "wrap"])
@pytest.mark.parametrize("obstacles", [None, "pillars"])
def test_a_range_of_lengths_starts_from_random_legal_bodies(walls: str, obstacles: str | None) -> None:
    rules = Rules(height=4, width=6, walls=walls, obstacles=obstacles, initial_length=(1, 20))
    state = starts(rules, 800)
    for i in range(800):
        Reference(rules, state, i).check_start(1, 20)
    assert spread(Counter(state.length.tolist()), set(range(1, 21))) < 4
    assert len({tuple(drawing(state, i, food=False)) for i in range(800)}) > 500


# ---- arguments


@settings(max_examples=15)
@given(st.integers(4, 64), st.integers(4, 64), st.sampled_from(["solid", "wrap"]), st.data())
def test_rules_hold_for_every_size(height: int, width: int, walls: str, data: st.DataObject) -> None:
    food, limit = data.draw(st.integers(1, height * width - 1)), data.draw(st.none() | st.integers(1, 2**31))
    rules = Rules(height=height, width=width, walls=walls, food=food, hunger_limit=limit, initial_length=1)
    assert rules.cells == height * width
    assert rules.steps_to_starve == limit or (limit is None and rules.steps_to_starve == 2 * height * width)
    assert rules.open_cells.tolist() == list(range(height * width))
    assert np.iinfo(rules.body_dtype).max >= height * width
    game = Game(rules)
    game.start(data.draw(st.integers(0, 2**64 - 1)))
    Reference(rules, game.state(), 0).check_start(1, 1)


def test_rules_are_values() -> None:
    arguments: dict[str, Any] = {"height": 5, "width": 6, "initial_length": [2, 4], "obstacles": [0.1, 2]}
    rules = Rules(**arguments)
    assert rules == Rules(**arguments)
    assert hash(rules) == hash(Rules(**arguments))
    assert rules != Rules(**(arguments | {"width": 7}))
    with pytest.raises(FrozenInstanceError):
        rules.height = 7  # type: ignore[misc]
