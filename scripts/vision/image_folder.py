"""The images of a folder that holds a folder for each class, loaded as one array of small square images.

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
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

import nn
from nn.from_json import from_json
from nn.saved_state import check_same_arrays
from scripts.common.terminal import make_console
from scripts.common.user_folders import cache_folder, can_keep
from scripts.vision.image_file import decode, suffixes

DECODER = 4  # version of `decode`: a new one invalidates the cache


class LabelledImages(NamedTuple):
    """The images of one folder with their classes."""

    images: NDArray[np.uint8]  # (N, size, size, 3)
    labels: NDArray[np.int64]  # (N,), indices into classes
    classes: tuple[str, ...]
    skipped: tuple[str, ...]  # "path: reason", for files that cannot be decoded or are of no class


@dataclass(frozen=True)
class CacheHeader:
    """The header of a file of decoded images."""

    version: str  # of the files and of the decoder
    skipped: list[str]


def class_weights(labels: NDArray[np.integer[Any]], classes: int) -> NDArray[np.float32]:
    """N / (K N_k), (K,): weights of the loss that give each class the same total, and all images together N."""
    return (len(labels) / (classes * np.bincount(labels, minlength=classes))).astype(np.float32)


def subfolders(folder: Path) -> tuple[str, ...]:
    """The names of the folders in a folder, without hidden ones."""
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not _is_hidden(entry.name)))


def read(folder: Path, size: int, cache: Path | None = None) -> LabelledImages:
    """Read all images in the class folders of one folder, from the cache if the files are the same as before.

    Args:
        folder: holds a folder for each class, with images anywhere in it; hidden files are ignored.
        size: height and width of the decoded images in pixels.
        cache: folder of decoded images; by default the user's cache folder.

    Raises:
        ValueError: there are fewer than two classes, or one has no readable image.
    """
    classes = subfolders(folder)
    if len(classes) < 2:
        raise ValueError(f"{folder} holds {len(classes)} class folders; it needs two or more, each with its images")
    files = [
        path
        for name in classes
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and not any(_is_hidden(part) for part in path.relative_to(folder).parts)
    ]
    facts = [(str(path.relative_to(folder)), *_identity(path)) for path in files]
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
    loose = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in suffixes() and path.is_file())
    reasons = [*found.skipped, *(f"{name}: it lies in no class folder" for name in loose if not _is_hidden(name))]
    skipped = tuple(f"{folder}{os.sep}{line}" for line in reasons)
    images = LabelledImages(arrays["images"], arrays["labels"], classes, skipped)
    for name, count in zip(classes, np.bincount(images.labels, minlength=len(classes)), strict=True):
        if not count:
            inside = f"{folder / name}{os.sep}"
            problem = next((f"; {reason}" for reason in images.skipped if reason.startswith(inside)), "")
            raise ValueError(f"{folder / name} holds no image that can be read{problem}")
    return images


def _identity(path: Path) -> tuple[int, ...]:
    """What changes whenever a file gets other contents: nobody can set the time of the last change back (ctime)."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


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
    except ValueError as error:
        return str(error)


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))
