"""Data augmentation, normalisation and test-time views of images.

A trainer passes batches of bytes, (B, H, W) or (B, H, W, C), and gets float32 (B, C, H, W). The memory of the result is
ordered (H, C, W, B), batch innermost. Networks compute in this order, so they need no copy; and operations here run
over contiguous rows of B numbers.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

MAX_CHANGE = 1000  # of any setting: larger ones leave nothing of an image
SMALLEST_STD = 1e-6  # of a channel: smaller ones are rounding errors

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Normalisation:
    """(byte / 255 - mean) / std for each channel; 0 and 1 for digits, so that the background stays 0.

    Raises:
        ValueError: another number of means than of deviations, or numbers that no images have.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        """Check the numbers."""
        fits = len(self.mean) == len(self.std) > 0
        if not fits or max(map(abs, self.mean + self.std)) > MAX_CHANGE or min(self.std) < SMALLEST_STD:
            raise ValueError(f"mean is {self.mean} and std {self.std}; give one of each for a channel, std above 0")

    @classmethod
    def of(cls, images: Bytes) -> "Normalisation":
        """The normalisation that gives these images, (N, H, W, C), mean 0 and standard deviation 1 in each channel."""
        shares = np.stack([np.bincount(channel.ravel(), minlength=256) for channel in np.moveaxis(images, -1, 0)])
        shares = shares / shares.sum(axis=1, keepdims=True)  # (C, 256), the frequency of each byte
        values = np.arange(256) / 255
        mean = shares @ values
        std = np.sqrt(shares @ values**2 - mean**2)
        return cls(tuple(mean.tolist()), tuple(np.maximum(std, 0.01).tolist()))

    def __call__(self, images: Bytes, contrast: Floats | float = 1.0, brightness: Floats | float = 0.0) -> Floats:
        """Normalise a batch.

        Args:
            images: (B, H, W) or (B, H, W, C).
            contrast: factor of the normalised values; a number or (B,).
            brightness: added to the normalised values; a number or (B,).

        Returns:
            float32 (B, C, H, W).
        """
        channels = images if images.ndim == 4 else images[..., None]
        B, H, W, C = channels.shape
        mean, std = (np.array(numbers, np.float32)[:, None, None] for numbers in (self.mean, self.std))  # (C, 1, 1)
        gain = contrast / (255 * std)
        offset = brightness - contrast * mean / std
        memory = np.empty((H, C, W, B), np.float32)
        for i, row in enumerate(memory):  # row i of all images fits into the cache
            row[...] = np.ascontiguousarray(channels[:, i]).transpose(2, 1, 0)
            row *= gain
            row += offset
        return memory.transpose(3, 1, 0, 2)


