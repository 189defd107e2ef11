"""A state as a picture or as text. No window here: NumPy alone.

The course of a body follows from its times: a cell is connected to the neighbours that the snake leaves one move
earlier and one move later.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from snake_env.engine.rules import MOVES
from snake_env.engine.state import BoolArray, IntArray, State
from snake_env.rendering import tiles
from snake_env.rendering.font import ADVANCE, GLYPH_HEIGHT, write_mask
from snake_env.rendering.tiles import Picture

BACKGROUND, WALL, LABEL, NUMBER = (14, 16, 24), (104, 116, 144), (126, 137, 162), (240, 244, 252)
LONG_SIDE = 400  # pixels that a board takes if no size is given
STRIP, MARGIN = 16, 4  # pixels of the header and around the board, at a scale that grows with the board
GAP = 4  # pixels between the frames of a tiled picture

HEADS = "^>v<"
LINES = {0b0011: "╰", 0b0101: "│", 0b0110: "╭", 0b1001: "╯", 0b1010: "─", 0b1100: "╮"}  # bits: left down right up
TAIL, FOOD, OBSTACLE, FLOOR = "o", "●", "█", "·"


def draw_boards(state: State, tile: int) -> Picture:
    """All boards without walls: (N, H * tile, W * tile, 3) uint8.

    Args:
        state: N games.
        tile: pixels for the side of a cell, 4 to 128.

    Raises:
        ValueError: a size that is not allowed.
    """
    N, H, W = state.body.shape
    lost = (state.over & ~_full(state))[:, None, None]
    odd = np.add.outer(np.arange(H), np.arange(W)) % 2
    numbers = (2 * lost + odd) * tiles.KINDS + _kinds(state)  # (N, H, W)
    picture: Picture = tiles.atlas(tile)[numbers[:, :, None, :], np.arange(tile)[:, None]]  # (N, H, tile, W, tile, 3)
    return picture.reshape(N, H * tile, W * tile, 3)


def draw_board(state: State, game: int, tile: int) -> Picture:
    """The board of one game without walls: (H * tile, W * tile, 3) uint8. See `draw_boards`."""
    return draw_boards(_only(state, game), tile).squeeze(axis=0)


def render_frame(state: State, game: int = 0, *, tile: int | None = None, wrap: bool = False) -> Picture:
    """One game inside its walls, with its score and length above: (height, width, 3) uint8.

    Args:
        state: N games.
        game: which of them.
        tile: pixels for the side of a cell, 4 to 128; by default the long side of the board takes about 400, and the
            picture's sides are even, as video needs it.
        wrap: whether the edges are joined; the walls have openings then.

    Raises:
        ValueError: a size that is not allowed.
    """
    H, W = state.obstacles.shape
    if tile is None:
        tile = min(max(LONG_SIDE // max(H, W) // 2 * 2, 8), 64)
    board = draw_board(state, game, tile)
    scale = max(1, round(W * tile / 200))
    frame = _walls(*board.shape[:2], tile, scale, wrap).copy()
    margin = MARGIN * scale
    frame[-H * tile - margin : -margin, margin:-margin] = board
    header = frame[(STRIP - GLYPH_HEIGHT) // 2 * scale + margin // 2 :, margin // 2 : -margin // 2]
    _write_header(header, int(state.score[game]), int(state.length[game]), scale)
    return frame


def tile_frames(frames: Sequence[Picture]) -> Picture:
    """Equal frames (h, w, 3) side by side in one picture that is about square, (rows * h + ..., columns * w + ..., 3).

    Raises:
        ValueError: no frames, or frames of different shapes.
    """
    shapes = {frame.shape for frame in frames}
    if len(shapes) != 1:
        raise ValueError(f"the frames have the shapes {sorted(shapes)}; give at least one, and all of one shape")
    h, w, _ = frames[0].shape
    columns = min(len(frames), math.ceil(math.sqrt(len(frames) * h / w)))
    rows = math.ceil(len(frames) / columns)
    picture = np.full((rows * (h + GAP) - GAP, columns * (w + GAP) - GAP, 3), BACKGROUND, dtype=np.uint8)
    for i, frame in enumerate(frames):
        top, left = i // columns * (h + GAP), i % columns * (w + GAP)
        picture[top : top + h, left : left + w] = frame
    return picture


def render_text(state: State, game: int = 0, *, wrap: bool = False) -> str:
    """One game as lines of text, two columns a cell: ^ > v < is the head, o the tail, ● food, █ an obstacle.

    Args:
        state: N games.
        game: which of them.
        wrap: whether the edges are joined; the border is dotted then.
    """
    state = _only(state, game)
    H, W = state.obstacles.shape
    links = _links(state)[0]
    signs = np.where(state.obstacles, OBSTACLE, FLOOR)
    for row, col in np.argwhere(state.body[0] > 0):
        signs[row, col] = LINES.get(links[row, col], TAIL)
    signs.flat[state.food[state.food >= 0]] = FOOD
    signs.flat[state.head] = HEADS[state.heading[0]]
    # A cell's second column carries on what leaves it to the right.
    right = np.where(links >> 1 & 1, "─", np.where(state.obstacles, OBSTACLE, " "))
    left = np.where(links[:, 0] >> 3 & 1, "─", " ")
    level, upright = ("┄", "┊") if wrap else ("─", "│")
    border = level * (2 * W + 1)
    body = [
        upright + left[row] + "".join(a + b for a, b in zip(signs[row], right[row], strict=True)) + upright
        for row in range(H)
    ]
    ending = "  board full" if _full(state)[0] else "  game over" if state.over[0] else ""
    score = f"score {state.score[0]}  length {state.length[0]}{ending}"
    return "\n".join([f"┌{border}┐", *body, f"└{border}┘", score])


@lru_cache(maxsize=32)
def _walls(height: int, width: int, tile: int, scale: int, wrap: bool) -> Picture:
    """The frame around a board of that many pixels, read-only."""
    margin, edge = MARGIN * scale, MARGIN * scale // 2
    frame = np.full((STRIP * scale + height + 2 * margin, width + 2 * margin, 3), BACKGROUND, dtype=np.uint8)
    wall = frame[STRIP * scale + edge : -edge, edge:-edge]
    wall[:] = WALL
    if wrap:
        opening = np.abs(np.arange(tile) - (tile - 1) / 2) < tile / 4  # the middle half of each cell's side
        wall[np.pad(np.tile(opening, height // tile), edge)] = BACKGROUND
        wall[:, np.pad(np.tile(opening, width // tile), edge)] = BACKGROUND
    frame.setflags(write=False)
    return frame


def _only(state: State, game: int) -> State:
    """The state of one game, as a batch of one."""
    one = {name: value[[game]] for name, value in state._asdict().items() if name != "obstacles"}
    return state._replace(**one)


def _full(state: State) -> BoolArray:
    """(N,) whether the snake covers all that is no obstacle."""
    full: BoolArray = state.length == np.count_nonzero(~state.obstacles)
    return full


def _links(state: State) -> IntArray:
    """(N, H, W) in which directions each cell is connected to the body's course: the sum of 1 << direction.

    Neighbours are looked up across the edges too. That is right for solid walls as well, since consecutive cells of
    a body that lie at opposite edges can only have got there by wrapping.
    """
    body = state.body.astype(np.int64)
    links = np.zeros_like(body)
    for direction, (row, col) in enumerate(MOVES):
        neighbour = np.roll(body, (-row, -col), axis=(1, 2))
        links |= ((np.abs(body - neighbour) == 1) & (body > 0) & (neighbour > 0)).astype(np.int64) << direction
    return links


def _kinds(state: State) -> IntArray:
    """(N, H, W) the kind of tile that shows each cell."""
    N = len(state.head)
    games = np.arange(N)
    course = tiles.COURSE_OF_LINKS[_links(state)]
    length = state.length[:, None, None]
    age = length - state.body  # cells behind the head
    shade = tiles.SHADES - 1 - age * tiles.SHADES // np.maximum(length, tiles.SHADES)
    kinds = np.where(state.obstacles, tiles.OBSTACLE, tiles.EMPTY)
    kinds = np.where(state.body > 0, tiles.BODY + course * tiles.SHADES + shade, kinds)
    flat = kinds.reshape(N, -1)
    rows, slots = np.nonzero(state.food >= 0)
    flat[rows, state.food[rows, slots]] = tiles.FOOD
    flat[games, state.head] = tiles.HEAD + state.heading * tiles.ENDS + course.reshape(N, -1)[games, state.head]
    return kinds


def _write_header(strip: Picture, score: int, length: int, scale: int) -> None:
    """Write the score at the left and the length at the right; where that is too wide, with fewer words."""
    advance, width = ADVANCE * scale, strip.shape[1]
    entries = [("SCORE ", str(score)), ("LENGTH ", str(length))]
    if sum(len(label + number) for label, number in entries) * advance > width:
        entries = [("", number) for _, number in entries]
    left, right = (len(label + number) * advance for label, number in entries)
    starts = [0, width - right + scale] if left + right <= width else [0]
    for (label, number), start in zip(entries, starts, strict=False):
        for text, colour, x in ((label, LABEL, start), (number, NUMBER, start + len(label) * advance)):
            mask = write_mask(text, scale)
            area = strip[: GLYPH_HEIGHT * scale, x : x + mask.shape[1]]
            area[mask[:, : area.shape[1]]] = colour
