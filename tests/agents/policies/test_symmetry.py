"""Views of a board against games that were turned and mirrored cell by cell: they look, and go on, as the view says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nn
from agents import NetworkAgent, load
from agents.policies.networks import q_network
from agents.policies.symmetry import Symmetry
from snake_env import SnakeVectorEnv

Array = NDArray[Any]
Cell = tuple[int, int]
Place = tuple[str, str]  # what becomes a cell's row, and what its column; with a minus it is counted from the other end

GAMES = 40
UP, RIGHT, DOWN, LEFT = range(4)
# Each view by hand: where a cell goes, and how a snake then looks that looked up, right, down, left.
SQUARE: list[tuple[Place, list[int]]] = [
    (("row", "col"), [UP, RIGHT, DOWN, LEFT]),
    (("row", "-col"), [UP, LEFT, DOWN, RIGHT]),
    (("col", "-row"), [RIGHT, DOWN, LEFT, UP]),  # a quarter clockwise: the top row becomes the last column
    (("col", "row"), [LEFT, DOWN, RIGHT, UP]),
    (("-row", "-col"), [DOWN, LEFT, UP, RIGHT]),
    (("-row", "col"), [DOWN, RIGHT, UP, LEFT]),
    (("-col", "row"), [LEFT, UP, RIGHT, DOWN]),
    (("-col", "-row"), [RIGHT, UP, LEFT, DOWN]),
]
OBLONG = [SQUARE[0], SQUARE[1], SQUARE[4], SQUARE[5]]
MIRROR = [SQUARE[0], SQUARE[1]]
ABSOLUTE = {"square": (5, 5, SQUARE), "oblong": (4, 7, OBLONG)}


def moved(place: Place, row: int, col: int, side: Cell) -> Cell:
    """Where a cell of a board with these sides comes to lie."""
    numbers = {"row": row, "col": col, "-row": side[0] - 1 - row, "-col": side[1] - 1 - col}
    return numbers[place[0]], numbers[place[1]]


def mapped_map(text: str, place: Place, side: Cell) -> str:
    """Obstacles as they are drawn."""
    signs = np.full(side, ".")
    for row, line in enumerate(text.split("\n")):
        for col, sign in enumerate(line):
            signs[moved(place, row, col, side)] = sign
    return "\n".join("".join(line) for line in signs)


def mapped(state: dict[str, Array], place: Place, looks: list[int]) -> dict[str, Array]:
    """The same games on a board that is turned or mirrored."""
    _, H, W = state["body"].shape

    def cell_of(cell: int) -> int:
        row, col = moved(place, cell // W, cell % W, (H, W))
        return -1 if cell < 0 else row * W + col

    body, obstacles = np.zeros_like(state["body"]), np.zeros_like(state["obstacles"])
    for row in range(H):
        for col in range(W):
            to = moved(place, row, col, (H, W))
            body[:, *to] = state["body"][:, row, col]
            obstacles[to] = state["obstacles"][row, col]
    changed = {
        "body": body,
        "obstacles": obstacles,
        "head": np.array([cell_of(cell) for cell in state["head"].tolist()]),
        "heading": np.array([looks[heading] for heading in state["heading"].tolist()]),
        "food": np.array([[cell_of(cell) for cell in food] for food in state["food"].tolist()]),
    }
    return state | changed


def played(rules: dict[str, Any], place: Place, side: Cell) -> tuple[SnakeVectorEnv, SnakeVectorEnv]:
    """Games that have gone on for a while, and environments for the same games mapped."""
    original = SnakeVectorEnv(GAMES, height=side[0], width=side[1], initial_length=(1, 14), food=2, **rules)
    rng = np.random.default_rng(3)
    original.reset(seed=11)
    for _ in range(20):
        original.step(np.where(original.action_masks(), rng.random(original.action_masks().shape), -1).argmax(axis=1))
    if "obstacles" in rules:
        rules = rules | {"obstacles": mapped_map(rules["obstacles"], place, side)}
    other = SnakeVectorEnv(GAMES, height=side[0], width=side[1], initial_length=(1, 14), food=2, **rules)
    return original, other


def assert_view(
    symmetry: Symmetry, number: int, rules: dict[str, Any], place: Place, looks: list[int], side: Cell
) -> None:
    """Whether the mapped games look like view k, allow the actions that k says, and go where they lead."""
    original, other = played(rules, place, side)
    seen = symmetry.seen[number]
    A = len(seen)
    before = mapped(original.get_state(), place, looks)
    over, ate = before["over"], 0
    for action in range(A):
        state = original.get_state()
        observations, info = original.set_state(state)
        others, others_info = other.set_state(before)
        np.testing.assert_array_equal(symmetry.view(number, observations), others)
        np.testing.assert_array_equal(others_info["action_mask"][:, seen], info["action_mask"])
        after, rewards, terminated, truncated, _ = original.step(np.full(GAMES, action))
        others, others_rewards, *others_ended, _ = other.step(np.full(GAMES, seen[action]))
        np.testing.assert_array_equal(others_rewards[~over], rewards[~over])
        np.testing.assert_array_equal(np.array(others_ended)[:, ~over], np.array([terminated, truncated])[:, ~over])
        same = ~over & (rewards <= 0)  # new food falls by chance
        ate += int((rewards > 0).sum())
        np.testing.assert_array_equal(symmetry.view(number, after)[same], others[same])
        assert same.sum() > GAMES // 4
        original.set_state(state)
    assert ate > 0


@pytest.mark.parametrize(
    ("shape", "number"), [(shape, number) for shape, (_, _, views) in ABSOLUTE.items() for number in range(len(views))]
)
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_planes_with_absolute_actions(shape: str, number: int, walls: str) -> None:
    H, W, views = ABSOLUTE[shape]
    symmetry = Symmetry((4, H, W), 4)
    assert symmetry.count == len(views)
    assert_view(symmetry, number, {"walls": walls}, *views[number], (H, W))


@pytest.mark.parametrize("number", range(4))
def test_obstacles_turn_too(number: int) -> None:
    rules = {"obstacles": "..#....\n.......\n.....#.\n......."}
    assert_view(Symmetry((4, 4, 7), 4), number, rules, *OBLONG[number], (4, 7))


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("observation", ["ego", {"name": "ego", "radius": 2}, "planes"], ids=str)
def test_with_relative_actions_there_is_the_mirror(observation: str | dict[str, Any], number: int) -> None:
    rules: dict[str, Any] = {"actions": "relative", "observation": observation}
    symmetry = Symmetry(SnakeVectorEnv(1, height=4, width=7, **rules).reset()[0].shape[1:], 3)
    assert symmetry.count == 2
    assert_view(symmetry, number, rules, *MIRROR[number], (4, 7))


def test_what_an_action_is_called_in_a_view_it_means_there() -> None:
    for symmetry in (Symmetry((4, 5, 5), 4), Symmetry((4, 4, 7), 4), Symmetry((4, 9, 9), 3)):
        names = np.arange(symmetry.seen.shape[1])
        assert len({tuple(row) for row in symmetry.seen.tolist()}) == symmetry.count
        for seen, meant in zip(symmetry.seen, symmetry.meant, strict=True):
            np.testing.assert_array_equal(meant[seen], names)


@pytest.mark.parametrize(("shape", "actions"), [((16,), 4), ((4, 5, 5), 5), ((5, 5), 4)])
def test_what_has_no_symmetry_is_named(shape: tuple[int, ...], actions: int) -> None:
    with pytest.raises(ValueError, match="turn symmetry off"):
        Symmetry(shape, actions)
    assert Symmetry(shape, actions, on=False).count == 1


# ---- agents


def agent_for(H: int, W: int, *, symmetric: bool) -> NetworkAgent:
    network = q_network((4, H, W), 4, np.random.default_rng(2), channels=(5,), hidden=(7,))
    return NetworkAgent(network, {"height": H, "width": W}, symmetric=symmetric)


@pytest.mark.parametrize("shape", ABSOLUTE)
def test_an_agent_that_averages_plays_alike_whichever_way_a_board_lies(shape: str) -> None:
    H, W, views = ABSOLUTE[shape]
    symmetry = Symmetry((4, H, W), 4)
    agent, plain = (agent_for(H, W, symmetric=symmetric) for symmetric in (True, False))
    unlike = 0
    for number, (place, looks) in enumerate(views):
        original, other = played({}, place, (H, W))
        observations, info = original.set_state(original.get_state())
        others, others_info = other.set_state(mapped(original.get_state(), place, looks))
        seen = symmetry.seen[number]
        np.testing.assert_allclose(agent.scores(others)[:, seen], agent.scores(observations), atol=1e-5)
        actions = agent.act(observations, info["action_mask"])
        np.testing.assert_array_equal(agent.act(others, others_info["action_mask"]), seen[actions])
        unlike += int(np.abs(plain.scores(others)[:, seen] - plain.scores(observations)).max() > 0.01)
    assert unlike == len(views) - 1  # all but the board as it is


def test_the_average_is_that_of_its_views() -> None:
    """Of one number: the network looks at the top left corner alone."""
    network = nn.Sequential([nn.Flatten(), nn.Dense(4, 3)], input_shape=(1, 2, 2), rng=0)
    network.flat[:] = 0
    weight = network.parameters()["1.weight"].value
    weight[0] = [1, 10, 100]
    agent = NetworkAgent(network, {}, symmetric=True)
    board = np.array([[[[2.0, 4.0], [0.0, 0.0]]]])
    # As it is: (2, 20, 200). In the mirror: (4, 40, 400), of right, straight and left.
    assert agent.scores(board).tolist() == [[(2 + 400) / 2, (20 + 40) / 2, (200 + 4) / 2]]


def test_a_file_remembers_the_symmetry(tmp_path: Path) -> None:
    agent = agent_for(4, 7, symmetric=True)
    observations = SnakeVectorEnv(9, height=4, width=7).reset(seed=1)[0]
    agent.save(tmp_path / "agent.npz", {})
    again = load(tmp_path / "agent.npz")
    assert isinstance(again, NetworkAgent)
    np.testing.assert_array_equal(again.scores(observations), agent.scores(observations))
    assert (again.scores(observations) != agent_for(4, 7, symmetric=False).scores(observations)).any()
