"""Bar chart and line chart."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pygame
from numpy.typing import NDArray
from pygame import Rect

from scripts.ui.canvas import BODY, SMALL, Canvas
from scripts.ui.theme import Colour

ROOM = "100.0%"  # least room for the texts: else bars would jump when the longest text changes


@dataclass(frozen=True)
class Bar:
    """One bar with its label and its text.

    Args:
        label: at its left.
        value: its length, from `low` to `high` of `bars`.
        text: at its right.
        marked: whether it is the chosen one: in the accent's colour, its texts bold.
        disabled: whether it is hatched, with faint texts.
        colour: None for the colour of the theme.
    """

    label: str
    value: float
    text: str
    marked: bool = False
    disabled: bool = False
    colour: Colour | None = None


def bars(canvas: Canvas, area: Rect, shown: Sequence[Bar], *, low: float = 0, high: float = 1) -> None:
    """Draw bars one below the other; negative ones extend to the left of 0."""
    if not shown:
        return
    theme = canvas.theme
    pitch = min(area.height / len(shown), 2.2 * canvas.unit)
    size = BODY if pitch >= 1.25 * canvas.unit else SMALL
    label_width = min(max(canvas.width(bar.label, bold=True, size=size) for bar in shown), area.width // 3)
    text_width = max(canvas.width(text, bold=True, size=size) for text in (ROOM, *(bar.text for bar in shown)))
    left = area.x + label_width + canvas.gap
    length = max(1, area.right - text_width - canvas.gap - left)
    span = high - low or 1
    zero = left + round(length * min(max(-low / span, 0), 1))
    for number, bar in enumerate(shown):
        row = Rect(area.x, area.y + round(number * pitch), area.width, round(pitch))
        height = max(3, round(0.5 * pitch))
        track = Rect(left, row.centery - height // 2, length, height)
        ink = theme.faint if bar.disabled else theme.text
        bold = bar.marked and not bar.disabled
        canvas.text(bar.label, Rect(row.x, row.y, label_width, row.height), colour=ink, bold=bold, size=size)
        canvas.box(track, theme.raised, radius=0.2)
        end = left + round(length * min(max((bar.value - low) / span, 0), 1)) if math.isfinite(bar.value) else zero
        filled = Rect(min(zero, end), track.y, abs(end - zero), height)
        colour = bar.colour or (theme.accent if bar.marked else theme.quiet)
        if bar.disabled:
            _hatch(canvas, track)
        else:
            canvas.box(filled, colour, radius=0.2)
        canvas.text(bar.text, row, colour=ink, bold=bold, size=size, align="right")


@dataclass(frozen=True)
class ChartLine:
    """A line through points (x, y) with a name; points that are not finite are left out."""

    name: str
    xs: Sequence[float] | NDArray[Any]
    ys: Sequence[float] | NDArray[Any]


def lines(
    canvas: Canvas,
    area: Rect,
    shown: Sequence[ChartLine],
    *,
    levels: Mapping[str, float] | None = None,
    x_label: str = "",
) -> None:
    """Draw lines in one chart with their names at the top; y starts at 0 or at the least value.

    Args:
        canvas: to draw on.
        area: to draw in.
        shown: the lines, drawn in the colours of the theme.
        levels: values shown as thin horizontal lines with a name, such as baselines.
        x_label: unit of x.
    """
    theme, levels = canvas.theme, levels or {}
    points = [
        [(x, y) for x, y in zip(curve.xs, curve.ys, strict=True) if math.isfinite(x) and math.isfinite(y)]
        for curve in shown
    ]
    every = [point for line in points for point in line]
    ys = [y for _, y in every] + list(levels.values()) + [0.0]
    low, high = min(ys), max(ys)
    high = high + 0.08 * (high - low) if high > low else low + 1  # margin above
    first, last = min((x for x, _ in every), default=0.0), max((x for x, _ in every), default=1.0)
    last = last if last > first else first + 1
    head = Rect(area.x, area.y, area.width, canvas.line_height(SMALL))
    foot = Rect(area.x, area.bottom - canvas.line_height(SMALL), area.width, canvas.line_height(SMALL))
    marks = [f"{value:.4g}" for value in (low, high)]
    left = area.x + max(canvas.width(mark, size=SMALL) for mark in marks) + canvas.gap
    plot = Rect(left, head.bottom, max(1, area.right - left), max(1, foot.top - head.bottom))

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            plot.x + (x - first) / (last - first) * (plot.width - 1),
            plot.bottom - 1 - (y - low) / (high - low) * (plot.height - 1),
        )

    for mark, y in zip(marks, (plot.bottom - 1, plot.y), strict=True):
        pygame.draw.line(canvas.surface, theme.line, (plot.x, y), (plot.right, y))
        beside = Rect(area.x, 0, left - area.x - canvas.gap, canvas.line_height(SMALL))
        beside.centery = y
        canvas.text(mark, beside, size=SMALL, colour=theme.quiet, align="right")
    for name, level in levels.items():
        y = round(place(first, level)[1])
        pygame.draw.line(canvas.surface, theme.faint, (plot.x, y), (plot.right, y))
        word = Rect(plot.x, y, plot.width, canvas.line_height(SMALL))
        canvas.text(name, word, size=SMALL, colour=theme.quiet)
    named = Rect(plot.x, head.y, plot.width, head.height)
    for number, (curve, line) in enumerate(zip(shown, points, strict=True)):
        colour = theme.series[number % len(theme.series)]
        if len(line) > 1:
            for thickness in range(max(2, canvas.unit // 7)):
                ends = [place(*point) for point in line]
                pygame.draw.aalines(canvas.surface, colour, False, [(x, y + thickness) for x, y in ends])
        if line:
            dot = Rect(0, 0, canvas.unit // 2, canvas.unit // 2)
            dot.center = (round(place(*line[-1])[0]), round(place(*line[-1])[1]))
            canvas.box(dot, colour, radius=99)
        taken = canvas.text(curve.name, named, size=SMALL, bold=True, colour=colour)
        rest = taken.right + canvas.unit
        named = Rect(rest, head.y, max(0, plot.right - rest), head.height)
    canvas.text(f"{first:.4g}", Rect(left, foot.y, plot.width, foot.height), size=SMALL, colour=theme.quiet)
    ending = f"{last:.4g} {x_label}".strip()
    canvas.text(ending, Rect(left, foot.y, plot.width, foot.height), size=SMALL, colour=theme.quiet, align="right")


def _hatch(canvas: Canvas, area: Rect) -> None:
    """Draw slanted lines over an area."""
    before = canvas.surface.get_clip()
    canvas.surface.set_clip(area)
    for x in range(area.x - area.height, area.right, max(4, canvas.unit // 2)):
        pygame.draw.aaline(canvas.surface, canvas.theme.faint, (x, area.bottom), (x + area.height, area.top))
    canvas.surface.set_clip(before)
