"""A data set of image files in one folder per class, loaded as one array of small square images.

    FOLDER/train/CLASS/*    training images
    FOLDER/test/CLASS/*     test images; without this folder, a share of each class above

    FOLDER/CLASS/*          all images: a share of each class becomes the test set

Images are decoded once, on all cores, and kept in the user's cache folder, since decoding takes longer than reading.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray
from PIL import Image, ImageOps
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

import nn
from nn.from_json import from_json
from nn.saved_state import check_same_arrays
from scripts.common.terminal import make_console
from scripts.common.user_folders import cache_folder, can_keep

DECODER = 3  # version of `decode`: a new one invalidates the cache
TEST_SHARE = 0.2  # of each class, if there is no test folder


class LabelledImages(NamedTuple):
    """The images of one folder with their classes."""

    images: NDArray[np.uint8]  # (N, size, size, 3)
    labels: NDArray[np.int64]  # (N,), indices into classes
    classes: tuple[str, ...]
    skipped: tuple[str, ...]  # "path: reason", for files that cannot be decoded


@dataclass(frozen=True)
class CacheHeader:
    """The header of a file of decoded images."""

    version: str  # of the files and of the decoder
    skipped: list[str]


def load(folder: Path, size: int, seed: int = 0) -> tuple[LabelledImages, LabelledImages]:
    """Load the training images and the test images; `seed` chooses the latter if there is no test folder.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: there are fewer than two classes, a class without images, or other classes in test than in train.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; give one that holds a folder of images for each class")
    inside = {name.lower(): folder / name for name in _classes(folder)}
    if "train" not in inside or not _classes(inside["train"]):  # a "train" without folders in it is a class
        return _split(read(folder, size), seed)
    train = read(inside.pop("train"), size)
    if "test" not in inside and inside:
        raise ValueError(f"{folder} has {', '.join(sorted(inside))} beside train; name the folder of test images test")
    if not inside:
        return _split(train, seed)
    test = read(inside["test"], size)
    if train.classes != test.classes:
        alone = ", ".join(sorted({*train.classes} ^ {*test.classes}))
        raise ValueError(f"{folder} has {alone} in only one of train and test; both need a folder for each class")
    return train, test


def class_weights(labels: NDArray[np.integer[Any]], classes: int) -> NDArray[np.float32]:
    """N / (K N_k), (K,): weights of the loss that give each class the same total, and all images together N."""
    return (len(labels) / (classes * np.bincount(labels, minlength=classes))).astype(np.float32)


