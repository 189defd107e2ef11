"""Games as a moving picture; several side by side, each under the name of who plays it."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scripts.common.video import Frame
from scripts.games.playback_match import Match
from snake_env.engine.state import State
from snake_env.rendering.renderer import BACKGROUND, GAP, NUMBER, render_frame

STRIP = 10  # of a frame's width to a caption's height
ENDED, FULL = (126, 137, 162), (134, 240, 190)


def fills_board(state: State) -> bool:
    """Whether the snake of a game covers all that is no obstacle."""
    return int(state.length[0]) == np.count_nonzero(~state.obstacles)


def match_frames(match: Match, *, tile: int, every: int = 1) -> list[Frame]:
    """The pictures of a match as far as it was played: of every n-th position of each game, and always of the last."""
    wrap = match.games[0].rules.walls == "wrap"
    played = [(game.name, [moment.state for moment in game.moments]) for game in match.games]
    games = [(name, states[:-1:every] + states[-1:]) for name, states in played]
    if len(games) > 1:
        return list(side_by_side(games, tile=tile, wrap=wrap))
    return [render_frame(state, tile=tile, wrap=wrap) for state in games[0][1]]


def side_by_side(
    games: Sequence[tuple[str, Sequence[State]]], *, tile: int | None = None, wrap: bool = False
) -> Iterator[Frame]:
    """Frames of games on boards of one shape until the longest is over; one that is over keeps its last picture.

    Args:
        games: of each the name of the player, and the states from the first to the last.
        tile: pixels for the side of a cell, as `render_frame` takes it.
        wrap: whether the edges are joined.
    """
    for moment in range(max(len(states) for _, states in games)):
        pictures: list[Frame] = []
        for name, states in games:
            state = states[min(moment, len(states) - 1)]
            frame = render_frame(state, tile=tile, wrap=wrap)
            if pictures:
                pictures.append(np.full((len(pictures[0]), GAP, 3), BACKGROUND, np.uint8))
            pictures.append(np.concatenate([_caption(name, _ending(state), frame.shape[1]), frame]))
        yield np.concatenate(pictures, axis=1)


def _ending(state: State) -> str:
    """How it stands with a game, in a word; its score is in the frame."""
    return "" if not state.over[0] else "full" if fills_board(state) else "over"


@lru_cache(maxsize=64)
def _caption(name: str, ending: str, width: int) -> Frame:
    """A strip with a name at the left, shortened to fit, and how the game ended at the right."""
    height = width // STRIP
    margin = height // 4
    font = ImageFont.load_default(0.7 * height)
    strip = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(strip)
    room = width - 3 * margin - font.getlength(ending)
    if font.getlength(name) > room:
        while name and font.getlength(f"…{name}") > room:
            name = name[1:]  # the end tells more: runs/ppo-1, runs/ppo-2
        name = f"…{name}"
    draw.text((margin, height / 2), name, NUMBER, font, anchor="lm")
    draw.text((width - margin, height / 2), ending, FULL if ending == "full" else ENDED, font, anchor="rm")
    caption = np.array(strip)
    caption.setflags(write=False)
    return caption
