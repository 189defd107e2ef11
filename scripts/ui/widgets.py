"""Widgets: button, choice, slider and text field.

One call per frame draws a widget and returns what happened to it. The name of a widget is unique in a window.
"""

from collections.abc import Sequence

from pygame import Rect

from scripts.ui.canvas import BODY, SMALL, Canvas
from scripts.ui.layout import columns


def button(canvas: Canvas, area: Rect, label: str, *, chosen: bool = False, disabled: bool = False) -> bool:
    """Draw a button and return whether it was just clicked. Its label is its name."""
    theme, hovered = canvas.theme, area.collidepoint(canvas.pointer.position) and not disabled
    clicked = not disabled and canvas.pointer.clicks(f"button {label}", area)
    colour = theme.accent if chosen else theme.hover if hovered else theme.raised
    canvas.box(area, colour)
    ink = theme.faint if disabled else theme.on_accent if chosen else theme.text
    inside = area.inflate(-canvas.gap, 0)
    size = BODY if canvas.width(label, bold=chosen) <= inside.width else SMALL
    canvas.text(label, inside, colour=ink, align="centre", bold=chosen, size=size)
    return clicked


def choice(canvas: Canvas, area: Rect, name: str, labels: Sequence[str], chosen: int) -> int | None:
    """Draw buttons side by side, one of them chosen; return the index of the one that was just clicked, or None."""
    clicked = None
    shares = [canvas.width(label) + 2 * canvas.unit for label in labels]
    for number, (part, label) in enumerate(zip(columns(area, shares, canvas.gap / 2), labels, strict=True)):
        if canvas.pointer.clicks(f"{name} {number}", part):
            clicked = number
        hovered = part.collidepoint(canvas.pointer.position)
        theme = canvas.theme
        canvas.box(part, theme.accent if number == chosen else theme.hover if hovered else theme.raised)
        ink = theme.on_accent if number == chosen else theme.text
        canvas.text(label, part.inflate(-canvas.gap, 0), align="centre", colour=ink, bold=number == chosen)
    return clicked


def slider(canvas: Canvas, area: Rect, name: str, value: float, low: float, high: float) -> float | None:
    """Draw a slider; return the value to which it is being dragged, or None."""
    theme, radius = canvas.theme, round(0.55 * canvas.unit)
    track = Rect(area.x + radius, area.centery - canvas.unit // 6, max(1, area.width - 2 * radius), canvas.unit // 3)
    dragged = None
    if canvas.pointer.grabs(name, area):
        part = min(max((canvas.pointer.position[0] - track.x) / track.width, 0), 1)
        dragged = value = low + part * (high - low)
    x = track.x + round(track.width * (min(max(value, low), high) - low) / (high - low or 1))
    canvas.box(track, theme.raised)
    canvas.box(Rect(track.x, track.y, x - track.x, track.height), theme.accent)
    held = canvas.pointer.grabbed == name or area.collidepoint(canvas.pointer.position)
    knob = Rect(0, 0, 2 * radius, 2 * radius)
    knob.center = (x, track.centery)
    canvas.box(knob, theme.text if held else theme.accent, radius=99)
    return dragged


def text_field(canvas: Canvas, area: Rect, name: str, value: str, *, hint: str = "") -> str | None:
    """Draw a text field; return its text when Enter was just pressed in it, else None.

    Typing starts with a click, or with `pointer.start_typing(name)`.

    Args:
        canvas: to draw on.
        area: of the field.
        name: of the field.
        value: text while nobody types.
        hint: faint text while the field is empty.
    """
    pointer, theme = canvas.pointer, canvas.theme
    entered = pointer.typed if pointer.entered == name else None
    if pointer.clicks(name, area):
        pointer.start_typing(name)
    typing = pointer.focus == name
    canvas.box(area, theme.background, line=theme.accent if typing else theme.line)
    inside = area.inflate(-2 * canvas.gap, 0)
    shown = pointer.typed if typing else value
    while typing and shown and canvas.width(shown) > inside.width - canvas.unit // 2:
        shown = shown[1:]  # typing happens at the end of the text
    if shown:
        taken = canvas.text(shown, inside)
    else:
        canvas.text(hint, inside, colour=theme.faint)
        taken = Rect(inside.x, inside.y, 0, 0)
    if typing:
        height = round(1.2 * canvas.unit)
        caret = Rect(taken.right + 1, area.centery - height // 2, max(1, canvas.unit // 9), height)
        canvas.box(caret, theme.accent, radius=0)
    return entered
