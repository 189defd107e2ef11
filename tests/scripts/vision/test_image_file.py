"""Images of every kind, drawn here, read as RGB or as small squares; and files that are refused before decoding."""

import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts.vision.image_file import MAX_PIXELS, PixelBudget, decode, open_rgb, suffixes
from tests.support.class_folders import plain
from tests.support.paths import ROOT

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def halves(left: tuple[int, ...], right: tuple[int, ...], size: tuple[int, int] = (40, 20)) -> Image.Image:
    image = plain(left, size)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


@pytest.mark.parametrize(
    ("image", "ending", "colour"),
    [
        (plain(RED), "png", RED),
        (plain(RED), "jpg", (254, 0, 0)),
        (plain(RED), "bmp", RED),
        (plain(RED), "webp", RED),
        (plain(RED), "gif", RED),
        (plain(RED).quantize(4), "png", RED),
        (plain((100,), mode="L"), "png", (100, 100, 100)),
        (plain((1,), mode="1"), "png", WHITE),
        (plain((255, 0, 0, 0), mode="RGBA"), "png", WHITE),
        (plain((255, 0, 0, 255), mode="RGBA"), "png", RED),
        (plain((0, 102), mode="LA"), "png", (153, 153, 153)),
        (plain((0, 255, 255, 0), mode="CMYK"), "jpg", RED),
        (plain((0, 255, 255, 0), mode="CMYK"), "tiff", RED),
        (Image.fromarray(np.full((9, 9), 257 * 80, np.uint16)), "png", (80, 80, 80)),
        (Image.fromarray(np.full((9, 9), 80, np.int32)), "tiff", (80, 80, 80)),
        (Image.fromarray(np.full((9, 9), 1, np.float32)), "tiff", WHITE),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
def test_every_mode_becomes_rgb(image: Image.Image, ending: str, colour: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / f"image.{ending}"
    image.save(path, lossless=True)  # which WebP alone asks for
    pixels = decode(path, 5)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (5, 5, 3)
    assert np.abs(pixels.astype(int) - colour).max() <= 2


def test_a_transparent_colour_of_a_palette_is_white(tmp_path: Path) -> None:
    image = halves(RED, BLUE).quantize(2)
    image.save(tmp_path / "a.png", transparency=image.getpixel((0, 0)))
    pixels = decode(tmp_path / "a.png", 20)
    assert pixels[10, 2].tolist() == [*WHITE]
    assert pixels[10, 17].tolist() == [*BLUE]


def test_a_rotated_photograph_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it upright
    halves(RED, BLUE, (32, 32)).save(tmp_path / "a.jpg", exif=exif, quality=95)
    pixels = decode(tmp_path / "a.jpg", 16).astype(int)
    assert np.abs(pixels[2, 8] - RED).max() < 40
    assert np.abs(pixels[13, 8] - BLUE).max() < 40


@pytest.mark.parametrize("size", [(60, 20), (20, 60), (700, 234), (1200, 41)])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_the_middle_is_kept_in_its_proportions(size: tuple[int, int], ending: str, tmp_path: Path) -> None:
    """A disc in the middle stays a disc, whatever the sides."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    short = min(size)
    disc = (rows - (size[1] - 1) / 2) ** 2 + (columns - (size[0] - 1) / 2) ** 2 < (short / 4) ** 2
    Image.fromarray((255 * disc).astype(np.uint8)).save(tmp_path / f"a.{ending}")
    white = decode(tmp_path / f"a.{ending}", 24)[:, :, 0] > 127
    height, width = white.any(axis=1).sum(), white.any(axis=0).sum()
    assert abs(height - 12) <= 1
    assert abs(width - 12) <= 1
    assert np.argwhere(white).mean(axis=0) == pytest.approx([11.5, 11.5], abs=0.5)


def test_images_of_the_right_size_are_not_touched(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(decode(tmp_path / "a.png", 12), pixels)


def test_dark_16_bit_images_stay_dark(tmp_path: Path) -> None:
    Image.fromarray(np.full((9, 9), 250, np.uint16)).save(tmp_path / "dark.png")
    assert decode(tmp_path / "dark.png", 9).max() == 0


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
OTHER_FORMATS = {
    "eps": EPS,
    "eps in a wrapper": b"\xc5\xd0\xd3\xc6" + struct.pack("<6I", 32, len(EPS), 0, 0, 0, 0) + bytes(4) + EPS,
    "pdf": b"%PDF-1.4\n%%EOF\n",
    "wmf": b"\xd7\xcd\xc6\x9a\0\0" + bytes(40),
    "emf": b"\1\0\0\0" + bytes(36) + b" EMF" + bytes(60),
    "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(60),
    "grib": b"GRIB" + bytes(4) + b"\1" + bytes(60),
    "psd": b"8BPS" + bytes(60),
}


@pytest.mark.parametrize("contents", OTHER_FORMATS.values(), ids=OTHER_FORMATS)
@pytest.mark.parametrize("name", ["cat.jpg", "cat.png"])
def test_other_formats_are_refused_and_start_no_program(
    contents: bytes, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(contents)

    def start(*arguments: object, **_: object) -> None:
        raise AssertionError(f"started {arguments}")

    for function in ("Popen", "run", "call", "check_call", "check_output"):
        monkeypatch.setattr(subprocess, function, start)
    with pytest.raises(ValueError, match=r"it is no image in a format that is read here \(JPEG, PNG, "):
        open_rgb(tmp_path / name, 32)


def test_a_small_tiff_of_one_large_tile_is_refused(tmp_path: Path) -> None:
    entries = [(256, 16), (257, 16), (258, 8), (259, 8), (262, 1), (277, 1), (322, 20_000), (323, 20_000)]
    entries += [(324, 200), (325, 50)]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries) + bytes(4)
    (tmp_path / "a.tiff").write_bytes((b"II*\0" + struct.pack("<I", 8) + directory).ljust(300, b"\0"))
    with pytest.raises(ValueError, match="it has more than 67,108,864 pixels"):
        open_rgb(tmp_path / "a.tiff", 32)


def test_damaged_metadata_do_not_matter(tmp_path: Path) -> None:
    plain(RED).save(tmp_path / "a.png", exif=b"Exif\0\0II*\0" + b"\xff" * 40)
    assert open_rgb(tmp_path / "a.png", 32).getpixel((0, 0)) == RED


def test_suffixes_of_other_formats_are_not_offered() -> None:
    assert {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm"} <= suffixes()
    assert not suffixes() & {".eps", ".ps", ".pdf", ".wmf", ".emf", ".psd", ".fpx", ".mic", ".h5", ".mpg", ".icns"}


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="it is a folder"):
        open_rgb(tmp_path, 32)
    with pytest.raises(ValueError, match="no such file"):
        open_rgb(tmp_path / "nowhere.png", 32)


@pytest.mark.parametrize(
    "change", [lambda whole: whole[: len(whole) // 2], lambda whole: whole[:40] + bytes(40) + whole[80:]]
)
@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "tiff", "webp", "bmp"])
def test_a_broken_file_is_an_error_with_a_reason(change: Callable[[bytes], bytes], ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    path.write_bytes(change(path.read_bytes()))
    try:
        image = open_rgb(path, 32)
    except ValueError as error:
        assert str(error)  # noqa: PT017  some decoders read such files
    else:
        assert image.mode == "RGB"


MEASURE = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from scripts.vision.image_file import decode

def reason(path):
    try:
        return decode(path, 32).shape
    except ValueError as error:
        return error

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with ThreadPoolExecutor(8) as threads:
    print(*set(map(str, threads.map(reason, [Path(sys.argv[1])] * 8))))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(
    ("mode", "side", "says", "megabytes"),
    [
        ("1", 13_000, "it has more than 67,108,864 pixels; scale it down", 30),
        ("L", 4_000, "(32, 32, 3)", 4 * 16 * 8),  # 16 million pixels: four of eight threads at once
        pytest.param("1", 8_192, "(32, 32, 3)", 700, marks=pytest.mark.slow),  # one at a time, and nothing is kept
    ],
)
def test_the_memory_of_large_images_is_bounded(mode: str, side: int, says: str, megabytes: int, tmp_path: Path) -> None:
    pytest.importorskip("resource")
    Image.new(mode, (side, side)).save(tmp_path / "large.png")
    command = [sys.executable, "-W", "error", "-c", MEASURE, str(tmp_path / "large.png")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.stderr == ""
    printed, used = ended.stdout.splitlines()
    assert printed == says
    assert int(used) <= megabytes


def test_threads_wait_for_pixels() -> None:
    budget, first_has, second_has = PixelBudget(10), threading.Event(), threading.Event()

    def second() -> None:
        with budget.take(5):
            second_has.set()

    with budget.take(6):
        thread = threading.Thread(target=second)
        thread.start()
        assert not second_has.wait(0.1)
        with budget.take(4):
            first_has.set()
    assert second_has.wait(10)
    thread.join()
    assert first_has.is_set()
    assert MAX_PIXELS < 89_478_485  # where Pillow begins to warn
