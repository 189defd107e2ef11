"""The IDX files: from folders, whole and broken, and from local mirrors that fail in several ways."""

import errno
import gzip
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import platformdirs
import pytest
import requests

from scripts.vision import mnist
from tests.support.digits import idx, small_mnist

IMAGES, LABELS, TEST_IMAGES, TEST_LABELS = mnist.FILES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four small files instead of MNIST's."""
    (tmp_path / "data").mkdir()
    return small_mnist(tmp_path / "data", monkeypatch, train=30, test=10)


@pytest.fixture
def contents(folder: Path) -> dict[str, bytes]:
    """The uncompressed contents of each file."""
    return {name: gzip.decompress((folder / f"{name}.gz").read_bytes()) for name in mnist.FILES}


def test_the_published_checksums() -> None:
    assert mnist.FILES == {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }


def test_a_folder_of_compressed_files(folder: Path, contents: dict[str, bytes]) -> None:
    data = mnist.load(folder)
    assert data.train_images.shape == (30, 28, 28)
    assert data.train_images.tobytes() == contents[IMAGES][16:]
    assert data.test_images.shape == (10, 28, 28)
    assert data.train_labels.tolist() == [n % 10 for n in range(30)]
    assert data.test_labels.dtype == np.uint8


@pytest.mark.parametrize("spelling", ["{}", "{}.gz"])
def test_other_compression_and_none_and_names_with_a_dot(
    spelling: str, folder: Path, contents: dict[str, bytes]
) -> None:
    (folder / f"{IMAGES}.gz").unlink()
    name = spelling.format(IMAGES)
    (folder / name).write_bytes(gzip.compress(contents[IMAGES], 1) if name.endswith("gz") else contents[IMAGES])
    (folder / f"{LABELS}.gz").unlink()
    (folder / "train-labels.idx1-ubyte").write_bytes(contents[LABELS])
    assert mnist.load(folder).train_images.shape == (30, 28, 28)


def test_a_missing_file_is_reported_by_name(folder: Path) -> None:
    (folder / f"{TEST_LABELS}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=f"{TEST_LABELS}.*--data-dir"):
        mnist.load(folder)


def flip_a_pixel(data: bytes) -> bytes:
    return data[:100] + bytes([data[100] ^ 1]) + data[101:]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: gzip.compress(data)[:-300], "is cut short"),
        (lambda data: data[:-300], r"is cut short, at 23,236 of 23,536 bytes"),
        (lambda data: data[:9], "is cut short"),
        (lambda _: b"", "is not an IDX file of images"),
        (lambda data: gzip.compress(flip_a_pixel(data)), "is not the file of MNIST"),
        (flip_a_pixel, "is not the file of MNIST"),
        (lambda data: data + b"0", "is not the file of MNIST"),
        (lambda data: flip_a_pixel(gzip.compress(data)), "is damaged"),
        (lambda _: idx(np.array([1, 2, 3], np.uint8)), "is not an IDX file of images"),
        (lambda _: b"<html>", "is not an IDX file of images"),
    ],
)
def test_a_broken_file_is_reported_with_its_fault(
    change: Callable[[bytes], bytes], reason: str, folder: Path, contents: Any
) -> None:
    (folder / f"{IMAGES}.gz").write_bytes(change(contents[IMAGES]))
    with pytest.raises(ValueError, match=f"{IMAGES}.gz {reason}.*download it again"):
        mnist.load(folder)


def test_a_renamed_file_is_recognised(folder: Path, contents: dict[str, bytes]) -> None:
    (folder / f"{IMAGES}.gz").write_bytes(gzip.compress(contents[LABELS]))
    with pytest.raises(ValueError, match=f"{IMAGES}.gz holds the contents of {LABELS}"):
        mnist.load(folder)


