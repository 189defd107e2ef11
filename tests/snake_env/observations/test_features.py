"""The features, compared with boards drawn by hand and with a slow search, cell by cell."""

from collections import deque
from typing import Any

import numpy as np
import pytest

from snake_env import Rules, SnakeVectorEnv, State
from snake_env.observations.features import OVERALL, PER_ACTION
from tests.support.boards import DIRECTIONS
from tests.support.observed import BOARDS, played, seen
from tests.support.reference import Cell, Reference


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
    """Steps from a free cell by free cells to the nearest goal, which need not be free; number of connected cells."""
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
    tail = {game.snake[max(0, length - 2)]}  # the tail after the step
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


def test_features_do_not_depend_on_the_number_of_games() -> None:
    rules: dict[str, Any] = {"height": 6, "width": 7, "initial_length": [1, 35], "observation": "features"}
    crowd = SnakeVectorEnv(67, **rules).reset(seed=3)[0]
    for N in (1, 2, 7, 8, 9, 33):
        np.testing.assert_array_equal(SnakeVectorEnv(N, **rules).reset(seed=3)[0], crowd[:N])
