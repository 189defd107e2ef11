"""Controls of the playback for the mouse: play and pause, single steps, a scrubber, and the speed."""

import math

from pygame import Rect

from scripts.ui.canvas import SMALL, Canvas
from scripts.ui.layout import take_left, take_right
from scripts.ui.widgets import button, slider
from scripts.windows.playback import FASTEST, SLOWEST, Playback


def draw_scrubber(canvas: Canvas, area: Rect, playback: Playback) -> None:
    """Draw buttons for play or pause and for single steps, and a slider over all positions."""
    play, area = take_left(area, 6 * canvas.unit, canvas.gap)
    if button(canvas, play, "Pause" if playback.playing else "Play", chosen=not playback.playing):
        playback.toggle()
    for sign, moves in (("◀", -1), ("▶", 1)):
        place, area = take_left(area, 2.6 * canvas.unit, canvas.gap)
        if button(canvas, place, sign):
            playback.step(moves)
    figures, track = take_right(area, canvas.width("00000 / 00000"), canvas.gap)
    canvas.text(f"{playback.position} / {playback.last}", figures, align="right")
    dragged = slider(canvas, track, "position", playback.position, 0, playback.last)
    if dragged is not None:
        playback.go(round(dragged))


def draw_speed(canvas: Canvas, area: Rect, playback: Playback) -> None:
    """Draw a slider for the speed, on a logarithmic scale."""
    word, area = take_left(area, canvas.width("speed", size=SMALL), canvas.gap)
    canvas.text("speed", word, size=SMALL, colour=canvas.theme.quiet)
    figure, track = take_right(area, canvas.width("000 moves/s"), canvas.gap)
    canvas.text(f"{playback.speed:.0f} moves/s", figure)
    dragged = slider(canvas, track, "speed", math.log(playback.speed), math.log(SLOWEST), math.log(FASTEST))
    if dragged is not None:
        playback.speed = math.exp(dragged)