class Mirrors(ThreadingHTTPServer):
    """A web server: /NAME/FILE is the response of the mirror NAME for a file; `asked` lists each request."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {f"{name}.gz": gzip.compress(data) for name, data in contents.items()}
        self.asked: list[tuple[str, str | None]] = []


class Answer(BaseHTTPRequestHandler):
    server: Mirrors

    def do_GET(self) -> None:
        _, mirror, name = self.path.split("/")
        self.server.asked.append((mirror, self.headers["Range"]))
        data = self.server.files[name]
        start = int(self.headers["Range"][6:-1]) if self.headers["Range"] else 0
        if mirror == "missing":
            self.send_error(404)
            return
        if start >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if mirror == "breaks" and not start:
            self.wfile.write(data[: len(data) // 2])
        elif mirror == "corrupt":
            self.wfile.write(b"\0" * (len(data) - start))
        else:
            self.wfile.write(data[start:])

    def log_message(self, *_: Any, **__: Any) -> None:
        """Say nothing."""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "cache" / "mnist").mkdir(parents=True)
    return tmp_path / "cache" / "mnist"


@pytest.fixture
def mirrors(
    contents: dict[str, bytes], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Mirrors]]:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: cache.parent)
    with Mirrors(contents) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

        def choose(*names: str) -> Mirrors:
            address = f"http://127.0.0.1:{server.server_port}"
            monkeypatch.setattr(mnist, "MIRRORS", tuple(f"{address}/{name}" for name in names))
            return server

        yield choose
        server.shutdown()


def test_mirrors_are_tried_in_turn_until_one_is_right(mirrors: Callable[..., Mirrors], cache: Path) -> None:
    server = mirrors("missing", "corrupt", "good")
    assert mnist.load().train_images.shape == (30, 28, 28)
    assert [name for name, _ in server.asked] == ["missing", "corrupt", "good"] * 4
    assert {file.name for file in cache.iterdir()} == set(mnist.FILES)  # and nothing half done
    mnist.load()
    assert len(server.asked) == 12  # the second time nothing is downloaded


def test_a_broken_download_goes_on_where_it_stopped(mirrors: Callable[..., Mirrors], cache: Path) -> None:
    server = mirrors("breaks")
    with pytest.raises(ConnectionError, match=f"{IMAGES}.gz could not be downloaded"):
        mnist.download(IMAGES, cache)
    (part,) = cache.iterdir()
    size = part.stat().st_size
    assert size > 4000
    mnist.download(IMAGES, cache)
    assert server.asked == [("breaks", None), ("breaks", f"bytes={size}-")]
    assert [file.name for file in cache.iterdir()] == [IMAGES]


def test_another_mirror_does_not_go_on_with_the_part_of_one(mirrors: Callable[..., Mirrors], cache: Path) -> None:
    server = mirrors("breaks", "good")
    mnist.download(IMAGES, cache)
    assert server.asked == [("breaks", None), ("good", None)]
    assert [file.name for file in cache.iterdir()] == [IMAGES]


def test_a_whole_download_that_was_not_unpacked_is_used(mirrors: Callable[..., Mirrors], cache: Path) -> None:
    server = mirrors("good")
    (cache / f".{IMAGES}.0.part").write_bytes(server.files[f"{IMAGES}.gz"])
    mnist.download(IMAGES, cache)
    assert [file.name for file in cache.iterdir()] == [IMAGES]


def test_a_damaged_file_in_the_cache_is_downloaded_anew(mirrors: Callable[..., Mirrors], cache: Path) -> None:
    server = mirrors("good")
    mnist.load()
    (cache / IMAGES).write_bytes((cache / IMAGES).read_bytes()[:1000])
    assert mnist.load().train_images.shape == (30, 28, 28)
    assert len(server.asked) == 5


def test_a_damaged_file_of_another_name_in_the_cache_does_not_hide_the_new_one(
    mirrors: Callable[..., Mirrors], cache: Path
) -> None:
    mirrors("good")
    (cache / f"{IMAGES}.gz").write_bytes(b"\x1f\x8b broken")
    assert mnist.load().train_images.shape == (30, 28, 28)
    assert not (cache / f"{IMAGES}.gz").exists()


def test_without_a_good_mirror_each_failure_is_reported(mirrors: Callable[..., Mirrors], cache: Path) -> None:
    mirrors("missing", "corrupt")
    with pytest.raises(ConnectionError, match=r"(?s)missing: 404.*corrupt is not an IDX file.*--data-dir"):
        mnist.load()
    assert not [file for file in cache.iterdir() if not file.name.startswith(".")]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.exceptions.ProxyError("Max retries exceeded with url: " + 900 * "x"), "the proxy cannot be reached"),
        (requests.exceptions.SSLError(900 * "x"), "no secure connection"),
        (requests.ConnectTimeout(900 * "x"), "no answer within 20 seconds"),
        (requests.ReadTimeout(900 * "x"), "no answer within 20 seconds"),
        (requests.ConnectionError(900 * "x"), "no connection"),
        (requests.exceptions.ChunkedEncodingError(900 * "x"), "the connection broke off"),
        (requests.exceptions.InvalidProxyURL(900 * "x"), 80 * "x"),
    ],
)
def test_a_failure_is_one_line_that_says_what_to_do(
    error: Exception, reason: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(requests, "get", refuse)
    monkeypatch.setattr(mnist, "MIRRORS", ("https://one.org/mnist", "https://two.org"))
    with pytest.raises(ConnectionError) as failed:
        mnist.download(IMAGES, cache)
    assert str(failed.value) == (
        f"{IMAGES}.gz could not be downloaded (https://one.org/mnist: {reason}; https://two.org: {reason}); "
        "try again later, or put the four files of MNIST into a folder and give it with --data-dir"
    )


def test_a_full_disk_is_named(mirrors: Callable[..., Mirrors], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    mirrors("good")
    monkeypatch.setattr(mnist, "_fetch", full)
    with pytest.raises(OSError, match="No space left on device") as failed:
        mnist.load()
    assert failed.value.filename == str(cache / IMAGES)


def test_without_a_folder_to_keep_them_in_the_files_are_downloaded_all_the_same(
    mirrors: Callable[..., Mirrors], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    mirrors("good")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: tmp_path / "file" / "cache")
    assert mnist.load().train_images.shape == (30, 28, 28)
    assert capsys.readouterr().err.startswith("The files of MNIST are not kept for the next time (")


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize(
    ("header", "reason", "megabytes"),
    [
        (bytes(16), "is not an IDX file of images", 2),
        (struct.pack(">4B3I", 0, 0, 8, 3, 2**32 - 1, 28, 28), "it declares 4,294,967,295 x 28 x 28 values", 2),
        (struct.pack(">4B3I", 0, 0, 8, 3, 10, 60_000, 60_000), "it declares 10 x 60,000 x 60,000 values", 2),
        (struct.pack(">4B3I", 0, 0, 8, 3, 100, 28, 28), "it goes on after the 78,416 bytes that it declares", 2),
    ],
)
def test_no_more_is_read_than_a_file_can_hold(
    header: bytes, reason: str, megabytes: float, compressed: bool, folder: Path
) -> None:
    path = folder / f"{IMAGES}.gz"
    with gzip.open(path, "wb", 1) if compressed else path.open("wb") as file:
        file.write(header)
        for _ in range(100):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=reason):
            mnist.load(folder)
        assert tracemalloc.get_traced_memory()[1] < megabytes * 1e6
    finally:
        tracemalloc.stop()
