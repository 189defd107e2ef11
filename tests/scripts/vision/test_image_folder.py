"""Images of every kind, drawn here, read as small squares of one size; and folders that are refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from numpy.typing import NDArray
from PIL import Image

import nn
from scripts.vision import image_folder
from scripts.vision.image_folder import class_weights, decode, load, read

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: folder)
    return folder / "images"


def plain(colour: tuple[int, ...], size: tuple[int, int] = (9, 9), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def make(folder: Path, counts: dict[str, int]) -> Path:
    """Class folders with so many images, each of its own grey."""
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for n in range(count):
            plain((n, n, n)).save(folder / name / f"{n:03}.png")
    return folder


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


def test_train_and_test_folders(tmp_path: Path) -> None:
    make(tmp_path / "train", {"cat": 3, "ant": 2})
    make(tmp_path / "test", {"cat": 1, "ant": 2})
    train, test = load(tmp_path, 4)
    assert train.classes == test.classes == ("ant", "cat")
    assert train.labels.tolist() == [0, 0, 1, 1, 1]
    assert train.images[:, 0, 0, 0].tolist() == [0, 1, 0, 1, 2]
    assert test.labels.tolist() == [0, 0, 1]


@pytest.mark.parametrize("inside", ["", "train"])
def test_a_fifth_of_each_class_is_kept_where_there_is_no_test_folder(inside: str, tmp_path: Path) -> None:
    make(tmp_path / inside, {"a": 20, "b": 2, "c": 35})
    train, test = load(tmp_path, 4, seed=1)
    assert np.bincount(test.labels).tolist() == [4, 1, 7]
    seen = [*zip(train.labels, train.images[:, 0, 0, 0], strict=True)]
    kept = [*zip(test.labels, test.images[:, 0, 0, 0], strict=True)]
    assert len({*seen, *kept}) == 57  # each image is in one of them
    again, other = load(tmp_path, 4, seed=1)[1], load(tmp_path, 4, seed=2)[1]
    np.testing.assert_array_equal(test.images, again.images)
    assert (test.images != other.images).any()


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    train, test = load(make(tmp_path, {"bus": 5, "train": 10}), 9)
    assert train.classes == test.classes == ("bus", "train")
    assert (len(train.images), len(test.images)) == (12, 3)


def test_dark_16_bit_images_stay_dark(tmp_path: Path) -> None:
    Image.fromarray(np.full((9, 9), 250, np.uint16)).save(tmp_path / "dark.png")
    assert decode(tmp_path / "dark.png", 9).max() == 0


def test_images_lie_anywhere_in_a_class_folder_and_hidden_files_do_not_count(tmp_path: Path) -> None:
    make(tmp_path, {"a": 1, "b/deep/er": 2, ".git": 3, "__MACOSX": 3})
    (tmp_path / "a" / ".DS_Store").write_bytes(b"x")
    images = read(tmp_path, 4)
    assert images.classes == ("a", "b")
    assert images.labels.tolist() == [0, 1, 1]
    assert images.skipped == ()


def test_what_cannot_be_read_is_listed_and_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"a": 3, "b": 2})
    whole = (tmp_path / "a" / "000.png").read_bytes()
    (tmp_path / "a" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "a" / "empty.jpg").write_bytes(b"")
    (tmp_path / "b" / "notes.txt").write_text("not a image")
    for images in (read(tmp_path, 4), read(tmp_path, 4)):  # decoded, and from the cache
        assert len(images.images) == 5
        assert [Path(line.split(": ")[0]).name for line in images.skipped] == ["cut.png", "empty.jpg", "notes.txt"]
    monkeypatch.chdir(tmp_path / "a")
    assert read(Path(".."), 4).skipped[0].startswith("../a/cut.png: ")  # as the folder is named now


def test_images_are_decoded_once(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path / "images", {"a": 2, "b": 2})
    calls: list[Path] = []

    def count(path: Path, size: int) -> NDArray[np.uint8]:
        calls.append(path)
        return decode(path, size)

    monkeypatch.setattr(image_folder, "decode", count)

    def decoded() -> int:
        calls.clear()
        read(folder, 4)
        return len(calls)

    assert decoded() == 4
    assert decoded() == 0
    plain(RED).save(folder / "a" / "new.png")
    assert decoded() == 5
    plain(WHITE).save(folder / "a" / "new.png")  # changed
    assert decoded() == 5
    assert decoded() == 0
    read(folder, 6)
    assert decoded() == 0  # another size is kept beside it
    assert len([*cache.iterdir()]) == 2
    for file in cache.iterdir():
        file.write_bytes(b"damaged")
    assert decoded() == 4 + 1
    assert nn.files.read(next(file for file in cache.iterdir() if file.name.endswith("-4.npz")))[0].keys() == {
        "images",
        "labels",
    }


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    folder = make(tmp_path / "images", {"a": 1, "b": 1})
    (tmp_path / "file").write_text("")
    assert len(read(folder, 4, cache=tmp_path / "file" / "below").images) == 2


def nothing(folder: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("prepare", "error", "reason"),
    [
        (nothing, FileNotFoundError, "is not a folder; give one that holds a folder of images for each class"),
        (lambda folder: folder.mkdir(), ValueError, "holds 0 class folders; it needs two or more"),
        (lambda folder: make(folder, {"a": 3}), ValueError, "holds 1 class folders"),
        (lambda folder: make(folder, {"a": 3, "b": 0}), ValueError, "b holds no image that can be read"),
        (lambda folder: make(folder, {"a": 3, "b": 1}), ValueError, "class b has one image"),
        (
            lambda folder: (make(folder / "train", {"a": 1, "b": 1}), make(folder / "test", {"a": 1, "c": 1})),
            ValueError,
            "has b, c in only one of train and test; both need a folder for each class",
        ),
    ],
)
def test_unsuitable_folders_are_refused(
    prepare: Callable[[Path], object], error: type[Exception], reason: str, tmp_path: Path
) -> None:
    prepare(tmp_path / "images")
    with pytest.raises(error, match=reason):
        load(tmp_path / "images", 4)


def test_a_class_of_broken_files_reports_a_reason(tmp_path: Path) -> None:
    make(tmp_path, {"a": 3, "b": 0})
    (tmp_path / "b" / "notes.txt").write_text("not a image")
    with pytest.raises(ValueError, match=r"b holds no image that can be read; .*notes.txt: UnidentifiedImageError"):
        read(tmp_path, 4)


def test_class_weights_make_classes_equal() -> None:
    labels = np.array([0] * 6 + [1] * 3 + [2])
    weights = class_weights(labels, 3)
    np.testing.assert_allclose(weights, [10 / 18, 10 / 9, 10 / 3])
    assert weights[labels].sum() == pytest.approx(10)


def test_folders_to_train_and_test_on_may_have_capitals(tmp_path: Path) -> None:
    make(tmp_path / "Train", {"cat": 3, "ant": 2})
    make(tmp_path / "TEST", {"cat": 1, "ant": 2})
    train, test = load(tmp_path, 4)
    assert train.classes == ("ant", "cat")
    assert (len(train.labels), len(test.labels)) == (5, 3)


def test_images_to_test_on_under_another_name_are_not_left_out_silently(tmp_path: Path) -> None:
    make(tmp_path / "train", {"cat": 3, "ant": 2})
    make(tmp_path / "val", {"cat": 1, "ant": 2})
    with pytest.raises(ValueError, match="has val beside train; name the folder of test images test"):
        load(tmp_path, 4)


def test_a_class_without_images_does_not_report_another_classs_reason(tmp_path: Path) -> None:
    make(tmp_path, {"a": 0, "ab": 1})
    (tmp_path / "ab" / "bad.png").write_text("x")
    with pytest.raises(ValueError, match=r"a holds no image that can be read$"):
        read(tmp_path, 4)
