"""The panel of play.py: figures, high scores and controls."""

from collections.abc import Sequence

from pygame import Rect

from scripts.games.high_scores import Score
from scripts.games.human_game import HumanGame
from scripts.ui.canvas import HUGE, SMALL, TITLE, Canvas
from scripts.ui.layout import columns, take_left, take_right, take_top
from scripts.ui.widgets import button, choice, slider

SLOWEST, FASTEST = 1, 30  # moves per second that can be chosen in the window
ROWS = 5  # of controls


def draw_figures(canvas: Canvas, area: Rect, game: HumanGame, best: Sequence[Score]) -> None:
    """Draw the food eaten, the most food of all games, and the moves."""
    figures = {"food": game.score, "best": best[0].food if best else 0, "moves": game.moves}
    for part, (name, value) in zip(columns(canvas.panel(area), [1, 1, 1]), figures.items(), strict=True):
        label, rest = take_top(part, canvas.line_height(SMALL))
        canvas.text(name.upper(), label, size=SMALL, colour=canvas.theme.quiet, bold=True)
        canvas.text(f"{value}", rest, size=HUGE if value < 1000 else TITLE, bold=True)


def draw_high_scores(canvas: Canvas, area: Rect, kind: str, best: Sequence[Score], place: int | None) -> None:
    """Draw the best scores in games of this kind, as many as there is room for; `place` is the one to mark."""
    theme = canvas.theme
    inside = canvas.panel(area, "high scores")
    if inside.height < 2 * canvas.line_height():
        return
    row, inside = take_top(inside, canvas.line_height(SMALL), canvas.gap)
    canvas.text(kind, row, size=SMALL, colour=theme.quiet)
    for number, score in enumerate(best[: inside.height // canvas.line_height()], start=1):
        row, inside = take_top(inside, canvas.line_height())
        fresh = number == place
        canvas.text(f"{number}", take_left(row, 2 * canvas.unit)[0], bold=fresh, colour=theme.quiet)
        colour = theme.accent if fresh else theme.text
        canvas.text(f"{score.food} food", take_left(row, 2 * canvas.unit)[1], bold=fresh, colour=colour)
        canvas.text(f"{score.moves} moves, {score.day}", row, size=SMALL, colour=theme.quiet, align="right")
    if not best:
        canvas.text("none yet", take_top(inside, canvas.line_height())[0], colour=theme.quiet)


def draw_buttons(canvas: Canvas, area: Rect, *, paused: bool, over: bool) -> str:
    """Draw the buttons; return "new" or "pause" if that one was clicked, else ""."""
    new, pause = columns(area, [1, 1], canvas.gap)
    clicked = "new" if button(canvas, new, "New game") else ""
    return (
        "pause" if button(canvas, pause, "Continue" if paused else "Pause", chosen=paused, disabled=over) else clicked
    )


def draw_steering(canvas: Canvas, area: Rect, *, relative: bool) -> bool:
    """Draw the choice of steering; return whether it is relative now."""
    clicked = choice(canvas, area, "steering", ["absolute", "relative"], int(relative))
    return relative if clicked is None else bool(clicked)


def draw_speed(canvas: Canvas, area: Rect, speed: float) -> float:
    """Draw the slider; return the speed that is chosen now, in moves per second."""
    word, row = take_left(area, canvas.width("speed", size=SMALL), canvas.gap)
    canvas.text("speed", word, size=SMALL, colour=canvas.theme.quiet)
    words = f"{speed:.0f} moves/s"
    figure, row = take_right(row, max(canvas.width(words), canvas.width(f"{FASTEST} moves/s")), canvas.gap)
    canvas.text(words, figure, align="right")
    dragged = slider(canvas, row, "speed", speed, SLOWEST, FASTEST)
    return speed if dragged is None else float(round(dragged))
