"""What players see, against boards drawn by hand and against slow recomputation, one cell at a time."""

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from snake_env import Rules, SnakeEnv, SnakeVectorEnv, State
from snake_env.features import OVERALL, PER_ACTION
from snake_env.observations import build_observation
from snake_env.renderer import draw_board
from tests.boards import DIRECTIONS, lines, rules_of, state_of
from tests.reference import Cell, Reference


def seen(text: str, observation: str | dict[str, Any], **arguments: Any) -> npt.NDArray[Any]:
    """The observation of a drawn board, which is the same in both environments."""
    rules = rules_of(text)
    given: dict[str, Any] = {"height": rules.height, "width": rules.width, "food": rules.food}
    given |= {"obstacles": rules.obstacles, "observation": observation} | arguments
    env, envs = SnakeEnv(**given), SnakeVectorEnv(1, **given)
    observed, _ = env.set_state(state_of(text))
    assert observed in env.observation_space
    np.testing.assert_array_equal(envs.set_state(state_of(text))[0][0], observed)
    return observed


def where(plane: npt.NDArray[Any]) -> list[str]:
    """A plane as text: . for 0, * for anything else."""
    return ["".join(".*"[int(value > 0)] for value in row) for row in plane]


BOARDS: list[dict[str, Any]] = [
    {"height": 5, "width": 7},
    {"height": 6, "width": 5, "walls": "wrap", "food": 3},
    {"height": 7, "width": 9, "obstacles": "rooms", "initial_length": (2, 20), "actions": "relative"},
    {"height": 5, "width": 6, "obstacles": (0.2, 4), "initial_length": (1, 12), "walls": "wrap"},
    {"height": 5, "width": 6, "initial_length": (20, 29), "actions": "relative"},
    {"height": 4, "width": 6, "initial_length": (20, 23), "food": 3, "walls": "wrap"},
]


def played(rules: dict[str, Any], observation: str | dict[str, Any], games: int, steps: int) -> list[Any]:
    """(observations, State) of some steps of many games, with games that are over among them."""
    envs = SnakeVectorEnv(games, observation=observation, **rules)
    rng = np.random.default_rng(5)
    seen = [(envs.reset(seed=1)[0], State(**envs.get_state()))]
    for _ in range(steps):
        mask = envs.action_masks() + 0.01
        actions = np.array([rng.choice(len(row), p=row / row.sum()) for row in mask])
        seen.append((envs.step(actions)[0], State(**envs.get_state())))
    return seen


# ---- planes


DRAWN = """
..#.*..
.ba>...
.c...#.
.de.*..
"""


def test_planes_by_hand() -> None:
    planes = seen(DRAWN, "planes")
    assert planes.shape == (4, 4, 7)
    assert planes.dtype == np.uint8
    head, body, food, obstacles = planes
    unit = 255 // 28
    times = [[0] * 7, [0, 4, 5, 6, 0, 0, 0], [0, 3, 0, 0, 0, 0, 0], [0, 2, 1, 0, 0, 0, 0]]
    assert where(head) == lines("....... ...*... ....... .......")
    assert where(food) == lines("....*.. ....... ....... ....*..")
    assert where(obstacles) == lines("..*.... ....... .....*. .......")
    assert body.tolist() == [[unit * time for time in row] for row in times]
    assert head.max() == food.max() == obstacles.max() == 255


