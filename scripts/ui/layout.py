"""Layout: splits areas into parts, for each frame from the size of the window."""

from collections.abc import Sequence

from pygame import Rect


def take_left(area: Rect, width: float, gap: float = 0) -> tuple[Rect, Rect]:
    """Return the left part of an area, `width` pixels wide, and the rest after a gap."""
    width = min(max(round(width), 0), area.width)
    rest = min(width + round(gap), area.width)
    return Rect(area.x, area.y, width, area.height), Rect(area.x + rest, area.y, area.width - rest, area.height)


def take_right(area: Rect, width: float, gap: float = 0) -> tuple[Rect, Rect]:
    """Return the right part of an area, and the rest."""
    rest, taken = take_left(area, area.width - width - round(gap), gap)
    return taken, rest


def take_top(area: Rect, height: float, gap: float = 0) -> tuple[Rect, Rect]:
    """Return the upper part of an area, and the rest."""
    height = min(max(round(height), 0), area.height)
    rest = min(height + round(gap), area.height)
    return Rect(area.x, area.y, area.width, height), Rect(area.x, area.y + rest, area.width, area.height - rest)


def take_bottom(area: Rect, height: float, gap: float = 0) -> tuple[Rect, Rect]:
    """Return the lower part of an area, and the rest."""
    rest, taken = take_top(area, area.height - height - round(gap), gap)
    return taken, rest


def columns(area: Rect, shares: Sequence[float], gap: float = 0) -> list[Rect]:
    """Return parts side by side, with widths in proportion to the shares: [2, 1] gives two thirds and one third."""
    return [Rect(start, area.y, length, area.height) for start, length in _cut(area.x, area.width, shares, gap)]


def rows(area: Rect, shares: Sequence[float], gap: float = 0) -> list[Rect]:
    """Return parts one below the other, with heights in proportion to the shares."""
    return [Rect(area.x, start, area.width, length) for start, length in _cut(area.y, area.height, shares, gap)]


def shrink(area: Rect, margin: float) -> Rect:
    """Return the area without a margin on all sides."""
    return area.inflate(-2 * round(margin), -2 * round(margin))


def fit(area: Rect, width: float, height: float) -> Rect:
    """Return the largest centred part with the proportions `width` to `height`."""
    scale = min(area.width / width, area.height / height)
    part = Rect(0, 0, round(width * scale), round(height * scale))
    part.center = area.center
    return part


def _cut(start: int, length: int, shares: Sequence[float], gap: float) -> list[tuple[int, int]]:
    free, total, passed = max(0, length - round(gap) * (len(shares) - 1)), sum(shares), 0.0
    parts = []
    for number, share in enumerate(shares):
        first, last = round(free * passed / total), round(free * (passed + share) / total)
        parts.append((start + number * round(gap) + first, last - first))
        passed += share
    return parts
