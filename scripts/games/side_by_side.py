"""Frames of a video of one game, or of several games side by side, each under the name of its player."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scripts.common.video import Frame
from scripts.games.playback_match import PlaybackMatch
from snake_env.engine.state import State
from snake_env.rendering.renderer import BACKGROUND, GAP, NUMBER, render_frame

STRIP = 10  # width of a frame / height of its caption
ENDED, FULL = (126, 137, 162), (134, 240, 190)


def match_frames(match: PlaybackMatch, *, tile: int, every: int = 1) -> list[Frame]:
    """Return the frames of a match as far as it was played: every n-th of each game, and always the last one."""
    wrap = match.games[0].rules.walls == "wrap"
    played = [(game.name, [timestep.state for timestep in game.timesteps]) for game in match.games]
    games = [(name, states[:-1:every] + states[-1:]) for name, states in played]
    if len(games) > 1:
        return list(side_by_side(games, tile=tile, wrap=wrap))
    return [render_frame(state, tile=tile, wrap=wrap) for state in games[0][1]]


def side_by_side(
    games: Sequence[tuple[str, Sequence[State]]], *, tile: int | None = None, wrap: bool = False
) -> Iterator[Frame]:
    """Yield frames of games on boards of one shape, until the longest is over; a shorter one keeps its last frame.

    Args:
        games: for each the name of the player, and the states from the first to the last.
        tile: side of a cell in pixels, as in `render_frame`.
        wrap: whether the edges are joined.
    """
    for position in range(max(len(states) for _, states in games)):
        boards: list[Frame] = []
        for name, states in games:
            state = states[min(position, len(states) - 1)]
            frame = render_frame(state, tile=tile, wrap=wrap)
            if boards:
                boards.append(np.full((len(boards[0]), GAP, 3), BACKGROUND, np.uint8))
            boards.append(np.concatenate([_caption(name, _outcome(state), frame.shape[1]), frame]))
        yield np.concatenate(boards, axis=1)


def _outcome(state: State) -> str:
    """Return "full", "over", or "" while the game goes on; the score is in the frame."""
    return "" if not state.over[0] else "full" if state.full[0] else "over"


@lru_cache(maxsize=64)
def _caption(name: str, outcome: str, width: int) -> Frame:
    """Draw a strip with the name at the left, shortened to fit, and the outcome at the right."""
    height = width // STRIP
    margin = height // 4
    font = ImageFont.load_default(0.7 * height)
    strip = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(strip)
    room = width - 3 * margin - font.getlength(outcome)
    if font.getlength(name) > room:
        while name and font.getlength(f"…{name}") > room:
            name = name[1:]  # the end differs more often: runs/ppo-1, runs/ppo-2
        name = f"…{name}"
    draw.text((margin, height / 2), name, NUMBER, font, anchor="lm")
    draw.text((width - margin, height / 2), outcome, FULL if outcome == "full" else ENDED, font, anchor="rm")
    caption = np.array(strip)
    caption.setflags(write=False)
    return caption