def read(folder: Path, size: int, cache: Path | None = None) -> LabelledImages:
    """Read all images in the class folders of one folder, from the cache if the files are the same as before.

    Args:
        folder: holds a folder for each class, with images anywhere in it; hidden files are ignored.
        size: height and width of the decoded images in pixels.
        cache: folder of decoded images; by default the user's cache folder.

    Raises:
        ValueError: there are fewer than two classes, or one has no readable image.
    """
    classes = _classes(folder)
    if len(classes) < 2:
        raise ValueError(f"{folder} holds {len(classes)} class folders; it needs two or more, each with its images")
    files = [
        path
        for name in classes
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and not any(_is_hidden(part) for part in path.relative_to(folder).parts)
    ]
    facts = [(str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    version = hashlib.sha256(json.dumps([DECODER, facts]).encode()).hexdigest()
    place = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    cache = cache or cache_folder() / "images"
    cache_file = cache / f"{folder.resolve().name}-{place}-{size}.npz"
    try:
        arrays, found = _read_cache(cache_file, size, len(classes))
    except (OSError, ValueError):  # missing or damaged
        arrays, found = {}, CacheHeader("", [])
    if found.version != version:
        arrays, not_decoded = _decode_all(folder, files, classes, size)
        found = CacheHeader(version, not_decoded)
        if can_keep(cache, "Decoded images are"):
            with suppress(OSError):  # without a cache the next time only takes longer
                nn.files.write(cache_file, arrays, asdict(found))
    skipped = tuple(f"{folder}{os.sep}{line}" for line in found.skipped)
    images = LabelledImages(arrays["images"], arrays["labels"], classes, skipped)
    for name, count in zip(classes, np.bincount(images.labels, minlength=len(classes)), strict=True):
        if not count:
            inside = f"{folder / name}{os.sep}"
            problem = next((f"; {reason}" for reason in images.skipped if reason.startswith(inside)), "")
            raise ValueError(f"{folder / name} holds no image that can be read{problem}")
    return images


def _classes(folder: Path) -> tuple[str, ...]:
    """The names of the folders in a folder; none if it does not exist."""
    entries = folder.iterdir() if folder.is_dir() else ()
    return tuple(sorted(entry.name for entry in entries if entry.is_dir() and not _is_hidden(entry.name)))


def _read_cache(file: Path, size: int, K: int) -> tuple[dict[str, NDArray[Any]], CacheHeader]:
    """The arrays and the header of a cache file.

    Raises:
        OSError, ValueError: there is none, or it is damaged.
    """
    arrays, header = nn.files.read(file)
    labels = arrays.get("labels", np.empty(0))
    N = len(labels) if labels.ndim else 0
    check_same_arrays(arrays, {"images": np.empty((N, size, size, 3), np.uint8), "labels": np.empty(N, np.int64)})
    if N and not 0 <= labels.min() <= labels.max() < K:
        raise ValueError(f"{file} has labels outside of 0 to {K - 1}")
    return arrays, from_json(header, CacheHeader)


def _decode_all(
    folder: Path, files: Sequence[Path], classes: Sequence[str], size: int
) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """The arrays of a cache file, and a line for each file that is no image."""
    images, labels, skipped = [], [], []
    with ThreadPoolExecutor(cpu_count()) as threads:
        decoded = threads.map(lambda path: _try(path, size), files)
        columns = TextColumn("Decoding {task.description}", markup=False), BarColumn(), TaskProgressColumn()
        with Progress(*columns, console=make_console()) as progress:
            results = list(progress.track(zip(files, decoded, strict=True), len(files), description=str(folder)))
        for path, image in results:
            if isinstance(image, str):
                skipped.append(f"{path.relative_to(folder)}: {image}")
            else:
                images.append(image)
                labels.append(classes.index(path.relative_to(folder).parts[0]))
    arrays: dict[str, NDArray[Any]] = {
        "images": np.array(images, np.uint8).reshape(-1, size, size, 3),
        "labels": np.array(labels, np.int64),
    }
    return arrays, skipped


def _try(path: Path, size: int) -> NDArray[np.uint8] | str:
    try:
        return decode(path, size)
    except Exception as error:  # decoders raise almost any exception on broken files
        return f"{type(error).__name__}: {error}"


def decode(path: Path, size: int) -> NDArray[np.uint8]:
    """Decode one image as (size, size, 3): scaled until its shorter side is `size`, then cropped to the middle.

    The aspect ratio is kept, since classes differ in shape.

    Raises:
        OSError: the file is not an image; Pillow's decoders raise other exceptions, too.
    """
    return np.asarray(ImageOps.fit(open_rgb(path, 2 * size), (size, size), Image.Resampling.BICUBIC))


def open_rgb(path: Path, enough: int = 1 << 16) -> Image.Image:
    """Open one image upright and in RGB, with white for transparent pixels; greyscale may have 8, 16 or 32 bits.

    A JPEG is decoded at half, a quarter or an eighth of its size if both sides keep at least `enough` pixels.
    """
    with Image.open(path) as image:
        image.draft("RGB", (enough, enough))
        upright = ImageOps.exif_transpose(image)
    if upright.mode in ("I", "F") or upright.mode.startswith("I;16"):
        values = np.nan_to_num(np.asarray(upright, np.float32)).clip(0)
        whites = (65535,) if upright.mode.startswith("I;16") else (1, 255, 65535)
        white = next((top for top in whites if values.max() <= top), values.max())
        upright = Image.fromarray((values * (255 / white)).astype(np.uint8))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
    return upright.convert("RGB")


def _split(images: LabelledImages, seed: int) -> tuple[LabelledImages, LabelledImages]:
    """Move `TEST_SHARE` of each class, at least one image, to the test set."""
    rng = np.random.default_rng(seed)
    is_test = np.zeros(len(images.labels), np.bool_)
    for label, name in enumerate(images.classes):
        members = rng.permutation(np.flatnonzero(images.labels == label))
        if len(members) < 2:
            raise ValueError(f"class {name} has one image; it needs two or more, for training and test")
        is_test[members[: max(1, round(TEST_SHARE * len(members)))]] = True
    train, test = (
        images._replace(images=images.images[part], labels=images.labels[part]) for part in (~is_test, is_test)
    )
    return train, test._replace(skipped=())


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))
