"""Areas cut into parts: all that a layout needs, computed anew for each frame from the window's size."""

from collections.abc import Sequence

from pygame import Rect


def take_left(area: Rect, width: float, gap: float = 0) -> tuple[Rect, Rect]:
    """The left part of an area, so many pixels wide, and the rest beyond a gap."""
    width = min(max(round(width), 0), area.width)
    rest = min(width + round(gap), area.width)
    return Rect(area.x, area.y, width, area.height), Rect(area.x + rest, area.y, area.width - rest, area.height)


def take_right(area: Rect, width: float, gap: float = 0) -> tuple[Rect, Rect]:
    """The right part of an area, and the rest."""
    rest, taken = take_left(area, area.width - width - round(gap), gap)
    return taken, rest


def take_top(area: Rect, height: float, gap: float = 0) -> tuple[Rect, Rect]:
    """The upper part of an area, and the rest."""
    height = min(max(round(height), 0), area.height)
    rest = min(height + round(gap), area.height)
    return Rect(area.x, area.y, area.width, height), Rect(area.x, area.y + rest, area.width, area.height - rest)


def take_bottom(area: Rect, height: float, gap: float = 0) -> tuple[Rect, Rect]:
    """The lower part of an area, and the rest."""
    rest, taken = take_top(area, area.height - height - round(gap), gap)
    return taken, rest


def columns(area: Rect, shares: Sequence[float], gap: float = 0) -> list[Rect]:
    """Parts side by side, as wide as their shares say: [2, 1] gives the first two thirds."""
    return [Rect(start, area.y, length, area.height) for start, length in _cut(area.x, area.width, shares, gap)]


def rows(area: Rect, shares: Sequence[float], gap: float = 0) -> list[Rect]:
    """Parts one below the other, as high as their shares say."""
    return [Rect(area.x, start, area.width, length) for start, length in _cut(area.y, area.height, shares, gap)]


def shrink(area: Rect, margin: float) -> Rect:
    """The area without a margin on all sides."""
    return area.inflate(-2 * round(margin), -2 * round(margin))


def fit(area: Rect, width: float, height: float) -> Rect:
    """The largest part of these proportions, in the middle of the area."""
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
