"""Rendering of a state as an image or as text, in NumPy.

The body of a state holds for each cell the steps until it is free. A cell of the body is therefore connected to the
neighbours whose number is lower or higher by one.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from snake_env.engine.rules import MOVES
from snake_env.engine.state import IntArray, State, read_only
from snake_env.rendering import tiles
from snake_env.rendering.font import ADVANCE, GLYPH_HEIGHT, write_mask
from snake_env.rendering.tiles import Image

BACKGROUND, WALL, LABEL, NUMBER = (14, 16, 24), (104, 116, 144), (126, 137, 162), (240, 244, 252)
LONG_SIDE = 400  # pixels of the longer side of a board, by default
HEADER, MARGIN = 16, 4  # height of the header and margin around the board, in pixels at scale 1
GAP = 4  # pixels between the frames of a tiled image

HEADS = "^>v<"
LINES = {0b0011: "╰", 0b0101: "│", 0b0110: "╭", 0b1001: "╯", 0b1010: "─", 0b1100: "╮"}  # bits: left down right up
TAIL, FOOD, OBSTACLE, FLOOR = "o", "●", "█", "·"


def draw_boards(state: State, tile: int) -> Image:
    """Draw the boards of N games without walls: (N, H * tile, W * tile, 3) uint8.

    Args:
        state: N games.
        tile: side of a cell in pixels, 4 to 128.

    Raises:
        ValueError: an invalid tile size.
    """
    N, H, W = state.body.shape
    lost = (state.over & ~state.full)[:, None, None]
    odd = np.add.outer(np.arange(H), np.arange(W)) % 2
    numbers = (2 * lost + odd) * tiles.KINDS + _kinds(state)  # (N, H, W)
    image: Image = tiles.atlas(tile)[numbers[:, :, None, :], np.arange(tile)[:, None]]  # (N, H, tile, W, tile, 3)
    return image.reshape(N, H * tile, W * tile, 3)


def draw_board(state: State, game: int, tile: int) -> Image:
    """Draw the board of one game without walls: (H * tile, W * tile, 3) uint8. See `draw_boards`."""
    return draw_boards(state.only(np.array([game])), tile).squeeze(axis=0)


def render_frame(state: State, game: int = 0, *, tile: int | None = None, wrap: bool = False) -> Image:
    """Draw one game inside its walls, with its score and length above: (height, width, 3) uint8.

    Args:
        state: N games.
        game: index of the game.
        tile: side of a cell in pixels, 4 to 128; by default, the longer side of the board has about 400 pixels, and
            both sides of the image are even, as video formats require.
        wrap: whether the edges are joined; the walls then have openings.

    Raises:
        ValueError: an invalid tile size.
    """
    H, W = state.obstacles.shape
    if tile is None:
        tile = min(max(LONG_SIDE // max(H, W) // 2 * 2, 8), 64)
    board = draw_board(state, game, tile)
    scale = max(1, round(W * tile / 200))
    frame = _walls(*board.shape[:2], tile, scale, wrap).copy()
    margin = MARGIN * scale
    frame[-H * tile - margin : -margin, margin:-margin] = board
    header = frame[(HEADER - GLYPH_HEIGHT) // 2 * scale + margin // 2 :, margin // 2 : -margin // 2]
    _write_header(header, int(state.score[game]), int(state.length[game]), scale)
    return frame


def tile_frames(frames: Sequence[Image]) -> Image:
    """Arrange N frames (h, w, 3) in one image that is about square: (rows * h + gaps, columns * w + gaps, 3).

    Raises:
        ValueError: no frames, or frames of different shapes.
    """
    shapes = {frame.shape for frame in frames}
    if len(shapes) != 1:
        raise ValueError(f"the frames have the shapes {sorted(shapes)}; give at least one, and all of one shape")
    h, w, _ = frames[0].shape
    columns = min(len(frames), math.ceil(math.sqrt(len(frames) * h / w)))
    rows = math.ceil(len(frames) / columns)
    image = np.full((rows * (h + GAP) - GAP, columns * (w + GAP) - GAP, 3), BACKGROUND, dtype=np.uint8)
    for i, frame in enumerate(frames):
        top, left = i // columns * (h + GAP), i % columns * (w + GAP)
        image[top : top + h, left : left + w] = frame
    return image


def render_text(state: State, game: int = 0, *, wrap: bool = False) -> str:
    """Draw one game as lines of text, two columns for each cell: ^ > v < head, o tail, ● food, █ obstacle.

    Args:
        state: N games.
        game: index of the game.
        wrap: whether the edges are joined; the border is then dotted.
    """
    state = state.only(np.array([game]))
    H, W = state.obstacles.shape
    links = _links(state)[0]
    characters = np.where(state.obstacles, OBSTACLE, FLOOR)
    for row, col in np.argwhere(state.body[0] > 0):
        characters[row, col] = LINES.get(links[row, col], TAIL)
    characters.flat[state.food[state.food >= 0]] = FOOD
    characters.flat[state.head] = HEADS[state.heading[0]]
    # The second column of a cell continues what leaves the cell to the right.
    right = np.where(links >> 1 & 1, "─", np.where(state.obstacles, OBSTACLE, " "))
    left = np.where(links[:, 0] >> 3 & 1, "─", " ")
    horizontal, vertical = ("┄", "┊") if wrap else ("─", "│")
    border = horizontal * (2 * W + 1)
    body = [
        vertical + left[row] + "".join(a + b for a, b in zip(characters[row], right[row], strict=True)) + vertical
        for row in range(H)
    ]
    ending = "  board full" if state.full[0] else "  game over" if state.over[0] else ""
    score = f"score {state.score[0]}  length {state.length[0]}{ending}"
    return "\n".join([f"┌{border}┐", *body, f"└{border}┘", score])


@lru_cache(maxsize=32)
def _walls(height: int, width: int, tile: int, scale: int, wrap: bool) -> Image:
    """Draw the walls around a board of height x width pixels; the image is read-only."""
    margin, edge = MARGIN * scale, MARGIN * scale // 2
    frame = np.full((HEADER * scale + height + 2 * margin, width + 2 * margin, 3), BACKGROUND, dtype=np.uint8)
    wall = frame[HEADER * scale + edge : -edge, edge:-edge]
    wall[:] = WALL
    if wrap:
        opening = np.abs(np.arange(tile) - (tile - 1) / 2) < tile / 4  # the middle half of each cell's side
        wall[np.pad(np.tile(opening, height // tile), edge)] = BACKGROUND
        wall[:, np.pad(np.tile(opening, width // tile), edge)] = BACKGROUND
    return read_only(frame)


def _links(state: State) -> IntArray:
    """(N, H, W) the directions in which the body continues from each cell: the sum of 1 << direction.

    Neighbours across the edges are included. This is correct for solid walls too: consecutive cells of a body lie at
    opposite edges only if the edges are joined.
    """
    body = state.body.astype(np.int64)
    links = np.zeros_like(body)
    for direction, (row, col) in enumerate(MOVES):
        neighbour = np.roll(body, (-row, -col), axis=(1, 2))
        links |= ((np.abs(body - neighbour) == 1) & (body > 0) & (neighbour > 0)).astype(np.int64) << direction
    return links


def _kinds(state: State) -> IntArray:
    """(N, H, W) the kind of tile for each cell."""
    N = len(state.head)
    games = np.arange(N)
    segment = tiles.SEGMENT_OF_LINKS[_links(state)]
    length = state.length[:, None, None]
    age = length - state.body  # number of cells behind the head
    shade = tiles.SHADES - 1 - age * tiles.SHADES // np.maximum(length, tiles.SHADES)
    kinds = np.where(state.obstacles, tiles.OBSTACLE, tiles.EMPTY)
    kinds = np.where(state.body > 0, tiles.BODY + segment * tiles.SHADES + shade, kinds)
    flat = kinds.reshape(N, -1)
    rows, slots = np.nonzero(state.food >= 0)
    flat[rows, state.food[rows, slots]] = tiles.FOOD
    flat[games, state.head] = tiles.HEAD + state.heading * tiles.ENDS + segment.reshape(N, -1)[games, state.head]
    return kinds


def _write_header(strip: Image, score: int, length: int, scale: int) -> None:
    """Write the score at the left and the length at the right; without the words where they do not fit."""
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
