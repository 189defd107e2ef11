"""Pictures of any kind in folders by class, as one array of small squares.

    FOLDER/train/CLASS/*    pictures to train on
    FOLDER/test/CLASS/*     pictures to test on; without this folder a part of the others

    FOLDER/CLASS/*          all pictures: a part of each class is kept for the test

Decoding takes longer than reading, so it is done once, on all cores, and kept in the user's cache folder.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import platformdirs
from numpy.typing import NDArray
from PIL import Image, ImageOps
from rich.markup import escape
from rich.progress import track

import nn

DECODER = 3  # changes with what `decode` makes of a file, so that nothing is kept of how it was before
TEST_SHARE = 0.2  # of a class, where there is no test folder


class Pictures(NamedTuple):
    """Pictures of one folder, with what they show."""

    images: NDArray[np.uint8]  # (N, size, size, 3)
    labels: NDArray[np.int64]  # (N,) into classes
    classes: tuple[str, ...]
    skipped: tuple[str, ...]  # "path: why", for files that are no pictures


def load(folder: Path, size: int, seed: int = 0) -> tuple[Pictures, Pictures]:
    """The pictures to train on and those to test on; `seed` chooses the latter where there is no test folder.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: there are not at least two classes, with pictures each, the same in both folders.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder; give one that holds a folder of pictures for each class")
    inside = {name.lower(): folder / name for name in _classes(folder)}
    if "train" not in inside or not _classes(inside["train"]):  # without classes it is one
        return _split(read(folder, size), seed)
    train = read(inside.pop("train"), size)
    if "test" not in inside and inside:
        raise ValueError(f"{folder} has {', '.join(sorted(inside))} beside train; name the pictures to test on test")
    if not inside:
        return _split(train, seed)
    test = read(inside["test"], size)
    if train.classes != test.classes:
        alone = ", ".join(sorted({*train.classes} ^ {*test.classes}))
        raise ValueError(f"{folder} has {alone} in one of train and test alone: both need a folder for each class")
    return train, test


def class_weights(labels: NDArray[np.integer[Any]], classes: int) -> NDArray[np.float32]:
    """N / (K N_k), (K,): each class then weighs as much as any other, and all pictures together N."""
    return (len(labels) / (classes * np.bincount(labels, minlength=classes))).astype(np.float32)


def read(folder: Path, size: int, cache: Path | None = None) -> Pictures:
    """All pictures below the class folders of one folder, decoded, or as they were decoded before.

    Args:
        folder: holds a folder for each class, with pictures anywhere in it; hidden files do not count.
        size: of the squares.
        cache: where to keep what was decoded; by default the user's cache folder.

    Raises:
        ValueError: fewer than two classes, or one without a readable picture.
    """
    classes = _classes(folder)
    if len(classes) < 2:
        raise ValueError(f"{folder} holds {len(classes)} class folders; it needs two or more, each with its pictures")
    files = [
        path
        for name in classes
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and not any(_is_hidden(part) for part in path.relative_to(folder).parts)
    ]
    facts = [(str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    version = hashlib.sha256(json.dumps([DECODER, facts]).encode()).hexdigest()
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    cache = cache or platformdirs.user_cache_path("snake-env") / "images"
    kept = cache / f"{folder.resolve().name}-{place}-{size}.npz"
    try:
        arrays, header = nn.files.read(kept)
    except (OSError, ValueError):  # none yet, or a damaged one
        arrays, header = {}, {}
    if header.get("version") != version:
        arrays, header = _decode_all(folder, files, classes, size)
        with suppress(OSError):  # without a cache it only takes longer the next time
            cache.mkdir(parents=True, exist_ok=True)
            nn.files.write(kept, arrays, header | {"version": version})
    skipped = tuple(f"{folder}{os.sep}{line}" for line in header["skipped"])
    pictures = Pictures(arrays["images"], arrays["labels"], classes, skipped)
    for name, count in zip(classes, np.bincount(pictures.labels, minlength=len(classes)), strict=True):
        if not count:
            inside = f"{folder / name}{os.sep}"
            why = next((f"; {reason}" for reason in pictures.skipped if reason.startswith(inside)), "")
            raise ValueError(f"{folder / name} holds no picture that can be read{why}")
    return pictures


def _classes(folder: Path) -> tuple[str, ...]:
    """The names of the folders in a folder, if there is one."""
    entries = folder.iterdir() if folder.is_dir() else ()
    return tuple(sorted(entry.name for entry in entries if entry.is_dir() and not _is_hidden(entry.name)))


def _decode_all(
    folder: Path, files: Sequence[Path], classes: Sequence[str], size: int
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and the header of a cache file."""
    images, labels, skipped = [], [], []
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        decoded = threads.map(lambda path: _try(path, size), files)
        for path, picture in track(zip(files, decoded, strict=True), escape(f"Decoding {folder}"), total=len(files)):
            if isinstance(picture, str):
                skipped.append(f"{path.relative_to(folder)}: {picture}")
            else:
                images.append(picture)
                labels.append(classes.index(path.relative_to(folder).parts[0]))
    arrays: dict[str, NDArray[Any]] = {
        "images": np.array(images, np.uint8).reshape(-1, size, size, 3),
        "labels": np.array(labels, np.int64),
    }
    return arrays, {"skipped": skipped}


def _try(path: Path, size: int) -> NDArray[np.uint8] | str:
    try:
        return decode(path, size)
    except Exception as error:  # decoders raise almost anything on broken files
        return f"{type(error).__name__}: {error}"


def decode(path: Path, size: int) -> NDArray[np.uint8]:
    """One picture as (size, size, 3): its shorter side scaled to size, then the middle of it.

    The aspect is kept, since shapes tell classes apart.

    Raises:
        OSError and others: what Pillow raises on a file that is no picture.
    """
    return np.asarray(ImageOps.fit(open_rgb(path, 2 * size), (size, size), Image.Resampling.BICUBIC))


def open_rgb(path: Path, enough: int = 1 << 16) -> Image.Image:
    """One picture upright and in RGB: transparent parts white, grey and 16-bit ones in three equal channels.

    `enough` pixels are needed for either side: a larger JPEG is decoded at half, a quarter or an eighth of its size.
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


def _split(pictures: Pictures, seed: int) -> tuple[Pictures, Pictures]:
    """Keep `TEST_SHARE` of each class, at least one picture, for the test."""
    rng = np.random.default_rng(seed)
    is_test = np.zeros(len(pictures.labels), np.bool_)
    for label, name in enumerate(pictures.classes):
        members = rng.permutation(np.flatnonzero(pictures.labels == label))
        if len(members) < 2:
            raise ValueError(f"class {name} has one picture; it needs two or more, to train on and to test on")
        is_test[members[: max(1, round(TEST_SHARE * len(members)))]] = True
    train, test = (
        pictures._replace(images=pictures.images[part], labels=pictures.labels[part]) for part in (~is_test, is_test)
    )
    return train, test._replace(skipped=())


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))
