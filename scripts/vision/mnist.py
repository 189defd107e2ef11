"""MNIST, the 70,000 handwritten digits of LeCun, Cortes and Burges: four IDX files, read or downloaded.

An IDX file consists of two zero bytes, a byte for the type (8: unsigned bytes), a byte for the number of axes, the
length of each axis as a big-endian uint32, then the values. Each file is checked against its published checksum.
"""

import gzip
import hashlib
import math
import tempfile
import zlib
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import requests
from numpy.typing import NDArray
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from nn.atomic_file import atomic_file
from scripts.common.terminal import make_console
from scripts.common.user_folders import cache_folder, can_keep

FILES = {  # name: MD5 of the uncompressed contents
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
MOST_IMAGES = 60_000
LONGEST_HEADER = 16  # bytes
LARGEST_DOWNLOAD = 64 << 20  # bytes; the files have 10 MB or less
TIMEOUT = 20.0  # seconds without a response
ADVICE = "download it again, or leave out --data-dir to have it downloaded"


class MNIST(NamedTuple):
    """The images, white on black, and the digits that they show."""

    train_images: NDArray[np.uint8]  # (60000, 28, 28)
    train_labels: NDArray[np.uint8]  # (60000,)
    test_images: NDArray[np.uint8]  # (10000, 28, 28)
    test_labels: NDArray[np.uint8]  # (10000,)


def load(data_dir: Path | None = None) -> MNIST:
    """Load MNIST from a folder with the four files, plain or as .gz; without a folder, download it into the cache once.

    Raises:
        FileNotFoundError: the folder or one of the files is missing.
        ValueError: a file is cut short, damaged, or not the published one.
        ConnectionError: no mirror returned the right file; the message has the reason of each.
    """
    if data_dir is None:
        folder = cache_folder() / "mnist"
        with suppress(OSError, ValueError):  # a file is missing or damaged
            return MNIST(*(_read(folder, name) for name in FILES))
        with ExitStack() as end:
            if not can_keep(folder, "The files of MNIST are"):
                folder = Path(end.enter_context(tempfile.TemporaryDirectory()))
            return MNIST(*(_cached(folder, name) for name in FILES))
    return MNIST(*(_read(data_dir, name) for name in FILES))


def _cached(folder: Path, name: str) -> NDArray[np.uint8]:
    """Read one file of the cache; download it if it is missing or damaged."""
    try:
        return _read(folder, name)
    except (FileNotFoundError, ValueError):
        download(name, folder)
        for damaged in _candidates(folder, name):
            if damaged != folder / name:
                damaged.unlink(missing_ok=True)
        return _read(folder, name)


def download(name: str, folder: Path) -> None:
    """Download one file from the first mirror that returns the right contents, and store it uncompressed.

    An interrupted download continues where it stopped, the next time that the same mirror is tried.

    Raises:
        ConnectionError: no mirror returned the right contents.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for number, mirror in enumerate(MIRRORS):
        part = folder / f".{name}.{number}.part"
        try:
            _fetch(f"{mirror}/{name}.gz", part)
            contents = _checked(name, part, f"the file from {mirror}")
        except requests.RequestException as error:
            failures.append(f"{mirror}: {_reason(error)}")
            continue
        except ValueError as error:
            failures.append(str(error))
            part.unlink(missing_ok=True)
            continue
        except OSError as error:  # a full disk; the system does not always say which file
            raise OSError(error.errno, error.strerror, str(folder / name)) from None
        with atomic_file(folder / name) as file:
            file.write_bytes(contents)
        for part in folder.glob(f".{name}.*.part"):
            part.unlink(missing_ok=True)
        return
    raise ConnectionError(
        f"{name}.gz could not be downloaded ({'; '.join(failures)}); try again later, or put the four files of MNIST "
        "into a folder and give it with --data-dir"
    )


def _reason(error: requests.RequestException) -> str:
    """Why a download has failed, in a few words."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{error.response.status_code} {error.response.reason}"
    reasons = {  # the special ones first
        requests.exceptions.ProxyError: "the proxy cannot be reached",
        requests.exceptions.SSLError: "no secure connection",
        requests.Timeout: f"no answer within {TIMEOUT:.0f} seconds",
        requests.ConnectionError: "no connection",
        requests.exceptions.ChunkedEncodingError: "the connection broke off",
    }
    return next((reason for kind, reason in reasons.items() if isinstance(error, kind)), f"{error!s:.80}")


def _fetch(url: str, part: Path) -> None:
    """Download the missing end of a file, and append it to `part`.

    Raises:
        ValueError: the file is much larger than it can be.
    """
    size = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={size}-"} if size else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # the file is complete
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            size = 0  # the mirror returns whole files only
        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        with Progress(*columns, console=make_console()) as progress, part.open("ab" if size else "wb") as file:
            total = size + int(response.headers.get("Content-Length", 0))
            task = progress.add_task(url.rsplit("/", 1)[-1], total=total or None, completed=size)
            for chunk in response.iter_content(1 << 12):
                size += len(chunk)
                if size > LARGEST_DOWNLOAD:
                    raise ValueError(f"{url} has more than {LARGEST_DOWNLOAD:,} bytes")
                file.write(chunk)
                progress.advance(task, len(chunk))


def _candidates(folder: Path, name: str) -> list[Path]:
    """The spellings of a file name that are accepted."""
    return [folder / f"{name}.gz", folder / name, folder / name.replace("-idx", ".idx")]


def _read(folder: Path, name: str) -> NDArray[np.uint8]:
    """Read one file of the folder as an array."""
    path = next((path for path in _candidates(folder, name) if path.is_file()), None)
    if path is None:
        raise FileNotFoundError(
            f"{folder} holds no {name}.gz or {name}; it needs {', '.join(FILES)}; or leave out --data-dir to download"
        )
    try:
        contents = _checked(name, path, str(path))
    except ValueError as error:
        raise ValueError(f"{error}; {ADVICE}") from None
    shape = _declared_shape(contents)
    return np.frombuffer(contents, np.uint8, offset=_header_size(contents)).reshape(shape)


def _checked(name: str, path: Path, source: str) -> bytes:
    """Return the uncompressed contents of a file after comparing their checksum.

    Of a file that declares other images than MNIST's no more than its header is read; of any other no more than it
    declares, and one byte to see that it ends there: few compressed bytes could fill the memory.

    Args:
        name: of the published file.
        path: of the file, compressed or not.
        source: where the data comes from, for messages.

    Raises:
        ValueError: these are not the published contents; the message has the likely reason.
    """
    kind = name.split("-")[1]
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if compressed else path.open("rb") as stream:
            contents = stream.read(LONGEST_HEADER)
            if contents[:3] != bytes([0, 0, 8]) or contents[3:4] not in (b"\1", b"\3"):
                raise ValueError(f"{source} is not an IDX file of {kind}")
            shape = _declared_shape(contents)
            if shape is None:
                raise ValueError(f"{source} is cut short, at {len(contents):,} bytes")
            if shape[0] > MOST_IMAGES or shape[1:] not in ((), (28, 28)):
                declared = " x ".join(f"{length:,}" for length in shape)
                raise ValueError(f"{source} is not the file of MNIST: it declares {declared} values")
            size = _header_size(contents) + math.prod(shape)
            contents += stream.read(max(0, size + 1 - len(contents)))
    except EOFError:
        raise ValueError(f"{source} is cut short, at {path.stat().st_size:,} bytes") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{source} is damaged ({error})") from None
    digest = hashlib.md5(contents, usedforsecurity=False).hexdigest()
    if digest == FILES[name]:
        return contents
    for other, published in FILES.items():
        if digest == published:
            raise ValueError(f"{source} holds the contents of {other}; rename it")
    if len(shape) != (3 if kind == "images" else 1):
        raise ValueError(f"{source} is not an IDX file of {kind}")
    if len(contents) < size:
        raise ValueError(f"{source} is cut short, at {len(contents):,} of {size:,} bytes")
    if len(contents) > size:
        raise ValueError(f"{source} is not the file of MNIST: it goes on after the {size:,} bytes that it declares")
    raise ValueError(f"{source} is not the file of MNIST: its MD5 is {digest}, the published one is {FILES[name]}")


def _declared_shape(contents: bytes) -> tuple[int, ...] | None:
    """The length of each axis; None if the header is cut short."""
    end = _header_size(contents)
    return tuple(np.frombuffer(contents[4:end], ">u4").tolist()) if len(contents) >= end else None


def _header_size(contents: bytes) -> int:
    return 4 + 4 * contents[3]
