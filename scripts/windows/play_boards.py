"""The boards of play.py: above each its player and score, below it the hunger. Nothing covers a board."""

from collections.abc import Sequence
from typing import NamedTuple

from pygame import Rect

from scripts.games.episode import ENDING_LABELS
from scripts.ui.canvas import SMALL, TITLE, Canvas
from scripts.ui.layout import columns, rows, take_bottom, take_right, take_top
from scripts.windows.board_picture import BoardPictures
from snake_env.engine.state import State

NARROWEST = 15  # units of a caption, also above a board that is narrower


class Player(NamedTuple):
    """What is shown of one game."""

    name: str
    state: State  # N = 1
    ending: str  # "" while the game goes on


def draw_players(
    canvas: Canvas, area: Rect, pictures: BoardPictures, players: Sequence[Player], *, wrap: bool, hunger_limit: int
) -> None:
    """Draw the boards side by side or one below the other, whichever makes them larger.

    Args:
        canvas: to draw on.
        area: for all boards, with what stands above and below them.
        pictures: draw the boards, and keep where.
        players: their games.
        wrap: whether the edges are joined.
        hunger_limit: steps without food after which a game ends.
    """
    above, below = canvas.line_height(TITLE) + canvas.gap, canvas.line_height(SMALL) + canvas.gap
    H, W = players[0].state.obstacles.shape
    equal = [1.0] * len(players)
    parts, others = columns(area, equal, canvas.unit), rows(area, equal, canvas.gap)

    def side(part: Rect) -> float:
        return float(min(part.width / W, (part.height - above - below) / H))

    parts = parts if side(parts[0]) >= side(others[0]) else others
    rooms = [take_bottom(take_top(part, above)[1], below)[1] for part in parts]
    pictures.draw(canvas, rooms, [player.state for player in players], wrap=wrap)
    for number, (part, place, player) in enumerate(zip(parts, pictures.places, players, strict=True)):
        width = min(part.width, max(place.width, NARROWEST * canvas.unit))
        caption = Rect(0, place.y - above, width, canvas.line_height(TITLE))
        caption.centerx = place.centerx
        points = f"{player.state.score[0]}"
        score, left = take_right(caption, canvas.width(points, size=TITLE, bold=True), canvas.gap)
        label = f"{player.name}  {ENDING_LABELS[player.ending]}"
        canvas.text(label, left, colour=canvas.theme.quiet if number else canvas.theme.text)
        canvas.text(points, score, size=TITLE, bold=True, align="right")
        hunger = Rect(caption.x, place.bottom + canvas.gap, width, canvas.line_height(SMALL))
        _draw_hunger(canvas, hunger, int(player.state.hunger[0]), hunger_limit)


def _draw_hunger(canvas: Canvas, area: Rect, hunger: int, limit: int) -> None:
    """Draw how many moves are left to find food: as a number, and as a bar that runs out."""
    left = max(0, limit - hunger)
    hungry = is_hungry(hunger, limit)
    words = f"starves in {left:,}" if hungry else f"{left:,} moves to eat"
    colour = canvas.theme.bad if hungry else canvas.theme.quiet
    number, rest = take_right(area, canvas.width(words, size=SMALL, bold=hungry), canvas.gap)
    canvas.text(words, number, size=SMALL, bold=hungry, colour=colour, align="right")
    track = Rect(rest.x, 0, rest.width, max(4, canvas.unit // 3))
    track.centery = area.centery
    canvas.box(track, canvas.theme.raised)
    track.width = round(track.width * left / limit)
    canvas.box(track, colour if hungry else canvas.theme.accent)


def is_hungry(hunger: int, limit: int) -> bool:
    """Return whether it is time for a warning: the last quarter of the moves without food."""
    return 4 * hunger >= 3 * limit
