"""Obstacles by name, map and density: where they stand, and that the free cells stay connected."""

from itertools import product

import numpy as np
import pytest

from snake_env import Rules
from snake_env.engine.obstacles import LAYOUTS
from tests.support.boards import DIRECTIONS, lines


def drawn(rules: Rules) -> list[str]:
    return ["".join("#" if obstacle else "." for obstacle in row) for row in rules.obstacle_map]


def connected(rules: Rules) -> bool:
    """Whether every free cell can be reached from every other."""
    free = {
        (row, col) for row, col in product(range(rules.height), range(rules.width)) if not rules.obstacle_map[row, col]
    }
    reached, border = set(), [min(free)]
    while border:
        row, col = border.pop()
        if (row, col) in free and (row, col) not in reached:
            reached.add((row, col))
            for down, right in DIRECTIONS:
                cell = row + down, col + right
                border.append((cell[0] % rules.height, cell[1] % rules.width) if rules.walls == "wrap" else cell)
    return reached == free


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cross", ".......... .......... .....#.... ...#####.. .....#.... .......... .........."),
        ("pillars", ".......... .......... ..#..#..#. .......... .......... ..#..#..#. .........."),
        ("rooms", ".....#.... .......... .....#.... ##.####.## .....#.... .......... .....#...."),
        ("corners", ".......... .###..###. .#......#. .......... .#......#. .###..###. .........."),
    ],
)
def test_a_layout(name: str, expected: str) -> None:
    assert drawn(Rules(height=7, width=10, obstacles=name)) == lines(expected)


@pytest.mark.parametrize(("name", "smallest"), [("cross", 5), ("pillars", 4), ("rooms", 4), ("corners", 7)])
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_a_layout_fits_boards_of_many_sizes(name: str, smallest: int, walls: str) -> None:
    assert name in LAYOUTS
    sides = [side for side in (4, 5, 6, 7, 8, 11) if side >= smallest]
    for height, width in [*product(sides, repeat=2), (7, 64), (64, 8), (33, 20), (64, 64)]:
        rules = Rules(height=height, width=width, obstacles=name, walls=walls, initial_length=1)
        assert rules.obstacle_map.any()
        assert rules.obstacle_map.shape == (height, width)
        assert connected(rules)


def test_a_map_is_read_as_it_is_drawn() -> None:
    rows = lines("..#.. ..... #...# ..... .....")
    for text in ("\n".join(rows), "\n  " + "\n  ".join(rows) + "\n"):
        rules = Rules(height=5, width=5, obstacles=text)
        assert drawn(rules) == rows
        assert rules.open_cells.tolist() == [cell for cell, sign in enumerate("".join(rows)) if sign == "."]


def test_a_map_may_connect_across_joined_edges_only() -> None:
    text = "\n".join(["..#..."] * 5)
    assert drawn(Rules(height=5, width=6, obstacles=text, walls="wrap")) == text.split()
    with pytest.raises(ValueError, match="cut 15 of them off"):
        Rules(height=5, width=6, obstacles=text)


@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_a_density_is_a_share_of_the_cells(walls: str) -> None:
    for density, seed in product((0.0, 0.1, 0.25, 0.4, 0.5), range(5)):
        rules = Rules(height=7, width=8, obstacles=(density, seed), walls=walls, initial_length=1)
        assert connected(rules)
        count = int(rules.obstacle_map.sum())
        assert count <= round(density * 56)
        assert count == round(density * 56) or density >= 0.4


def test_a_density_is_drawn_from_its_seed() -> None:
    maps = [Rules(height=7, width=8, obstacles=(0.2, seed)).obstacle_map for seed in range(20)]
    assert len({board.tobytes() for board in maps}) == 20
    np.testing.assert_array_equal(maps[0], Rules(height=7, width=8, obstacles=0.2).obstacle_map)
    np.testing.assert_array_equal(maps[3], Rules(height=7, width=8, obstacles=[0.2, 3]).obstacle_map)  # type: ignore[arg-type]
    share = np.mean(maps, axis=0)
    assert share[:, 0].any()
    assert share[0].any()
    assert 0.05 < share[3:5, 3:5].mean() < 0.4
