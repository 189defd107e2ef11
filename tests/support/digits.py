"""Four small files instead of MNIST's: digits in seven segments, as pocket calculators show them, with some noise."""

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scripts.vision import mnist

#           top, upper left, upper right, middle, lower left, lower right, bottom
SEGMENTS = (
    "1110111",
    "0010010",
    "1011101",
    "1011011",
    "0111010",
    "1101011",
    "1101111",
    "1010010",
    "1111111",
    "1111011",
)
PLACES = (
    (slice(4, 7), slice(9, 19)),
    (slice(4, 15), slice(9, 12)),
    (slice(4, 15), slice(16, 19)),
    (slice(12, 15), slice(9, 19)),
    (slice(12, 24), slice(9, 12)),
    (slice(12, 24), slice(16, 19)),
    (slice(21, 24), slice(9, 19)),
)


def draw_digit(digit: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One digit, (28, 28), light on black, moved by up to a pixel."""
    image = rng.integers(0, 20, (28, 28), dtype=np.uint8)
    for lit, place in zip(SEGMENTS[digit], PLACES, strict=True):
        if lit == "1":
            image[place] = rng.integers(150, 256)
    return np.roll(image, rng.integers(-1, 2, 2), (0, 1))


def idx(values: NDArray[np.uint8]) -> bytes:
    """The bytes of an IDX file."""
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


def small_mnist(folder: Path, monkeypatch: pytest.MonkeyPatch, train: int = 300, test: int = 60) -> Path:
    """Write the four files into the folder, and make their checksums the expected ones."""
    rng = np.random.default_rng(0)
    checksums = {}
    for (images, labels), count in zip((tuple(mnist.FILES)[:2], tuple(mnist.FILES)[2:]), (train, test), strict=True):
        digits = (np.arange(count) % 10).astype(np.uint8)
        pictures = np.stack([draw_digit(int(digit), rng) for digit in digits])
        for name, contents in ((images, idx(pictures)), (labels, idx(digits))):
            (folder / f"{name}.gz").write_bytes(gzip.compress(contents, 1))
            checksums[name] = hashlib.md5(contents).hexdigest()
    monkeypatch.setattr(mnist, "FILES", checksums)
    return folder