def warp(images: Bytes, sources: Floats) -> Floats:
    """Resample images by bilinear interpolation at given coordinates, 0 outside.

    Pixel (r, c) of an image in group m is taken from row sources[m, 0, r, c] and column sources[m, 1, r, c].

    Coordinates are rounded to sixteenths of a pixel: the four weights are then integers that sum to 256, and uint16
    holds all sums, which is twice as fast as floats. The images of a group share indices and weights, which makes these
    cheap, and each index gathers contiguous memory.

    Args:
        images: (B, H, W).
        sources: (M, 2, H, W), for M groups of successive images, of the same size but for the last.

    Returns:
        float32 (B, 1, H, W), 1 for white.
    """
    B, H, W = images.shape
    M = len(sources)
    group = -(-B // M)
    # A border of zeros, one pixel wide, stands for everything outside; it moves all coordinates by 1.
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
        B_m = len(images[members])
        padded = np.zeros((H + 2, W + 2, B_m), np.uint16)
        padded[1:-1, 1:-1] = images[members].transpose(1, 2, 0)
        pixels = padded.reshape(-1, B_m)
        total = np.zeros((H * W, B_m), np.uint16)
        for corner, weight in zip(corners[m], weights[m], strict=True):
            # mode="clip" only skips a check: corners beyond the border have weight 0.
            neighbour = pixels.take(corner, axis=0, mode="clip")
            neighbour *= weight
            total += neighbour
        memory[:, members] = total
    memory *= np.float32(1 / (255 * 256))
    return memory.reshape(H, 1, W, B).transpose(3, 1, 0, 2)


@dataclass(frozen=True, kw_only=True)
class DigitAugmentation:
    """Random affine and elastic changes of digits, (B, H, W) -> (B, 1, H, W).

    Each setting is the largest change in either direction; changes are drawn uniformly. With all at 0, images stay as
    they are.
    """

    rotation: float = 10.0
    """Degrees."""
    scale: float = 0.1
    """Share by which height and width grow or shrink, independently of each other."""
    shear: float = 0.15
    """Horizontal pixels for each pixel down."""
    shift: float = 2.0
    """Pixels, vertically and horizontally."""
    elastic: float = 0.0
    """Standard deviation in pixels of a smooth random distortion (Simard, Steinkraus and Platt 2003)."""
    group: int = 16
    """Successive images of a batch that share one random change; smaller groups are slower."""

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            ValueError: a setting is negative, above `MAX_CHANGE` or NaN, or the scale or group leaves nothing.
        """
        numbers = self.rotation, self.scale, self.shear, self.shift, self.elastic
        if not all(0 <= number <= MAX_CHANGE for number in numbers) or self.scale >= 1 or self.group < 1:
            raise ValueError(f"{self} needs numbers from 0 to {MAX_CHANGE}, a scale below 1 and a group of 1 or more")

    def __call__(self, images: Bytes, rng: np.random.Generator) -> Floats:
        """Return a randomly changed batch."""
        B, H, W = images.shape
        return warp(images, self.sources(-(-B // self.group), H, W, rng))

    def sources(self, M: int, H: int, W: int, rng: np.random.Generator) -> Floats:
        """Draw M random changes, as the source coordinates for `warp`, (M, 2, H, W).

        A pixel p of an image moves to A (p - centre) + centre + shift, with A = rotation @ shear @ scale.
        The source of the new pixel p is therefore A^-1 (p - centre - shift) + centre.
        """
        angle = np.radians(rng.uniform(-self.rotation, self.rotation, M))
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shear = np.broadcast_to(np.eye(2), (M, 2, 2)).copy()
        shear[:, 1, 0] = rng.uniform(-self.shear, self.shear, M)
        scale = rng.uniform(1 - self.scale, 1 + self.scale, (M, 1, 2))
        inverse = np.linalg.inv(rotation.transpose(2, 0, 1) @ shear * scale).astype(np.float32)
        shift = rng.uniform(-self.shift, self.shift, (M, 2, 1)).astype(np.float32)
        centre = np.array([[(H - 1) / 2], [(W - 1) / 2]], np.float32)
        grid = np.indices((H, W), np.float32).reshape(2, H * W)
        sources = inverse @ (grid - centre - shift) + centre
        if self.elastic:
            sources += self.elastic * _distortions(M, H, W, rng)
        return sources.reshape(M, 2, H, W)


def _distortions(M: int, H: int, W: int, rng: np.random.Generator) -> Floats:
    """Draw M smooth fields of displacements, (M, 2, H * W), each displacement from a standard normal distribution."""
    bumps = _bumps(H, W)
    fields: Floats = rng.standard_normal((M, 2, len(bumps)), np.float32) @ bumps
    return fields


@cache
def _bumps(H: int, W: int, knots: int = 6) -> Floats:
    """Gaussians around a grid of knots x knots points, (knots^2, H * W), whose squares sum to 1 at every pixel."""
    down, across = (
        np.exp(-0.5 * (np.linspace(0, knots - 1, length) - np.arange(knots)[:, None]) ** 2) for length in (H, W)
    )
    bumps: NDArray[np.float64] = (down[:, None, :, None] * across[None, :, None, :]).reshape(knots**2, H * W)
    bumps /= np.sqrt((bumps**2).sum(axis=0))
    single: Floats = bumps.astype(np.float32)
    single.setflags(write=False)  # shared by all threads
    return single


@dataclass(frozen=True, kw_only=True)
class PhotoAugmentation:
    """Random flip, shift, zoom, cutout, contrast and brightness of photographs, then normalisation.

    (B, H, W, C) -> (B, C, H, W). Pixels outside of an image are taken from its mirror image.
    """

    normalisation: Normalisation
    flip: bool = True
    """Mirror left and right with probability 1/2."""
    shift: int = 4
    """Largest shift in pixels, vertically and horizontally; should grow with the image size."""
    zoom: float = 0.0
    """Largest share by which an image grows or shrinks."""
    cutout: int = 8
    """Side in pixels of a randomly placed square that is hidden (DeVries and Taylor 2017)."""
    contrast: float = 0.2
    """Largest share by which contrast grows or shrinks."""
    brightness: float = 0.2
    """Largest change of brightness, in standard deviations of the pixels."""

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            ValueError: a setting is negative, above `MAX_CHANGE` or NaN, or the zoom leaves nothing.
        """
        numbers = self.shift, self.zoom, self.cutout, self.contrast, self.brightness
        if not all(0 <= number <= MAX_CHANGE for number in numbers) or self.zoom >= 1:
            raise ValueError(f"{self} needs numbers from 0 to {MAX_CHANGE} and a zoom below 1")

    def __call__(self, images: Bytes, rng: np.random.Generator) -> Floats:
        """Return a randomly changed batch."""
        B, H, W, C = images.shape
        zoom = rng.uniform(1 - self.zoom, 1 + self.zoom, (B, 1))
        shifts = rng.integers(-self.shift, self.shift, (2, B, 1), endpoint=True)
        rows, columns = (  # (B, H) and (B, W): the source row and column of each pixel
            _reflect((np.arange(length) - length // 2) / zoom + length // 2 + shift, length)
            for length, shift in zip((H, W), shifts, strict=True)
        )
        if self.flip:
            columns = np.where(rng.random((B, 1)) < 0.5, W - 1 - columns, columns)
        rows += np.arange(0, B * H, H)[:, None]
        pixels = rows[:, :, None] * W + columns[:, None, :]
        changed = images.reshape(-1, C).take(pixels.ravel(), axis=0, mode="clip").reshape(B, H, W, C)
        if self.cutout:
            mean = np.rint(255 * np.array(self.normalisation.mean)).astype(np.uint8)
            corners = rng.integers(0, (H, W), (B, 2)) - self.cutout // 2
            for image, (top, left) in zip(changed, corners.tolist(), strict=True):
                image[max(top, 0) : top + self.cutout, max(left, 0) : left + self.cutout] = mean
        contrast = rng.uniform(1 - self.contrast, 1 + self.contrast, (B,)).astype(np.float32)
        brightness = rng.uniform(-self.brightness, self.brightness, (B,)).astype(np.float32)
        return self.normalisation(changed, contrast, brightness)


def _reflect(positions: NDArray[np.float64], length: int) -> NDArray[np.int64]:
    """Round positions to indices 0 to length - 1; those outside are mirrored at the nearer end, then clipped."""
    last = length - 1
    reflected: NDArray[np.int64] = last - np.abs(last - np.abs(np.rint(positions).astype(np.int64)))
    return np.maximum(reflected, 0)


SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))


def shifted_views(images: Bytes, count: int, *, mirror: bool = False) -> list[Bytes]:
    """Return views of the same images for test-time augmentation.

    The first view is the images themselves; the others are shifted by one pixel, with the edge repeated. A network's
    mean prediction over several views is more accurate than its prediction for one.

    Args:
        images: (B, H, W) or (B, H, W, C).
        count: of views: 1 to 9, or to 18 with `mirror`.
        mirror: whether each view is followed by its mirror image.

    Raises:
        ValueError: count is out of range.
    """
    max_count = len(SHIFTS) * (1 + mirror)
    if not 1 <= count <= max_count:
        raise ValueError(f"views is {count}; choose 1 to {max_count}")
    H, W = images.shape[1:3]
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)][: images.ndim], mode="edge")
    views = []
    for down, right in SHIFTS:
        view = padded[:, 1 - down : 1 - down + H, 1 - right : 1 - right + W]
        views += [view, view[:, :, ::-1]] if mirror else [view]
    return views[:count]
