"""The other observations, compared with boards drawn by hand and with a slow recomputation, cell by cell."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from snake_env import Rules, SnakeEnv
from snake_env.observations.features import OVERALL, PER_ACTION
from snake_env.observations.registry import build_observation
from snake_env.rendering.renderer import draw_board
from tests.support.boards import DIRECTIONS, lines
from tests.support.observed import BOARDS, played, seen


def where(plane: npt.NDArray[Any]) -> list[str]:
    """A plane as text: . for 0, * for anything else."""
    return ["".join(".*"[int(value > 0)] for value in row) for row in plane]


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
    steps = [[0] * 7, [0, 4, 5, 6, 0, 0, 0], [0, 3, 0, 0, 0, 0, 0], [0, 2, 1, 0, 0, 0, 0]]
    assert where(head) == lines("....... ...*... ....... .......")
    assert where(food) == lines("....*.. ....... ....... ....*..")
    assert where(obstacles) == lines("..*.... ....... .....*. .......")
    assert body.tolist() == [[unit * step for step in row] for row in steps]
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
    """A drawing rotated clockwise by quarter turns, with its snake."""
    signs = np.rot90(np.array([list(row) for row in lines(text)]), -quarters)
    heads = str.maketrans("^>v<", "^>v<"[quarters:] + "^>v<"[:quarters])
    return " ".join("".join(row).translate(heads) for row in signs)


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("observation", ["ego", {"name": "ego", "radius": 2}, {"name": "ego", "radius": 9}], ids=str)
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_ego_is_the_same_on_a_rotated_board(observation: str, walls: str, quarters: int) -> None:
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
def test_ego_shows_the_features_of_each_move_at_its_cell(actions: str) -> None:
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


# ---- rgb


@pytest.mark.parametrize("tile", [4, 8, 13])
@pytest.mark.parametrize("rules", BOARDS[:3], ids=str)
def test_rgb_is_the_image_of_the_board(rules: dict[str, Any], tile: int) -> None:
    for images, state in played(rules, {"name": "rgb", "tile": tile}, games=2, steps=15):
        assert images.shape == (2, rules["height"] * tile, rules["width"] * tile, 3)
        for game in range(2):
            np.testing.assert_array_equal(images[game], draw_board(state, game, tile))