@pytest.mark.parametrize(
    "rules", [*BOARDS, {"height": 16, "width": 16}, {"height": 15, "width": 17, "food": 9}], ids=str
)
def test_planes_cell_by_cell(rules: dict[str, Any]) -> None:
    H, W = rules["height"], rules["width"]
    dtype = np.uint8 if H * W <= 255 else np.uint16
    high = np.iinfo(dtype).max
    for planes, state in played(rules, "planes", games=3, steps=30):
        assert planes.dtype == dtype
        for game in range(3):
            expected = np.zeros((4, H, W), dtype=np.int64)
            expected[0].flat[state.head[game]] = high
            expected[1] = state.body[game].astype(np.int64) * (high // (H * W))
            for cell in state.food[game][state.food[game] >= 0]:
                expected[2].flat[cell] = high
            expected[3][state.obstacles] = high
            np.testing.assert_array_equal(planes[game], expected)


# ---- ego


def test_ego_looking_right_by_hand() -> None:
    view = seen(DRAWN, {"name": "ego", "radius": 2})
    head, body, food, obstacles = view
    unit = 255 // 28
    assert where(head) == lines("..... ..... ..*.. ..... .....")
    assert where(body) == lines("..... ..... ..*.. ..*.* ..***")
    assert where(food) == lines("..... .*..* ..... ..... .....")
    assert where(obstacles) == lines("*..*. *.... *.... **... *....")
    assert (body // unit).tolist()[2:] == [[0, 0, 6, 0, 0], [0, 0, 5, 0, 1], [0, 0, 4, 3, 2]]


def test_ego_looking_up_by_hand() -> None:
    body, food, obstacles = seen(".*...# ..^... ..a... .....*", "ego")[1:]
    assert body.shape == (11, 11)
    assert where(food[3:8, 3:8]) == lines("..... .*... ..... ..... .....")
    assert where(obstacles[3:8, 3:8]) == lines("***** ..... ..... ..... .....")
    assert where(body[3:8, 3:8]) == lines("..... ..... ..*.. ..*.. .....")


def turned(text: str, quarters: int) -> str:
    """A drawing turned clockwise, snake and all."""
    signs = np.rot90(np.array([list(row) for row in lines(text)]), -quarters)
    heads = str.maketrans("^>v<", "^>v<"[quarters:] + "^>v<"[:quarters])
    return " ".join("".join(row).translate(heads) for row in signs)


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("observation", ["ego", {"name": "ego", "radius": 2}, {"name": "ego", "radius": 9}], ids=str)
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_ego_is_the_same_on_a_board_that_is_turned(observation: str, walls: str, quarters: int) -> None:
    view = seen(DRAWN, observation, walls=walls)
    np.testing.assert_array_equal(seen(turned(DRAWN, quarters), observation, walls=walls), view)


@pytest.mark.parametrize("observation", ["ego", {"name": "ego", "radius": 2}, {"name": "ego", "radius": 8}], ids=str)
@pytest.mark.parametrize("rules", BOARDS, ids=str)
def test_ego_cell_by_cell(rules: dict[str, Any], observation: str | dict[str, Any]) -> None:
    H, W, wrap = rules["height"], rules["width"], rules.get("walls") == "wrap"
    for (views, state), (planes, _) in zip(
        played(rules, observation, games=2, steps=12), played(rules, "planes", games=2, steps=12), strict=True
    ):
        radius = views.shape[-1] // 2
        for game in range(2):
            row, col = divmod(int(state.head[game]), W)
            down, right = DIRECTIONS[state.heading[game]]
            for i in range(2 * radius + 1):
                for j in range(2 * radius + 1):
                    ahead, aside = radius - i, j - radius
                    y, x = row + ahead * down + aside * right, col + ahead * right - aside * down
                    inside = (0 <= y < H and 0 <= x < W) or wrap
                    expected = planes[game, :, y % H, x % W] if inside else [0, 0, 0, 255]
                    np.testing.assert_array_equal(views[game, :, i, j], expected)


@pytest.mark.parametrize("actions", ["absolute", "relative"])
def test_ego_shows_what_features_tell_on_the_cells_that_moves_lead_to(actions: str) -> None:
    K = len(PER_ACTION)
    rules: dict[str, Any] = {"height": 5, "width": 7, "initial_length": (3, 20)}
    ego = {"name": "ego", "radius": 3}
    features, plain = (
        build_observation("features", Rules(**rules, actions="relative")),
        build_observation(ego, Rules(**rules)),
    )
    for views, state in played(rules | {"actions": actions}, ego | {"moves": True}, games=4, steps=30):
        told = features(state)
        expected = np.zeros((len(views), K + len(OVERALL), 7, 7))
        for block, (row, col) in enumerate([(3, 2), (2, 3), (3, 4)]):  # left of the head, above it, right of it
            expected[:, :K, row, col] = told[:, block * K : (block + 1) * K]
        expected[:, K:, 3, 3] = told[:, 3 * K :]
        np.testing.assert_array_equal(views[:, :4], plain(state))
        np.testing.assert_allclose(views[:, 4:] / 255, expected, atol=0.5 / 255 + 1e-6)


def test_ego_sees_the_whole_board_by_default() -> None:
    assert SnakeEnv(height=5, width=8, observation="ego").observation_space.shape == (4, 15, 15)
    assert SnakeEnv(height=5, width=8, observation="ego", walls="wrap").observation_space.shape == (4, 9, 9)
    for walls in ("solid", "wrap"):
        for views, _ in played({"height": 5, "width": 8, "walls": walls}, "ego", games=3, steps=20):
            assert (views[:, 2] > 0).any(axis=(1, 2)).all()  # so the food is always in sight


# ---- features


def test_features_by_hand() -> None:
    text = """
......
..^...
..ab..
*.....
"""
    values = dict(zip(names(4), seen(text, "features").tolist(), strict=True))
    expected = {
        #                   up      right  left; down is death
        "danger": (0, 0, 0),
        "eats": (0, 0, 0),
        "food_distance": (5 / 15, 5 / 15, 3 / 13),
        "food_reachable": (1, 1, 1),
        "nearest": (0, 0, 1),
        "area": (22 / 24, 22 / 24, 22 / 24),
        "largest": (1, 1, 1),
        "holds_body": (1, 1, 1),
        "tail_distance": (4 / 14, 2 / 12, 2 / 12),
        "tail_reachable": (1, 1, 1),
        "straight": (1, 0, 0),
        "open_sides": (2 / 4, 3 / 4, 3 / 4),
        "splits": (1 / 3, 0, 0),
    }
    for name, of_actions in expected.items():
        found = [values[f"{action}.{name}"] for action in (0, 1, 3)]
        assert found == pytest.approx(of_actions), name
        assert values[f"2.{name}"] == (name == "danger"), name
    assert [values["length"], values["hunger"]] == pytest.approx([3 / 24, 0])


def names(actions: int) -> list[str]:
    return [f"{action}.{name}" for action in range(actions) for name in PER_ACTION] + list(OVERALL)


def search(start: Cell, free: set[Cell], goals: set[Cell], game: Reference) -> tuple[int | None, int]:
    """Moves from a free cell by free cells to the nearest goal, which need not be free; and the cells that connect."""
    moves, border, found = {start: 0}, deque([start]), [0] if start in goals else []
    while border:
        cell = border.popleft()
        for direction in DIRECTIONS:
            beside = game.beside(cell, direction)
            if beside in goals:
                found.append(moves[cell] + 1)
            if beside in free and beside not in moves:
                moves[beside] = moves[cell] + 1
                border.append(beside)
    return min(found, default=None), len(moves)


def slow_features(rules: Rules, state: State, index: int) -> list[float]:
    """The features of one game as they are documented, found by breadth-first search."""
    game = Reference(rules, state, index)
    H, W, length = rules.height, rules.width, len(game.snake)
    cells = {(row, col) for row in range(H) for col in range(W)} - game.obstacles
    free = cells - set(list(game.snake)[:-1])  # the tail leaves
    tail = {game.snake[max(0, length - 2)]}  # what is the tail then
    food = {cell for cell in game.food if cell}
    found = []
    for action, safe in enumerate(game.mask()):
        if not safe:
            found.append(dict.fromkeys(PER_ACTION, 0.0) | {"danger": 1.0})
            continue
        cell = game.beside(game.snake[0], game.turn(action))
        to_food, area = search(cell, free, food, game)
        to_tail, _ = search(cell, free, tail, game)
        ring = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]
        around = [game.beside(cell, step) in free for step in ring]
        found.append(
            {
                "danger": 0.0,
                "eats": float(cell in food),
                "food_distance": 1.0 if to_food is None else to_food / (to_food + H + W),
                "food_reachable": float(to_food is not None),
                "nearest": float("inf") if to_food is None else to_food,
                "area": area / len(cells),
                "largest": area,
                "holds_body": float(area >= length),
                "tail_distance": 1.0 if to_tail is None else to_tail / (to_tail + H + W),
                "tail_reachable": float(to_tail is not None),
                "straight": float(game.turn(action) == game.direction),
                "open_sides": sum(around[::2]) / 4,
                "splits": max(0, parts(around) - 1) / 3,
            }
        )
    alive = [values for values in found if not values["danger"]]
    nearest = min((values["nearest"] for values in alive), default=0)
    largest = max((values["largest"] for values in alive), default=0)
    for values in alive:
        values["nearest"] = float(values["nearest"] == nearest)
        values["largest"] = float(values["largest"] == largest)
    hunger = min(1.0, game.hunger / (rules.hunger_limit or 2 * H * W))
    return [value for values in found for value in values.values()] + [length / len(cells), hunger]


def parts(around: list[bool]) -> int:
    """Runs of free cells in a ring that contain a side (an even place), not a corner alone."""
    if all(around):
        return 1
    gap = around.index(False)
    runs = "".join(".*"[around[(gap + i) % 8]] if (gap + i) % 2 else ".S"[around[(gap + i) % 8]] for i in range(8))
    return sum("S" in run for run in runs.split("."))


def check_features(rules: dict[str, Any], games: int, steps: int) -> None:
    these = Rules(**rules)
    for features, state in played(rules, "features", games, steps):
        assert features.dtype == np.float32
        expected = [slow_features(these, state, game) for game in range(games)]
        np.testing.assert_allclose(features, expected, rtol=1e-6)


@pytest.mark.parametrize("rules", [*BOARDS, {"height": 5, "width": 4, "hunger_limit": 6, "initial_length": 1}], ids=str)
def test_features_by_search(rules: dict[str, Any]) -> None:
    check_features(rules, games=5, steps=40)


@pytest.mark.parametrize("walls", ["solid", "wrap"])
@pytest.mark.parametrize("width", [4, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64])
def test_features_by_search_at_every_width(width: int, walls: str) -> None:
    rules = {"height": 5, "width": width, "walls": walls, "initial_length": (2, 2 * width), "food": 2}
    check_features(rules, games=9, steps=1)
    check_features(rules | {"obstacles": (0.2, width), "initial_length": (2, width // 2)}, games=2, steps=1)


@pytest.mark.parametrize("walls", ["solid", "wrap"])
@pytest.mark.parametrize("width", [5, 12, 64])
def test_features_by_search_in_a_winding_corridor(width: int, walls: str) -> None:
    barriers = ["#" * (width - 1) + ".", "." + "#" * (width - 1)]
    rows = [barriers[row // 2 % 2] if row % 2 else "." * width for row in range(16)] + ["#" * width]
    rules = {"height": 17, "width": width, "walls": walls, "obstacles": "\n".join(rows), "initial_length": 2}
    check_features(rules, games=7, steps=3)


def test_features_by_search_on_the_greatest_board() -> None:
    check_features({"height": 63, "width": 64, "initial_length": (50, 400)}, games=2, steps=1)


def test_features_do_not_depend_on_how_many_games_there_are() -> None:
    rules: dict[str, Any] = {"height": 6, "width": 7, "initial_length": [1, 35], "observation": "features"}
    crowd = SnakeVectorEnv(67, **rules).reset(seed=3)[0]
    for N in (1, 2, 7, 8, 9, 33):
        np.testing.assert_array_equal(SnakeVectorEnv(N, **rules).reset(seed=3)[0], crowd[:N])


# ---- rgb


@pytest.mark.parametrize("tile", [4, 8, 13])
@pytest.mark.parametrize("rules", BOARDS[:3], ids=str)
def test_rgb_is_the_picture_of_the_board(rules: dict[str, Any], tile: int) -> None:
    for pictures, state in played(rules, {"name": "rgb", "tile": tile}, games=2, steps=15):
        assert pictures.shape == (2, rules["height"] * tile, rules["width"] * tile, 3)
        for game in range(2):
            np.testing.assert_array_equal(pictures[game], draw_board(state, game, tile))
