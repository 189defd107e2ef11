"""MNIST, the 70,000 handwritten digits of LeCun, Cortes and Burges: four IDX files, from a folder or from the web.

An IDX file is two zero bytes, a byte for the type (8: unsigned bytes), a byte for the number of axes, the length of
each axis as a big-endian uint32, then the values. What is used here is checked against the published checksums first.
"""

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import platformdirs
import requests
from numpy.typing import NDArray
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from nn.atomic_file import atomic_file

FILES = {  # name: MD5 of its contents, uncompressed
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://raw.githubusercontent.com/fgnt/mnist/master",
)
TIMEOUT = 20.0  # seconds without an answer
ADVICE = "get it anew, or leave out --data-dir to have it downloaded"


class Mnist(NamedTuple):
    """Pictures, white on black, and the digits they show."""

    train_images: NDArray[np.uint8]  # (60000, 28, 28)
    train_labels: NDArray[np.uint8]  # (60000,)
    test_images: NDArray[np.uint8]  # (10000, 28, 28)
    test_labels: NDArray[np.uint8]  # (10000,)


def load(data_dir: Path | None = None) -> Mnist:
    """MNIST from a folder that holds the four files, plain or as .gz; without one, downloaded once into the cache.

    Raises:
        FileNotFoundError: the folder or one of the files is missing.
        ValueError: a file is cut short, is another one under this name, or was changed.
        ConnectionError: no mirror gave the right file; says what each gave.
    """
    if data_dir is None:
        folder = platformdirs.user_cache_path("snake-env") / "mnist"
        return Mnist(*(_kept(folder, name) for name in FILES))
    return Mnist(*(_read(data_dir, name) for name in FILES))


def _kept(folder: Path, name: str) -> NDArray[np.uint8]:
    """One file of the cache; where it is missing or damaged it is downloaded."""
    try:
        return _read(folder, name)
    except (FileNotFoundError, ValueError):
        download(name, folder)
        for damaged in _candidates(folder, name):
            if damaged != folder / name:
                damaged.unlink(missing_ok=True)
        return _read(folder, name)


def download(name: str, folder: Path) -> None:
    """Fetch one file from the first mirror that gives it whole and right, and leave it in the folder, uncompressed.

    A download that breaks off goes on where it stopped, the next time that its mirror is asked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for number, mirror in enumerate(MIRRORS):
        part = folder / f".{name}.{number}.part"
        try:
            _fetch(f"{mirror}/{name}.gz", part)
            contents = _checked(name, part.read_bytes(), f"what {mirror} gave")
        except requests.RequestException as error:
            failures.append(f"  {mirror}: {error}")
            continue
        except ValueError as error:
            failures.append(f"  {error}")
            part.unlink(missing_ok=True)
            continue
        with atomic_file(folder / name) as file:
            file.write_bytes(contents)
        for part in folder.glob(f".{name}.*.part"):
            part.unlink(missing_ok=True)
        return
    raise ConnectionError(
        f"{name}.gz could not be downloaded:\n" + "\n".join(failures) + "\n"
        "Try again later, or put the four files into a folder and name it with --data-dir"
    )


def _fetch(url: str, part: Path) -> None:
    """Append to `part` what is missing of a file on the web."""
    have = part.stat().st_size if part.exists() else 0
    ask = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=ask, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is missing
        answer.raise_for_status()
        if answer.status_code != requests.codes.partial_content:
            have = 0  # the mirror gives whole files only
        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        with Progress(*columns) as progress, part.open("ab" if have else "wb") as file:
            size = have + int(answer.headers.get("Content-Length", 0))
            task = progress.add_task(url.rsplit("/", 1)[-1], total=size or None, completed=have)
            for piece in answer.iter_content(1 << 12):
                file.write(piece)
                progress.advance(task, len(piece))


def _candidates(folder: Path, name: str) -> list[Path]:
    """The names that a file goes by."""
    return [folder / f"{name}.gz", folder / name, folder / name.replace("-idx", ".idx")]


def _read(folder: Path, name: str) -> NDArray[np.uint8]:
    """One file of the folder as an array."""
    path = next((path for path in _candidates(folder, name) if path.is_file()), None)
    if path is None:
        raise FileNotFoundError(
            f"{folder} holds no {name}.gz or {name}; it needs {', '.join(FILES)}, or leave out --data-dir to download"
        )
    try:
        contents = _checked(name, path.read_bytes(), str(path))
    except ValueError as error:
        raise ValueError(f"{error}; {ADVICE}") from None
    axes = contents[3]
    shape = np.frombuffer(contents, ">u4", axes, offset=4).tolist()
    return np.frombuffer(contents, np.uint8, math.prod(shape), offset=4 + 4 * axes).reshape(shape)


def _checked(name: str, data: bytes, source: str) -> bytes:
    """The uncompressed contents, if they are those of this file.

    Raises:
        ValueError: they are not; says what is wrong, as far as that can be told.
    """
    try:
        contents = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except EOFError:
        raise ValueError(f"{source} is cut short, at {len(data):,} bytes") from None
    except (OSError, zlib.error) as error:
        raise ValueError(f"{source} is damaged ({error})") from None
    digest = hashlib.md5(contents, usedforsecurity=False).hexdigest()
    if digest == FILES[name]:
        return contents
    for other, published in FILES.items():
        if digest == published:
            raise ValueError(f"{source} holds the contents of {other}: give each file its own name")
    axes = 3 if "images" in name else 1
    if contents[:4] != bytes([0, 0, 8, axes]):
        raise ValueError(f"{source} is no IDX file of {name.split('-')[1]}")
    size = 4 + 4 * axes
    if len(contents) >= size:
        size += math.prod(np.frombuffer(contents, ">u4", axes, offset=4).tolist())
    if len(contents) < size:
        raise ValueError(f"{source} is cut short, at {len(contents):,} of {size:,} bytes")
    raise ValueError(f"{source} is not MNIST's: its MD5 is {digest}, the published one {FILES[name]}")
