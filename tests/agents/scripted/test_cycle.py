"""Players on a Hamiltonian cycle, with and without shortcuts: single decisions, and games that all fill the board."""

from typing import Any

import numpy as np
import pytest

from agents.scripted.board import BoardAgent, Boards, Grid
from agents.scripted.cycle import CycleAgent, Route, ShortcutAgent, Walk
from snake_env import Rules
from snake_env.engine.starts import StraightStarts
from tests.support.players import DOWN, LEFT, RIGHT, UP, chosen, make_envs, play


def test_cycle_goes_backward_if_the_neck_is_ahead() -> None:
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
    np.put_along_axis(times, starts.bodies.T, np.arange(1, length + 1, dtype=np.uint8)[None], axis=1)
    head = np.zeros_like(times)
    np.put_along_axis(head, starts.poses[:, None] // 4, 255, axis=1)
    obstacles = np.broadcast_to(built.obstacle_map.reshape(-1) * np.uint8(255), times.shape)
    planes = np.stack((head, times * built.body_unit, np.zeros_like(times), obstacles), axis=1)
    boards = Boards.from_observations(
        planes.reshape(-1, 4, built.height, built.width).astype(np.uint8), wrap=built.walls == "wrap"
    )
    route = Route.for_grid(boards.grid)
    L = len(route.cells)
    safe = np.zeros(len(times), dtype=bool)
    for sign in (1, -1):
        walk = Walk.from_boards(route, boards, sign)
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


def test_backward_equals_forward_on_the_reversed_cycle() -> None:
    agent = ShortcutAgent()
    envs = make_envs(100, height=6, width=8, food=2)
    observations, info = envs.reset(seed=0)
    for _ in range(30):
        boards = Boards.from_observations(observations, wrap=False)
        route = Route.for_grid(boards.grid)
        L = len(route.cells)
        reversed_route = Route(route.cells[::-1], L - 1 - route.places, -route.gaps % L)
        for sign in (1, -1):
            np.testing.assert_array_equal(
                agent.follow(route, Walk.from_boards(route, boards, sign), boards, boards.legal),
                agent.follow(reversed_route, Walk.from_boards(reversed_route, boards, -sign), boards, boards.legal),
            )
        observations, *_, info = envs.step(agent.act(observations, info["action_mask"]))


def test_moves_are_the_fewest_that_lead_forward() -> None:
    """Compared with a plain search from each place."""
    route = Route.for_grid(Grid(4, 5, True, frozenset()))
    L = len(route.cells)
    for start in range(L):
        fewest = {start: 0}
        for place in range(start, start + L):  # places from the start on, not taken modulo L
            for other in route.places[Grid(4, 5, True).neighbours[route.cells[place % L]]].tolist():
                later = place + (other - place) % L
                if place < later < start + L:
                    fewest[later] = min(fewest.get(later, L), fewest[place] + 1)
        assert [fewest[start + d] for d in range(L)] == route.moves[:, start].tolist()
