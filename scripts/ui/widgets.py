"""What can be clicked, dragged and typed into. Each is drawn by one call a frame, which also says what happened to it.

A widget is known by its name from frame to frame; names are unique in a window.
"""

from collections.abc import Sequence

from pygame import Rect

from scripts.ui.canvas import BODY, SMALL, Canvas
from scripts.ui.layout import columns


def button(canvas: Canvas, area: Rect, label: str, *, chosen: bool = False, disabled: bool = False) -> bool:
    """A button; whether it is clicked now. Its label is its name."""
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
    """Buttons side by side, one of which is chosen; the number of the one that is clicked now."""
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
    """A knob on a track; the value to which it is being dragged, or None while it is left alone."""
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
    """A field to type in after a click, or after `pointer.start_typing(name)`; what was typed, once Enter is pressed.

    Args:
        canvas: to draw on.
        area: where.
        name: of the field.
        value: what it shows while nobody types.
        hint: what it shows, quietly, where there is nothing else.
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
        shown = shown[1:]  # the end of a long text is where one types
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
