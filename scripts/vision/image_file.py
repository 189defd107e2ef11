"""The one way into this program for an image file: which formats are read, how large an image may be, and as what.

Pillow reads some fifty formats, some of which start other programs (PostScript) or are hardly tested. Only those that
people keep images in are read here. An image declares its size in its first bytes, so that too large ones are refused
before anything is decoded; all threads together decode no more pixels at once than one image may have.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError, _imaging

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
MAX_PIXELS = 1 << 26  # about 8,200 x 8,200
TOO_LARGE = f"it has more than {MAX_PIXELS:,} pixels; scale it down"
MAX_BYTES = 5 * MAX_PIXELS  # a file of that many pixels, uncompressed

Image.init()
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
PngImagePlugin.MAX_TEXT_MEMORY = 1 << 23  # bytes of a file's compressed comments
# Freed memory in blocks of this size goes back to the system. Of smaller ones each thread would keep its own.
_imaging.set_block_size(1 << 26)
# Filters that are set and reset in each thread would get mixed up, so these stay.
warnings.filterwarnings("ignore", module=r"PIL\.")  # of odd metadata in images that can be read
warnings.simplefilter("error", Image.DecompressionBombWarning)


class PixelBudget:
    """Pixels that all threads together may decode at once.

    Args:
        pixels: the number.
    """

    def __init__(self, pixels: int) -> None:
        self._left = pixels
        self._changed = threading.Condition()

    @contextmanager
    def take(self, pixels: int) -> Iterator[None]:
        """Wait until so many pixels are left, and keep them while the context lasts."""
        with self._changed:
            self._changed.wait_for(lambda: self._left >= pixels)
            self._left -= pixels
        try:
            yield
        finally:
            with self._changed:
                self._left += pixels
                self._changed.notify_all()


BUDGET = PixelBudget(MAX_PIXELS)


def suffixes() -> frozenset[str]:
    """The endings of file names in these formats: ".jpg", ".png", ..."""
    return frozenset(suffix for suffix, kind in Image.registered_extensions().items() if kind in FORMATS)


def open_rgb(path: Path, enough: int) -> Image.Image:
    """Open one image upright and in RGB, with white for transparent pixels; greyscale may have 8, 16 or 32 bits.

    Of an animation it is the first frame. An image whose sides are both several times as long as `enough` pixels is
    scaled down by a whole number, so that both keep at least that many.

    Raises:
        ValueError: there is no such file, or it is not an image, is damaged, or too large; the message has the reason
            but not the path, which callers name as their users know it.
    """
    try:
        if not path.is_file():
            raise ValueError("it is a folder" if path.is_dir() else "no such file")
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"the file has {path.stat().st_size:,} bytes; {MAX_BYTES:,} are read at most")
        with Image.open(path, formats=[name for name in FORMATS if name in Image.OPEN]) as image:
            width, height = image.size
            tags = getattr(image, "tag_v2", {})  # a small TIFF may consist of one large tile, width 322, length 323
            if max(width * height, tags.get(322, 0) * tags.get(323, 0)) > MAX_PIXELS:
                raise ValueError(TOO_LARGE)
            image.draft("RGB", (enough, enough))  # a JPEG can be decoded at half, a quarter or an eighth of its size
            if "progressive" not in image.info:  # of a progressive one the decoder keeps the whole
                width, height = image.size
            with BUDGET.take(width * height):
                return _to_rgb(image, enough)
    except ValueError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(TOO_LARGE) from None
    except UnidentifiedImageError:
        known = ", ".join(FORMATS)
        raise ValueError(f"it is no image in a format that is read here ({known})") from None
    except MemoryError:
        raise ValueError("there is not enough memory to decode it") from None
    except OSError as error:
        raise ValueError(f"{error.strerror or error}") from None
    except Exception as error:  # decoders raise almost any exception on broken files
        raise ValueError(f"it is damaged ({type(error).__name__}: {error})") from None


def _to_rgb(image: Image.Image, enough: int) -> Image.Image:
    image.load()
    with suppress(Exception):  # damaged metadata raise anything; the image itself is there
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        whites = (65535,) if image.mode.startswith("I;16") else (1, 255, 65535)
        values = np.array(image, np.float32)
        np.nan_to_num(values, copy=False)
        np.maximum(values, 0, out=values)
        brightest = float(values.max())
        values *= 255 / next((top for top in whites if brightest <= top), brightest)
        image = Image.fromarray(values.astype(np.uint8))
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        image = Image.new("RGB", colours.size, "white")
        image.paste(colours, mask=colours)
    image = image.convert("RGB")
    factor = min(image.size) // enough
    return image.reduce(factor) if factor > 1 else image


def decode(path: Path, size: int) -> NDArray[np.uint8]:
    """Decode one image as (size, size, 3): scaled until its shorter side is `size`, then cropped to the middle.

    The aspect ratio is kept, since classes differ in shape.

    Raises:
        ValueError: see `open_rgb`.
    """
    return np.asarray(ImageOps.fit(open_rgb(path, 2 * size), (size, size), Image.Resampling.BICUBIC))
