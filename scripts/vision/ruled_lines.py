"""Removes the thin straight lines of ruled and squared paper, which cross a picture from edge to edge."""

import numpy as np
from numpy.typing import NDArray

STEEPEST = 0.08  # slope of a line: the picture is taken nearly upright
SEGMENTS = 8  # a line shows in all of these parts of its length but one; a stroke of a digit ends before
THINNEST = 0.1  # mean ink of a line in a segment
WIDEST = 1 / 50  # of the picture's longer side; what is wider is no line
EVERY = 3  # one in three columns is enough to find a line

Floats = NDArray[np.float32]


def without_lines(ink: Floats) -> Floats:
    """Replace lines from left to right, and from top to bottom, by what lies on both sides of them."""
    return _without_rows(_without_rows(ink).T).T


def _without_rows(ink: Floats) -> Floats:
    """Remove the lines from left to right, which all have one slope."""
    h, w = ink.shape
    reach = round(STEEPEST * w)
    if w < 4 * SEGMENTS * EVERY or h < 4 * reach:
        return ink  # too small to tell lines from strokes
    padded = np.pad(ink, ((reach, reach), (0, 0)), mode="edge")
    searched = np.clip(padded[:, ::EVERY], 0, 1)
    best, lines, slope = 0.0, np.zeros(h, np.bool_), 0.0
    for candidate in np.linspace(-STEEPEST, STEEPEST, reach + 1):
        found = _presence(searched, reach, candidate, w)
        score = float((found[found > THINNEST] ** 2).sum())
        if score > best:
            best, lines, slope = score, found > THINNEST, candidate
    columns = np.arange(w)
    drift = reach + np.rint(slope * (columns - w / 2)).astype(np.intp)  # of a line's row in `padded`
    starts, ends = np.flatnonzero(np.diff(np.pad(lines, 1).astype(np.int8))).reshape(-1, 2).T
    for start, end in zip(starts - 1, ends + 1, strict=True):  # the edges of a line are faint
        if end - start - 2 <= max(3, round(WIDEST * max(h, w))):
            around = (padded[_inside(place + drift, padded), columns] for place in (start - 1, end))
            between = sum(around) / 2
            for row in range(start, end):
                here = _inside(row + drift, padded), columns
                padded[here] = np.minimum(padded[here], between)
    return padded[reach : reach + h]


def _presence(searched: Floats, reach: int, slope: float, w: int) -> Floats:
    """How much ink there is along a line of this slope, (h,), by the row where it crosses the middle.

    It is the mean of a segment, of the second faintest one: a line may be interrupted once.
    """
    h, columns = len(searched) - 2 * reach, np.arange(searched.shape[1])
    drift = reach + np.rint(slope * (EVERY * columns - w / 2)).astype(np.intp)
    sheared = searched[np.arange(h)[:, None] + drift, columns]
    starts = np.linspace(0, len(columns), SEGMENTS, endpoint=False).astype(np.intp)
    lengths = np.diff(np.append(starts, len(columns)))
    means = np.add.reduceat(sheared, starts, axis=1) / lengths
    second: Floats = np.partition(means, 1, axis=1)[:, 1].astype(np.float32)
    return second


def _inside(rows: NDArray[np.intp], padded: Floats) -> NDArray[np.intp]:
    return np.clip(rows, 0, len(padded) - 1)
