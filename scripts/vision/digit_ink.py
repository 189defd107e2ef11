"""The ink of one handwritten digit on a photographed sheet, without shade, noise, lines and specks.

    paper    what the sheet would look like without ink: a smooth surface, fitted to all that is not ink
    ink      how far a pixel is from its paper, along the colour of the ink: 0 for paper, about 1 for ink
    lines    thin straight lines from edge to edge are replaced by what lies above and below
    pieces   connected ink; specks and what touches the edge of the picture are left out

A digit that is cut out, with hardly any paper around it, shows no sheet to measure: there ink and paper are told apart
by one threshold. Light is a factor, whatever its shape and colour, so that pixels are divided by their paper.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from scripts.vision.ruled_lines import without_lines

LONG = 384  # pixels: larger pictures are scaled down
COARSE = 64  # pixels: long side of the picture in which the paper is fitted
DARKEST = 16.0  # grey levels: darker paper counts as this
SOLID = 0.35  # ink that makes pieces
FAINT = 0.1  # ink that counts at the edge of a piece
MIN_CONTRAST = 0.04  # between ink and paper, as a share of the paper
MIN_SIGNAL = 5.0  # ink beside the noise
CROPPED, CROPPED_ACROSS = 0.85, 0.6  # shares of the sides that the ink covers if a digit was cut out; a 1 is slanted
AT_EDGE, MOST_CROSSINGS = 0.3, 8  # of the edge is ink: more is a shadow; strokes that cross it: more are lines
TWO_LEVELS = 0.8  # share of the variance between ink and paper: less under uneven light, and in noise
SPECK = 0.06  # of the largest piece: smaller ones do not belong to the digit

NO_DIGIT = "no ink that differs clearly from the paper; write one digit, dark on light or light on dark"

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def digit_ink(pixels: Bytes) -> Floats:
    """Return the ink of the digit, (h, w), of a picture (H, W) or (H, W, 3), dark on light or light on dark.

    Raises:
        ValueError: there is no ink that differs clearly from the paper.
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((LONG, LONG), Image.Resampling.BOX)
    if max(picture.size) >= COARSE:
        picture = picture.filter(ImageFilter.MedianFilter(3))
    cropped = _cropped_digit(np.asarray(picture.convert("L")))
    if cropped is not None:
        return cropped
    values = np.atleast_3d(np.asarray(picture, np.float32))
    margin = max(picture.size) // 5  # more paper than ink, also where a digit fills the picture
    widened = np.pad(values, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    paper = _paper(widened)[margin : len(widened) - margin, margin : widened.shape[1] - margin]
    off = ((values - paper) / np.maximum(paper, DARKEST)).astype(np.float32)
    ink = without_lines(_along_ink(off))
    soft = _blur(ink, max(ink.shape) / 200)
    kept = _digit(_pieces(soft > SOLID), soft)
    near = _blur(kept.astype(np.float32), max(ink.shape) / 100) > 0.02
    return np.where(near & (ink > FAINT), ink, np.float32(0))


def _cropped_digit(grey: Bytes) -> Floats | None:
    """The ink, (h, w), if it covers nearly the whole picture, and paper and ink have one level each.

    The threshold is that of Otsu, "A Threshold Selection Method from Gray-Level Histograms", 1979.
    """
    counts = np.bincount(grey.reshape(-1), minlength=256).astype(np.float64)
    below, sums = counts.cumsum()[:-1], (counts * np.arange(256)).cumsum()
    above = grey.size - below
    means = sums[:-1] / np.maximum(below, 1), (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    between = below * above * (means[1] - means[0]) ** 2 / grey.size**2
    threshold = int(between.argmax())
    if between[threshold] <= TWO_LEVELS * grey.var():
        return None
    frame = np.concatenate([grey[0], grey[1:, -1], grey[-1, -2::-1], grey[-2:0:-1, 0]]) <= threshold  # once around
    is_dark = frame.mean() <= 0.5
    crossings = np.count_nonzero(frame != np.roll(frame, 1)) // 2
    if min(frame.mean(), 1 - frame.mean()) > AT_EDGE or crossings > MOST_CROSSINGS:
        return None
    pieces = _pieces((grey <= threshold) == is_dark)
    names, sizes = np.unique(pieces[pieces >= 0], return_counts=True)
    rows, columns = np.nonzero(np.isin(pieces, names[sizes > SPECK * sizes.max()]))
    covered = np.ptp(rows) / len(grey), np.ptp(columns) / grey.shape[1]
    if max(covered) < CROPPED or min(covered) < CROPPED_ACROSS:
        return None
    paper, ink = (means[1][threshold], means[0][threshold]) if is_dark else (means[0][threshold], means[1][threshold])
    found: Floats = np.maximum((grey - np.float32(paper)) / np.float32(ink - paper), 0)
    return found


def _paper(values: Floats) -> Floats:
    """The sheet without ink, (h, w, C)."""
    h, w, C = values.shape
    scale = min(1.0, COARSE / max(h, w))
    size = max(1, round(w * scale)), max(1, round(h * scale))
    small = _resize(values, size, Image.Resampling.BOX)
    y, x = (axis / max(small.shape) for axis in np.indices(small.shape[:2], np.float32))
    terms: Floats = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=-1).reshape(-1, 10)
    flat = small.reshape(-1, C)
    weights = np.ones(len(flat), np.float32)
    for _ in range(12):  # least absolute deviations: ink does not count by how far off it is
        system = terms * weights[:, None]
        surface = terms @ np.linalg.lstsq(system.T @ terms, system.T @ flat, rcond=None)[0]
        weights = 1 / np.maximum(np.abs(flat - surface).max(axis=1), 2)
    surface = np.clip(surface, 1, 255).reshape(small.shape).astype(np.float32)
    for radius in (12, 8, 6, 4, 3):
        off = np.abs((small - surface) / np.maximum(surface, DARKEST)).max(axis=-1)
        is_paper = (off <= max(3 * float(np.median(off)), 0.02)).astype(np.float32)
        ratio = (small / surface) * is_paper[..., None]
        surface = surface * (_blur(ratio, radius) + 1e-3) / (_blur(is_paper, radius)[..., None] + 1e-3)
    return _resize(surface, (w, h), Image.Resampling.BICUBIC)


def _along_ink(off: Floats) -> Floats:
    """(h, w) from the relative differences to the paper, (h, w, C): projected on their direction where they are large.

    Raises:
        ValueError: the largest differences are not much larger than the others.
    """
    size = np.linalg.norm(_blur(off, max(off.shape) / 200), axis=-1)
    noise = float(np.median(size))
    high = float(np.quantile(size, 0.995))
    if high < max(MIN_CONTRAST, MIN_SIGNAL * noise):
        raise ValueError(NO_DIGIT)
    strong = off[size > 0.6 * high]
    direction = np.median(strong, axis=0)
    ink: Floats = off @ (direction / (direction @ direction))
    return ink


def _pieces(solid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number the connected pieces, (h, w), eight neighbours; the paper is -1."""
    h, w = solid.shape
    labels = np.full((h + 2, w + 2), -1, np.int64)
    inside = labels[1:-1, 1:-1]
    inside[solid] = np.flatnonzero(np.pad(solid, 1))
    while True:
        before = inside.copy()
        for dy in (0, 1, 2):
            for dx in (0, 1, 2):
                neighbours = labels[dy : dy + h, dx : dx + w]
                np.maximum(inside, neighbours, out=inside, where=solid)
        inside[solid] = labels.ravel()[inside[solid]]  # the label of the pixel that gave this one its label
        if (inside == before).all():
            return np.where(solid, inside, -1)


def _digit(pieces: NDArray[np.int64], ink: Floats) -> NDArray[np.bool_]:
    """The pixels of the pieces that belong to the digit."""
    names, index = np.unique(pieces, return_inverse=True)
    if not (names >= 0).any():
        raise ValueError(NO_DIGIT)
    mass = np.bincount(index.ravel(), np.maximum(ink, 0).ravel())
    mass[names < 0] = 0
    frame = np.ones(pieces.shape, bool)
    frame[1:-1, 1:-1] = False
    at_edge = np.isin(names, pieces[frame])
    if mass[~at_edge].max(initial=0) > 0.1 * mass.max():
        mass[at_edge] = 0
    kept: NDArray[np.bool_] = np.isin(pieces, names[mass > SPECK * mass.max()])
    return kept


def _blur(values: Floats, sigma: float) -> Floats:
    """Gaussian blur of the first two axes."""
    reach = int(3 * sigma) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for axis in (0, 1):
        padding = [(reach, reach) if other == axis else (0, 0) for other in range(values.ndim)]
        padded = np.moveaxis(np.pad(values, padding, mode="edge"), axis, 0)
        n = values.shape[axis]
        values = np.moveaxis(sum(weight * padded[i : i + n] for i, weight in enumerate(kernel)), 0, axis)
    return values


def _resize(values: Floats, size: tuple[int, int], method: Image.Resampling) -> Floats:
    channels = [Image.fromarray(np.ascontiguousarray(c)).resize(size, method) for c in np.moveaxis(values, -1, 0)]
    return np.stack([np.asarray(c) for c in channels], axis=-1)
