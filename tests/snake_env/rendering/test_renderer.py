"""Images of boards laid out by hand: exact pixels at chosen places."""

import subprocess
import sys
from itertools import pairwise, product

import numpy as np
import pytest

from snake_env.engine.state import State
from snake_env.rendering import tiles
from snake_env.rendering.font import write_mask
from snake_env.rendering.renderer import (
    BACKGROUND,
    GAP,
    NUMBER,
    WALL,
    draw_board,
    draw_boards,
    render_frame,
    render_text,
    tile_frames,
)
from tests.support.laid_out import FILLED_6X9, SMALL, STEPS, WRAPPED, Cell, board


def joined(*states: State) -> State:
    """The games of several states with the same obstacles as one batch."""
    fields = {name: np.concatenate([getattr(state, name) for state in states]) for name in State._fields}
    return State(**fields | {"obstacles": states[0].obstacles})


def centre(image: tiles.Image, cell: Cell, tile: int) -> tuple[int, ...]:
    return tuple(image[cell[0] * tile + tile // 2, cell[1] * tile + tile // 2].tolist())


@pytest.mark.parametrize(("height", "width", "tile"), [(10, 10, 40), (6, 9, 44), (20, 20, 20), (4, 4, 64), (64, 4, 8)])
def test_sizes(height: int, width: int, tile: int) -> None:
    state = board(height, width, [(2, 1), (2, 2)])
    frame = render_frame(state)
    assert frame.dtype == np.uint8
    scale = max(1, round(width * tile / 200))
    assert frame.shape == (height * tile + 24 * scale, width * tile + 8 * scale, 3)
    assert draw_board(state, 0, 8).shape == (8 * height, 8 * width, 3)
    assert draw_boards(joined(state, state, state), 5).shape == (3, 5 * height, 5 * width, 3)


def test_sides_are_even_for_video() -> None:
    for height, width in [(7, 7), (17, 9), (21, 23), (5, 6)]:
        frame = render_frame(board(height, width, [(2, 1), (2, 2)]))
        assert frame.shape[0] % 2 == frame.shape[1] % 2 == 0


@pytest.mark.parametrize("tile", [4, 8, 9, 40])
def test_the_frame_holds_the_board_inside_its_walls(tile: int) -> None:
    frame, image = render_frame(SMALL, tile=tile), draw_board(SMALL, 0, tile)
    margin = (frame.shape[1] - image.shape[1]) // 2
    inside = frame[-image.shape[0] - margin : -margin, margin:-margin]
    np.testing.assert_array_equal(inside, image)
    ring = frame[-image.shape[0] - margin - 1 : -margin + 1, margin - 1 : 1 - margin]
    for side in (ring[0], ring[-1], ring[:, 0], ring[:, -1]):
        assert (side == WALL).all()


def test_walls_of_joined_edges_are_open_in_the_middle_of_each_cell() -> None:
    frame = render_frame(SMALL, tile=20, wrap=True)
    bottom = frame[-4, 4:-4]  # a margin of 4: the wall's inner line
    assert (bottom[10::20] == BACKGROUND).all()
    assert (bottom[0::20] == WALL).all()
    assert (frame[-4 - 10 : -4 - 6 * 20 : -20, 3] == BACKGROUND).all()


def test_pixels_of_floor_food_and_obstacles() -> None:
    image = draw_board(SMALL, 0, 20)
    for cell in product(range(6), range(9)):
        if SMALL.body[0][cell] == 0 and not SMALL.obstacles[cell] and cell != (1, 7):
            assert centre(image, cell, 20) == tiles.FLOOR[sum(cell) % 2]
    assert centre(image, (1, 7), 20) == tiles.APPLE
    for row, col in ((0, 0), (5, 5), (5, 6)):
        block = image[20 * row : 20 * row + 20, 20 * col : 20 * col + 20]
        assert tuple(block[10, 10]) == tiles.STONE
        assert tuple(block[1, 8]) == tuple(block[8, 1]) == tiles.STONE_LIGHT
        assert tuple(block[18, 12]) == tuple(block[12, 18]) == tiles.STONE_DARK


@pytest.mark.parametrize(("direction", "heading"), STEPS.items())
def test_the_head_looks_where_it_goes(direction: Cell, heading: int) -> None:
    body = [(2 - direction[0], 2 - direction[1]), (2, 2)]
    image = draw_board(board(5, 5, body), 0, 40)
    assert centre(image, (2, 2), 40) == tiles.SNAKE[-1]
    looking_up = np.rot90(image[80:120, 80:120], heading)
    for col in (11, 28):
        assert tuple(looking_up[22, col]) == tiles.EYE
        assert tuple(looking_up[16, col]) == tiles.PUPIL
    assert tuple(looking_up[3, 20]) == tiles.APPLE  # the tongue


@pytest.mark.parametrize(
    ("height", "width", "body"),
    [(6, 9, FILLED_6X9), (4, 6, WRAPPED), (4, 4, [(1, 1), (1, 2), (2, 2), (2, 1), (3, 1)])],
)
def test_cells_meet_where_the_body_runs_and_nowhere_else(height: int, width: int, body: list[Cell]) -> None:
    tile = 40
    image = draw_board(board(height, width, body), 0, tile)
    course = {frozenset(pair) for pair in pairwise(body)}
    for (row, col), ((down, right), heading) in product(body[:-1], STEPS.items()):
        other = (row + down) % height, (col + right) % width
        if other == body[-1]:
            continue  # its tongue may cross the gap
        cell = np.rot90(image[row * tile : (row + 1) * tile, col * tile : (col + 1) * tile], heading)
        edge = cell[0]  # towards the other cell
        floor = tiles.FLOOR[(row + col) % 2]
        assert tuple(edge[0]) == floor
        assert (tuple(edge[tile // 2]) != floor) == (frozenset(((row, col), other)) in course)


def test_the_colour_fades_from_head_to_tail() -> None:
    image = draw_board(board(6, 9, FILLED_6X9), 0, 20)
    greens = [centre(image, cell, 20)[1] for cell in FILLED_6X9[1:-1]]  # the green channel grows all the way
    straight = [green for green, cell in zip(greens, FILLED_6X9[1:-1], strict=True) if cell[1] not in (0, 8)]
    assert straight == sorted(straight)
    assert straight[-1] - straight[0] > 100


def test_a_lost_game_has_its_own_floor_and_crossed_eyes() -> None:
    lost = draw_board(SMALL._replace(over=np.array([True])), 0, 40)
    assert centre(lost, (0, 1), 40) == tiles.FLOOR_LOST[1]
    head = lost[80:120, 120:160]
    assert not (head == tiles.EYE).all(axis=-1).any()
    assert tuple(head[18, 11]) == tuple(head[18, 28]) == tiles.PUPIL


def test_a_full_board_is_not_lost() -> None:
    going = board(6, 9, FILLED_6X9)
    won = going._replace(over=np.array([True]))
    np.testing.assert_array_equal(draw_board(won, 0, 20), draw_board(going, 0, 20))
    blocked = board(6, 9, FILLED_6X9[3:], obstacles=tuple(FILLED_6X9[:3]), over=True)
    assert (draw_board(blocked, 0, 40) == tiles.EYE).all(axis=-1).any()


def test_a_head_alone() -> None:
    image = draw_board(board(4, 4, [(1, 1)], heading=2), 0, 40)
    assert centre(image, (1, 1), 40) == tiles.SNAKE[-1]
    head = image[40:80, 40:80]
    for edge in (head[0], head[:, 0], head[:, -1]):
        assert (edge == tiles.FLOOR[0]).all()


def test_each_game_is_drawn_as_if_alone() -> None:
    other = board(
        6, 9, [(3, 5), (3, 6), (3, 7)], obstacles=((0, 0), (5, 5), (5, 6)), food=((0, 8),), over=True, score=3
    )
    both = joined(SMALL, other)
    for game, state in enumerate((SMALL, other)):
        np.testing.assert_array_equal(draw_boards(both, 8)[game], draw_board(state, 0, 8))
        np.testing.assert_array_equal(draw_board(both, game, 8), draw_board(state, 0, 8))
        np.testing.assert_array_equal(render_frame(both, game), render_frame(state))
        assert render_text(both, game) == render_text(state)


def test_images_are_fresh_and_repeatable() -> None:
    first = render_frame(SMALL)
    kept = first.copy()
    first[:] = 0
    draw_board(SMALL, 0, 44)[:] = 0
    np.testing.assert_array_equal(render_frame(SMALL), kept)
    tiles.atlas.cache_clear()
    np.testing.assert_array_equal(render_frame(SMALL), kept)
    assert not tiles.atlas(44).flags.writeable


@pytest.mark.parametrize("tile", [3, 129, 8.0, "8", 0, -8])
def test_a_bad_tile_size_is_named(tile: int) -> None:
    with pytest.raises(ValueError, match=rf"tile is {tile!r}; .* from 4 to 128"):
        render_frame(SMALL, tile=tile)


def test_the_header_shows_score_and_length() -> None:
    frame = render_frame(SMALL, tile=44)  # 396 pixels wide: letters at twice their size
    ink = (frame[12:26] == NUMBER).all(axis=-1)
    score, length = write_mask("12", 2), write_mask("5", 2)
    left = 4 + 6 * 2 * len("SCORE ")
    np.testing.assert_array_equal(ink[:, left : left + 24], score)
    np.testing.assert_array_equal(ink[:, -4 - 10 : -4], length[:, :10])
    assert ink.sum() == score.sum() + length.sum()


@pytest.mark.parametrize(("tile", "numbers"), [(64, ("123", "3")), (8, ("123", "3")), (4, ("123",))])
def test_a_narrow_header_leaves_out_words_and_then_the_length(tile: int, numbers: tuple[str, ...]) -> None:
    frame = render_frame(board(8, 4, [(1, 1), (2, 1), (3, 1)], score=123), tile=tile)
    ink = (frame == NUMBER).all(axis=-1)
    assert ink.sum() == sum(write_mask(number).sum() for number in numbers)


def test_the_font_tells_its_characters_apart() -> None:
    masks = {write_mask(character).tobytes() for character in "0123456789SCORELNGTH"}
    assert len(masks) == 20
    assert write_mask("10", 3).shape == (21, 36)


def test_frames_are_tiled_row_by_row() -> None:
    frames = [np.full((30, 20, 3), 50 + i, dtype=np.uint8) for i in range(5)]
    image = tile_frames(frames)  # higher than wide, so three in a row
    assert image.shape == (2 * 30 + GAP, 3 * 20 + 2 * GAP, 3)
    for i, frame in enumerate(frames):
        top, left = i // 3 * (30 + GAP), i % 3 * (20 + GAP)
        np.testing.assert_array_equal(image[top : top + 30, left : left + 20], frame)
    assert (image[30 : 30 + GAP] == BACKGROUND).all()
    assert (image[30 + GAP :, 2 * (20 + GAP) :] == BACKGROUND).all()


def test_one_frame_stays_as_it_is() -> None:
    frame = render_frame(SMALL)
    np.testing.assert_array_equal(tile_frames([frame]), frame)


def test_frames_that_cannot_be_tiled() -> None:
    with pytest.raises(ValueError, match="give at least one"):
        tile_frames([])
    with pytest.raises(ValueError, match=r"\(4, 5, 3\), \(5, 4, 3\)"):
        tile_frames([np.zeros((4, 5, 3), dtype=np.uint8), np.zeros((5, 4, 3), dtype=np.uint8)])


def test_drawing_does_not_import_pygame() -> None:
    code = "import sys, snake_env.rendering.renderer; assert 'pygame' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
