"""The scripted players: single decisions on boards drawn by hand, and whole games."""

from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import scripted
from agents.agent import Agent
from agents.bitboard import Bitboard, cells_of
from agents.board import BoardAgent, Boards, Grid
from agents.cycle import CycleAgent, Route, ShortcutAgent, Walk
from agents.evaluation import Evaluation, evaluate
from agents.safe_greedy import SafeGreedyAgent
from agents.scripted import SCRIPTED, GreedyAgent, RandomAgent
from snake_env import Rules
from snake_env.planes import Planes
from snake_env.starts import StraightStarts
from tests.boards import rules_of, state_of

UP, RIGHT, DOWN, LEFT = range(4)
NAMES = list(SCRIPTED)
BOARD_AGENTS: list[type[BoardAgent]] = [GreedyAgent, SafeGreedyAgent, CycleAgent, ShortcutAgent]


def observe(text: str) -> npt.NDArray[Any]:
    """(1, 4, H, W) what players see of a drawn board."""
    return Planes(rules_of(text))(state_of(text))


def chosen(agent: Agent, text: str, mask: list[int] | None = None) -> int:
    (action,) = agent.act(observe(text), None if mask is None else np.array([mask], dtype=np.int8))
    return int(action)


def make_envs(num_envs: int, **rules: Any) -> gym.vector.VectorEnv[Any, Any, Any]:
    return gym.make_vec("snake_env:snake_env/Snake-v1", num_envs, vectorization_mode="vector_entry_point", **rules)


def play(name: str, games: int, **rules: Any) -> Evaluation:
    return evaluate(scripted.make(name, rules), make_envs(games, **rules), games=games, rng=np.random.default_rng(0))


# Reading boards


