"""Pictures a little different each time a network sees them, and as numbers a network likes.

A trainer hands over batches of bytes, (B, H, W) or (B, H, W, C), and gets float32 (B, C, H, W). The memory behind that
is ordered (H, C, W, B), batch innermost: what networks compute in, so they need no copy; and here it turns the work on
B pictures into work on rows of B neighbours.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

MOST = 1000  # of any change: beyond it there is nothing to be seen

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Normalisation:
    """(byte / 255 - mean) / std, by channel; (0,) and (1,) for digits, whose background should stay 0."""

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, images: Bytes) -> "Normalisation":
        """The one that gives these (N, H, W, C) pictures mean 0 and standard deviation 1."""
        shares = np.stack([np.bincount(channel.ravel(), minlength=256) for channel in np.moveaxis(images, -1, 0)])
        shares = shares / shares.sum(axis=1, keepdims=True)  # (C, 256), how often each byte occurs
        values = np.arange(256) / 255
        mean = shares @ values
        std = np.sqrt(shares @ values**2 - mean**2)
        return cls(tuple(mean.tolist()), tuple(np.maximum(std, 0.01).tolist()))

    def __call__(self, images: Bytes, contrast: Floats | float = 1.0, brightness: Floats | float = 0.0) -> Floats:
        """Bytes (B, H, W) or (B, H, W, C) as float32 (B, C, H, W), times contrast, plus brightness: numbers or (B,)."""
        channels = images if images.ndim == 4 else images[..., None]
        B, H, W, C = channels.shape
        mean, std = (np.array(numbers, np.float32)[:, None, None] for numbers in (self.mean, self.std))  # (C, 1, 1)
        gain = contrast / (255 * std)
        offset = brightness - contrast * mean / std
        memory = np.empty((H, C, W, B), np.float32)
        for i, row in enumerate(memory):  # row i of all pictures stays in the cache meanwhile
            row[...] = np.ascontiguousarray(channels[:, i]).transpose(2, 1, 0)
            row *= gain
            row += offset
        return memory.transpose(3, 1, 0, 2)


def warp(images: Bytes, sources: Floats) -> Floats:
    """Pictures (B, H, W) seen through maps (M, 2, H, W): M groups of neighbours, each through one map.

    Pixel (r, c) of a picture in group m becomes what lies there at row sources[m, 0, r, c], column sources[m, 1, r, c]:
    bilinear between the four pixels around, 0 outside. Places are rounded to sixteenths of a pixel, so weights are
    whole and sum to 256, and all fits 16 bits, which is twice as fast as floats. Groups, because indices and weights
    then cost little, and one index gathers neighbours in memory. float32 (B, 1, H, W), 1 for white.
    """
    B, H, W = images.shape
    M = len(sources)
    group = -(-B // M)
    # A frame of zeros one pixel wide stands for all that lies outside: hence the ones added.
    row, column = np.moveaxis(np.rint(16 * sources).astype(np.int32), 1, 0)  # (M, H, W)
    row, column = np.clip(row, -16, 16 * H) + 16, np.clip(column, -16, 16 * W) + 16
    first = (row >> 4) * (W + 2) + (column >> 4)
    corners = np.stack([first, first + 1, first + W + 2, first + W + 3], 1).reshape(M, 4, H * W).astype(np.intp)
    down, right = (row & 15).astype(np.uint16), (column & 15).astype(np.uint16)
    up, left = 16 - down, 16 - right
    weights = np.stack([up * left, up * right, down * left, down * right], 1).reshape(M, 4, H * W, 1)
    memory = np.empty((H * W, B), np.float32)
    for m in range(M):
        members = slice(m * group, (m + 1) * group)
        pictures = images[members]
        framed = np.zeros((H + 2, W + 2, len(pictures)), np.uint16)
        framed[1:-1, 1:-1] = pictures.transpose(1, 2, 0)
        pixels = framed.reshape(-1, len(pictures))
        total = np.zeros((H * W, len(pictures)), np.uint16)
        for corner, weight in zip(corners[m], weights[m], strict=True):
            # "clip" only skips a check: the corners beyond the frame have weight 0.
            neighbour = pixels.take(corner, axis=0, mode="clip")
            neighbour *= weight
            total += neighbour
        memory[:, members] = total
    memory *= np.float32(1 / (255 * 256))
    return memory.reshape(H, 1, W, B).transpose(3, 1, 0, 2)


@dataclass(frozen=True, kw_only=True)
class DigitAugmentation:
    """Handwriting of another hand: turned, stretched, slanted, moved and bent; (B, H, W) -> (B, 1, H, W).

    Each number is the largest change to either side, drawn uniformly; all 0 gives back the picture.
    """

    rotation: float = 10.0
    """Degrees."""
    scale: float = 0.1
    """Share by which height and width grow or shrink, each by itself."""
    shear: float = 0.15
    """Pixels aside for each pixel down."""
    shift: float = 2.0
    """Pixels, down and aside."""
    elastic: float = 0.0
    """Standard deviation in pixels of a smooth random bend (Simard, Steinkraus and Platt 2003)."""
    group: int = 16
    """Neighbours in a batch that are changed alike; fewer is slower."""

    def __post_init__(self) -> None:
        """Refuse what is no change.

        Raises:
            ValueError: a number that is negative, huge or none, a scale that leaves nothing, or groups of nobody.
        """
        numbers = self.rotation, self.scale, self.shear, self.shift, self.elastic
        if not all(0 <= number <= MOST for number in numbers) or self.scale >= 1 or self.group < 1:
            raise ValueError(f"{self} needs numbers from 0 to {MOST}, a scale below 1 and a group of 1 or more")

    def __call__(self, images: Bytes, rng: np.random.Generator) -> Floats:
        """Change a batch."""
        B, H, W = images.shape
        return warp(images, self.sources(-(-B // self.group), H, W, rng))

    def sources(self, M: int, H: int, W: int, rng: np.random.Generator) -> Floats:
        """M random maps from pixels to where they are taken from, (M, 2, H, W), for `warp`.

        A pixel p of the picture goes to A (p - centre) + centre + shift, A = rotation @ shear @ scale.
        So what is seen at p comes from A^-1 (p - centre - shift) + centre.
        """
        angle = np.radians(rng.uniform(-self.rotation, self.rotation, M))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        slant = np.broadcast_to(np.eye(2), (M, 2, 2)).copy()
        slant[:, 1, 0] = rng.uniform(-self.shear, self.shear, M)
        stretch = rng.uniform(1 - self.scale, 1 + self.scale, (M, 1, 2))
        inverse = np.linalg.inv(turn.transpose(2, 0, 1) @ slant * stretch).astype(np.float32)
        shift = rng.uniform(-self.shift, self.shift, (M, 2, 1)).astype(np.float32)
        centre = np.array([[(H - 1) / 2], [(W - 1) / 2]], np.float32)
        grid = np.indices((H, W), np.float32).reshape(2, H * W)
        sources = inverse @ (grid - centre - shift) + centre
        if self.elastic:
            sources += self.elastic * _bends(M, H, W, rng)
        return sources.reshape(M, 2, H, W)


def _bends(M: int, H: int, W: int, rng: np.random.Generator) -> Floats:
    """M smooth fields of displacements, (M, 2, H * W), normally distributed with standard deviation 1 everywhere."""
    bumps = _bumps(H, W)
    fields: Floats = rng.standard_normal((M, 2, len(bumps)), np.float32) @ bumps
    return fields


@cache
def _bumps(H: int, W: int, knots: int = 6) -> Floats:
    """Bumps around knots x knots places, (knots^2, H * W), their squares summing to 1 at every pixel."""
    down, across = (
        np.exp(-0.5 * (np.linspace(0, knots - 1, length) - np.arange(knots)[:, None]) ** 2) for length in (H, W)
    )
    bumps: NDArray[np.float64] = (down[:, None, :, None] * across[None, :, None, :]).reshape(knots**2, H * W)
    bumps /= np.sqrt((bumps**2).sum(axis=0))
    return bumps.astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class PhotoAugmentation:
    """Photographs seen otherwise: mirrored, moved, nearer or farther, lit otherwise, partly hidden.

    (B, H, W, C) -> (B, C, H, W). Beyond its edge a picture goes on mirrored.
    """

    normalisation: Normalisation
    flip: bool = True
    """Mirror left and right, every second time."""
    shift: int = 4
    """Most pixels that a picture is moved, down and aside; should grow with its size."""
    zoom: float = 0.0
    """Share by which a picture grows or shrinks at most."""
    cutout: int = 8
    """Side in pixels of a square that is hidden, somewhere (DeVries and Taylor 2017)."""
    contrast: float = 0.2
    """Share by which differences grow or shrink at most."""
    brightness: float = 0.2
    """Standard deviations by which a picture becomes lighter or darker at most."""

    def __post_init__(self) -> None:
        """Refuse what is no change.

        Raises:
            ValueError: a number that is negative, huge or none, or a zoom that leaves nothing.
        """
        numbers = self.shift, self.zoom, self.cutout, self.contrast, self.brightness
        if not all(0 <= number <= MOST for number in numbers) or self.zoom >= 1:
            raise ValueError(f"{self} needs numbers from 0 to {MOST} and a zoom below 1")

    def __call__(self, images: Bytes, rng: np.random.Generator) -> Floats:
        """Change a batch."""
        B, H, W, C = images.shape
        zoom = rng.uniform(1 - self.zoom, 1 + self.zoom, (B, 1))
        shifts = rng.integers(-self.shift, self.shift, (2, B, 1), endpoint=True)
        rows, columns = (  # (B, H) and (B, W): which row and column of its picture each pixel shows
            _mirrored((np.arange(length) - length // 2) / zoom + length // 2 + shift, length)
            for length, shift in zip((H, W), shifts, strict=True)
        )
        if self.flip:
            columns = np.where(rng.random((B, 1)) < 0.5, W - 1 - columns, columns)
        rows += np.arange(0, B * H, H)[:, None]
        pixels = rows[:, :, None] * W + columns[:, None, :]
        seen = images.reshape(-1, C).take(pixels.ravel(), axis=0, mode="clip").reshape(B, H, W, C)
        if self.cutout:
            mean = np.rint(255 * np.array(self.normalisation.mean)).astype(np.uint8)
            corners = rng.integers(0, (H, W), (B, 2)) - self.cutout // 2
            for picture, (top, left) in zip(seen, corners.tolist(), strict=True):
                picture[max(top, 0) : top + self.cutout, max(left, 0) : left + self.cutout] = mean
        contrast = rng.uniform(1 - self.contrast, 1 + self.contrast, (B,)).astype(np.float32)
        brightness = rng.uniform(-self.brightness, self.brightness, (B,)).astype(np.float32)
        return self.normalisation(seen, contrast, brightness)


def _mirrored(places: NDArray[np.float64], length: int) -> NDArray[np.int64]:
    """The nearest whole places, with those before 0 and beyond length - 1 mirrored there, and kept within."""
    last = length - 1
    mirrored: NDArray[np.int64] = last - np.abs(last - np.abs(np.rint(places).astype(np.int64)))
    return np.maximum(mirrored, 0)


SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))


def shifted_views(images: Bytes, count: int, *, mirror: bool = False) -> list[Bytes]:
    """The pictures as they are, then moved by a pixel in `count - 1` directions; the edge is repeated.

    With mirror=True each is followed by its mirror image, and `count` counts these too. A network's opinions on all
    views together are better than the one on the first.

    Raises:
        ValueError: fewer than one view, or more than there are.
    """
    most = len(SHIFTS) * (1 + mirror)
    if not 1 <= count <= most:
        raise ValueError(f"views is {count}; choose 1 to {most}")
    H, W = images.shape[1:3]
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)][: images.ndim], mode="edge")
    views = []
    for down, right in SHIFTS:
        view = padded[:, 1 - down : 1 - down + H, 1 - right : 1 - right + W]
        views += [view, view[:, :, ::-1]] if mirror else [view]
    return views[:count]