def test_boards_are_read() -> None:
    boards = Boards.read(
        observe(
            """
            .*.#..
            .cba.*
            .d.v..
            #....."""
        ),
        wrap=False,
    )
    assert boards.times.reshape(4, 6).tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 2, 3, 4, 0, 0],
        [0, 1, 0, 5, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    assert np.flatnonzero(boards.food[0]).tolist() == [1, 11]
    assert (boards.head[0], boards.length[0], boards.heading[0]) == (15, 5, DOWN)
    assert boards.legal.tolist() == [[False, True, True, True]]
    assert boards.grid == Grid(4, 6, False, frozenset({3, 18}))


def test_a_board_of_many_cells_is_read() -> None:
    observation = observe("\n".join(["." * 17] * 15 + [".ba>" + "." * 13]))
    assert observation.dtype == np.uint16
    boards = Boards.read(observation, wrap=True)
    assert boards.times[0, -17:-12].tolist() == [0, 1, 2, 3, 0]
    assert boards.legal.tolist() == [[True, True, True, False]]


@pytest.mark.parametrize("observations", [np.zeros((2, 60), np.float32), np.zeros((4, 8, 8), np.uint8)])
def test_other_observations_are_refused(observations: npt.NDArray[Any]) -> None:
    with pytest.raises(ValueError, match='make the environment with observation="planes"'):
        GreedyAgent().act(observations)


@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_legal_directions_are_those_of_the_environment(walls: str) -> None:
    envs = make_envs(40, height=5, width=6, walls=walls, obstacles="pillars", food=6)
    rng = np.random.default_rng(0)
    observations, info = envs.reset(seed=0)
    for _ in range(200):
        boards = Boards.read(observations, wrap=walls == "wrap")
        np.testing.assert_array_equal(boards.legal, info["action_mask"])
        observations, *_, info = envs.step(RandomAgent().act(observations, info["action_mask"], rng=rng))


# What all players promise


@pytest.mark.parametrize("name", ["greedy", "safe-greedy", "cycle", "shortcut"])
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_relative_actions_play_the_same_game(name: str, walls: str) -> None:
    """Directions do not depend on what they are called; and no mask is needed to stay alive."""
    scores = []
    for actions in ("absolute", "relative"):
        rules = {"height": 6, "width": 5, "walls": walls, "actions": actions}
        agent, envs = scripted.make(name, rules), make_envs(20, **rules)
        observations, info = envs.reset(seed=0)
        total = info["score"]
        for _ in range(60):
            with_mask = agent.act(observations, info["action_mask"])
            without_mask = agent.act(observations)
            can_live = info["action_mask"].any(axis=1)
            np.testing.assert_array_equal(with_mask[can_live], without_mask[can_live])
            observations, _, _, _, info = envs.step(with_mask)
            total = total + info["score"]
        scores.append(total)
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("agent_class", BOARD_AGENTS)
def test_a_choice_depends_on_the_board_alone(agent_class: type[BoardAgent]) -> None:
    agent, envs = agent_class(), make_envs(12, height=6, width=7)
    observations, info = envs.reset(seed=3)
    for _ in range(40):
        actions = agent.act(observations, info["action_mask"], rng=np.random.default_rng(1))
        np.testing.assert_array_equal(agent_class().act(observations[::-1], info["action_mask"][::-1]), actions[::-1])
        observations, *_, info = envs.step(actions)


TRAPPED = """
    >abc
    lmnd
    kjie
    .hgf"""
FULL = """
    <abc
    gfed
    hijk
    onml"""


@pytest.mark.parametrize("agent_class", BOARD_AGENTS)
@pytest.mark.parametrize("actions", [4, 3])
def test_a_game_that_is_lost_or_won_gets_an_action(agent_class: type[BoardAgent], actions: int) -> None:
    agent = agent_class(actions="absolute" if actions == 4 else "relative")
    assert 0 <= chosen(agent, TRAPPED, [0] * actions) < actions
    assert 0 <= chosen(agent, FULL) < actions


@pytest.mark.parametrize("agent_class", BOARD_AGENTS)
def test_a_snake_of_length_one_obeys_the_mask(agent_class: type[BoardAgent]) -> None:
    board = """
        ....
        .^*.
        ....
        ...."""
    assert chosen(agent_class(), board, [0, 0, 0, 1]) == LEFT
    assert chosen(agent_class(actions="relative"), board, [0, 1, 0]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_players_are_made_by_name(name: str) -> None:
    agent = scripted.make(name, {"height": 5, "width": 5, "walls": "wrap", "actions": "relative", "food": 2})
    assert agent.name == name
    assert agent.environment == {"observation": "planes"}
    observations, info = make_envs(3, height=5, width=5, walls="wrap", actions="relative").reset(seed=0)
    assert agent.act(observations, info["action_mask"]).max() <= 2


def test_unknown_players_and_rules_are_refused() -> None:
    with pytest.raises(
        ValueError, match="'clever'; choose one of 'random', 'greedy', 'safe-greedy', 'cycle', 'shortcut'"
    ):
        scripted.make("clever", {})
    with pytest.raises(ValueError, match="walls is 'brick'; choose one of 'solid', 'wrap'"):
        scripted.make("cycle", {"walls": "brick"})
    for name in ("random", "greedy"):
        with pytest.raises(ValueError, match="actions is 'keys'; choose one of 'absolute', 'relative'"):
            scripted.make(name, {"actions": "keys"})


# Random


@given(
    st.lists(st.lists(st.booleans(), min_size=3, max_size=4).filter(any), min_size=1, max_size=1), st.integers(0, 99)
)
def test_random_never_takes_a_masked_action(masks: list[list[bool]], seed: int) -> None:
    mask = np.repeat(np.array(masks, dtype=np.int8), 50, axis=0)
    actions = RandomAgent().act(np.zeros((50, 4, 4, 4), np.uint8), mask, rng=np.random.default_rng(seed))
    assert np.take_along_axis(mask, actions[:, None], axis=1).all()


@pytest.mark.parametrize("mask", [[1, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1], None])
def test_random_is_uniform(mask: list[int] | None) -> None:
    masks = None if mask is None else np.array([mask] * 12000, dtype=np.int8)
    actions = RandomAgent(seed=5).act(np.zeros((12000, 4, 4, 4), np.uint8), masks)
    share = np.bincount(actions, minlength=len(mask or range(4))) / 12000
    expected = np.array(mask or [1, 1, 1, 1], dtype=float)
    if not expected.any():
        expected += 1
    np.testing.assert_allclose(share, expected / expected.sum(), atol=0.02)


def test_random_has_a_generator_of_its_own() -> None:
    observations = np.zeros((50, 4, 4, 4), np.uint8)
    agent, same, other = RandomAgent(), RandomAgent(), RandomAgent(seed=1)
    first, second = agent.act(observations), agent.act(observations)
    assert (first != second).any()
    np.testing.assert_array_equal(same.act(observations), first)
    assert (other.act(observations) != first).any()
    np.testing.assert_array_equal(
        agent.act(observations, rng=np.random.default_rng(7)), other.act(observations, rng=np.random.default_rng(7))
    )
    assert RandomAgent(actions="relative").act(observations).max() == 2


# Greedy

CLOSED = """
    edc..
    ..b..
    ..a..
    ..v*."""


def test_greedy_takes_the_way_to_the_nearest_food() -> None:
    board = """
        *.....
        ......
        .ba>..
        ......
        ....*."""
    assert chosen(GreedyAgent(), board) == RIGHT
    assert chosen(GreedyAgent(), board, [1, 0, 1, 0]) == DOWN
    assert chosen(GreedyAgent(actions="relative"), board) == 1


def test_greedy_goes_over_joined_edges() -> None:
    board = """
        ......
        *.ba>.
        ......
        ......"""
    assert chosen(GreedyAgent(walls="wrap"), board) == RIGHT
    assert chosen(GreedyAgent(walls="solid"), board) == UP
    assert chosen(GreedyAgent(walls="wrap", actions="relative"), board) == 1


def test_greedy_walks_into_a_room_that_its_body_closes() -> None:
    assert chosen(GreedyAgent(), CLOSED) == RIGHT


# Safe greedy

POCKET = """
    ##*###
    ##.###
    ..^...
    ..a...
    ..bc.."""


def test_safe_greedy_leaves_food_in_a_dead_end() -> None:
    assert chosen(GreedyAgent(), POCKET) == UP
    assert chosen(SafeGreedyAgent(), POCKET) != UP


def test_safe_greedy_enters_cells_that_the_body_leaves_in_time() -> None:
    """The only way to the food in three moves is over the tail and the cell before it."""
    board = """
        ..cb*
        ..<a.
        ..###
        ..###"""
    assert chosen(SafeGreedyAgent(), board) == UP


def test_safe_greedy_goes_round_for_food_in_a_room_that_its_body_closes() -> None:
    assert chosen(SafeGreedyAgent(), CLOSED) == LEFT


def test_safe_greedy_does_not_walk_into_a_dead_end_from_which_a_short_snake_cannot_turn_back() -> None:
    board = """
        #.#*#
        .<a..
        .....
        ....."""
    assert chosen(SafeGreedyAgent(), board) != UP
    assert chosen(SafeGreedyAgent(), board.replace("a", ".")) != UP


def test_safe_greedy_fills_the_board_though_its_tail_is_out_of_reach_then() -> None:
    board = """
        *<ade
        wxbcf
        upohg
        tqnij
        srmlk"""
    assert chosen(SafeGreedyAgent(), board) == LEFT


@pytest.mark.parametrize(
    "rules",
    [
        {"height": 7, "width": 6},
        {"height": 5, "width": 7, "walls": "wrap"},
        {"height": 8, "width": 8, "obstacles": "pillars", "food": 3},
    ],
)
def test_safe_greedy_dies_of_nothing_but_hunger(rules: dict[str, Any]) -> None:
    envs, agent = make_envs(40, **rules), scripted.make("safe-greedy", rules)
    observations, info = envs.reset(seed=0)
    won = 0
    for _ in range(500):
        observations, _, terminations, _, info = envs.step(agent.act(observations, info["action_mask"]))
        np.testing.assert_array_equal(terminations, info["won"])
        won += info["won"].sum()
    assert won > 5


# Cycle and shortcut


def test_cycle_follows_its_way_and_turns_where_the_neck_is_ahead() -> None:
    """The cycle on this board begins at the top left, goes right, and comes back by the first column."""
    assert chosen(CycleAgent(), "ba>. ...* .... ....") == RIGHT
    assert chosen(CycleAgent(), ".<ab ...* .... ....") == LEFT
    assert chosen(CycleAgent(), "<ab. ...* .... ....") == DOWN
    assert chosen(CycleAgent(actions="relative"), ".<ab ...* .... ....") == 1
    assert chosen(CycleAgent(actions="relative"), "<ab. ...* .... ....") == 0


@pytest.mark.parametrize(
    "rules",
    [
        {"height": 6, "width": 8},
        {"height": 7, "width": 4},
        {"height": 5, "width": 7, "walls": "wrap"},
        {"height": 8, "width": 8, "obstacles": "pillars"},
    ],
)
@pytest.mark.parametrize("length", [1, 2, 3])
def test_every_short_start_lies_in_order(rules: dict[str, Any], length: int) -> None:
    """From each straight start there is a direction in which the snake cannot run into itself."""
    built = Rules(**rules, initial_length=length)
    starts = built.starts
    assert isinstance(starts, StraightStarts)
    times = np.zeros((len(starts.poses), built.cells), dtype=np.uint8)
    np.put_along_axis(times, starts.bodies.T, starts.moves.T.astype(np.uint8), axis=1)
    head = np.zeros_like(times)
    np.put_along_axis(head, starts.poses[:, None] // 4, 255, axis=1)
    obstacles = np.broadcast_to(built.obstacle_map.reshape(-1) * np.uint8(255), times.shape)
    planes = np.stack((head, times * built.body_unit, np.zeros_like(times), obstacles), axis=1)
    boards = Boards.read(planes.reshape(-1, 4, built.height, built.width).astype(np.uint8), wrap=built.walls == "wrap")
    route = Route.of(boards.grid)
    L = len(route.cells)
    safe = np.zeros(len(times), dtype=bool)
    for sign in (1, -1):
        walk = Walk.look(route, boards, sign)
        safe |= (walk.room == L) & (boards.legal & (walk.gaps == 1)).any(axis=1)
    assert safe.all()


@pytest.mark.parametrize("name", ["cycle", "shortcut"])
@pytest.mark.parametrize(
    "rules",
    [
        {"height": 6, "width": 8},
        {"height": 6, "width": 8, "actions": "relative", "food": 20},
        {"height": 5, "width": 7, "walls": "wrap"},
        {"height": 5, "width": 7, "walls": "wrap", "actions": "relative"},
        {"height": 8, "width": 8, "obstacles": "pillars", "food": 2},
        {"height": 8, "width": 6, "initial_length": 5},
    ],
)
def test_every_game_fills_the_board(name: str, rules: dict[str, Any]) -> None:
    assert play(name, 50, **rules).full == 1


@pytest.mark.parametrize("agent_class", [CycleAgent, ShortcutAgent])
def test_a_board_without_a_cycle_is_refused(agent_class: type[BoardAgent]) -> None:
    observations, _ = make_envs(2, height=5, width=5).reset(seed=0)
    with pytest.raises(ValueError, match=r"this board of 5 x 5 .* has no Hamiltonian cycle"):
        agent_class().act(observations)


def test_shortcuts_lead_to_food_while_the_snake_is_short() -> None:
    """The cycle goes right along the first row and left along the second; down saves four moves."""
    short = """
        a>..
        b*..
        c...
        def."""
    assert chosen(ShortcutAgent(), short) == DOWN
    assert chosen(CycleAgent(), short) == RIGHT
    half = short.replace("def.", "defg")
    assert chosen(ShortcutAgent(), half) == RIGHT
    on_the_way = short.replace("*", ".").replace("a>..", "a>*.")
    assert chosen(ShortcutAgent(), on_the_way) == RIGHT


def test_shortcuts_are_as_good_backwards() -> None:
    """The neck is ahead on the cycle, so the snake walks it backwards: up, right, and round to the first column."""
    board = """
        ....
        ....
        *<a.
        ...."""
    assert chosen(CycleAgent(), board) == UP
    assert chosen(ShortcutAgent(), board) == LEFT


def test_backwards_is_forwards_on_the_cycle_turned_round() -> None:
    agent = ShortcutAgent()
    envs = make_envs(100, height=6, width=8, food=2)
    observations, info = envs.reset(seed=0)
    for _ in range(30):
        boards = Boards.read(observations, wrap=False)
        route = Route.of(boards.grid)
        L = len(route.cells)
        turned = Route(route.cells[::-1], L - 1 - route.places, -route.gaps % L)
        for sign in (1, -1):
            np.testing.assert_array_equal(
                agent.follow(route, Walk.look(route, boards, sign), boards, boards.legal),
                agent.follow(turned, Walk.look(turned, boards, -sign), boards, boards.legal),
            )
        observations, *_, info = envs.step(agent.act(observations, info["action_mask"]))


def test_moves_are_the_fewest_that_lead_forward() -> None:
    """Against a plain search of each pair of places, one step at a time."""
    route = Route.of(Grid(4, 5, True, frozenset()))
    L = len(route.cells)
    for start in range(L):
        fewest = {start: 0}
        for place in range(start, start + L):  # places from the start on, not taken modulo L
            for other in route.places[Grid(4, 5, True).neighbours[route.cells[place % L]]].tolist():
                later = place + (other - place) % L
                if place < later < start + L:
                    fewest[later] = min(fewest.get(later, L), fewest[place] + 1)
        assert [fewest[start + d] for d in range(L)] == route.moves[:, start].tolist()


# Sets of cells


@given(st.integers(4, 9), st.integers(4, 9), st.booleans(), st.integers(0, 2**32 - 1))
def test_sets_grow_as_cells_do(height: int, width: int, wrap: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    obstacles, some = rng.random((2, height * width)) < 0.3
    grid = Grid(height, width, wrap, frozenset(np.flatnonzero(obstacles).tolist()))
    board = Bitboard(grid)
    around = {other for cell in np.flatnonzero(some & ~obstacles) for other in grid.beside[cell]}
    assert board.around(cells_of(np.flatnonzero(some & ~obstacles).tolist())) == cells_of(around)


def test_parts_of_a_set() -> None:
    board = Bitboard(Grid(4, 4, False))
    corners = cells_of([0, 1, 3, 4, 12, 15])
    assert board.parts(corners) == 4
    assert Bitboard(Grid(4, 4, True)).parts(corners) == 1
    assert board.fill(cells_of([0]), corners) == cells_of([0, 1, 4])


# Strength


def test_players_get_better_in_order() -> None:
    random, greedy, safe_greedy, cycle, shortcut = (play(name, 12, height=10, width=10) for name in NAMES)
    assert random.mean + 10 < greedy.mean
    assert greedy.mean + 60 < safe_greedy.mean
    assert cycle.full == shortcut.full == 1
    assert shortcut.steps_per_food < 16 < 23 < cycle.steps_per_food
