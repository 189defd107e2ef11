"""Folders of class folders: which files are read, what is kept of them, and what is refused."""

import os
import shutil
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from numpy.typing import NDArray
from PIL import Image

import nn
from scripts.vision import image_folder
from scripts.vision.image_file import decode
from scripts.vision.image_folder import class_weights, read
from tests.support.class_folders import make, plain

RED, WHITE = (255, 0, 0), (255, 255, 255)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: folder)
    return folder / "images"


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


def test_a_class_of_broken_files_reports_a_reason(tmp_path: Path) -> None:
    make(tmp_path, {"a": 3, "b": 0})
    (tmp_path / "b" / "notes.txt").write_text("not a image")
    with pytest.raises(ValueError, match=r"b holds no image that can be read; .*notes.txt: it is no image in a format"):
        read(tmp_path, 4)


def test_class_weights_make_classes_equal() -> None:
    labels = np.array([0] * 6 + [1] * 3 + [2])
    weights = class_weights(labels, 3)
    np.testing.assert_allclose(weights, [10 / 18, 10 / 9, 10 / 3])
    assert weights[labels].sum() == pytest.approx(10)


def test_a_class_without_images_does_not_report_another_classs_reason(tmp_path: Path) -> None:
    make(tmp_path, {"a": 0, "ab": 1})
    (tmp_path / "ab" / "bad.png").write_text("x")
    with pytest.raises(ValueError, match=r"a holds no image that can be read$"):
        read(tmp_path, 4)


@pytest.mark.parametrize("how", ["in place", "by another file"])
def test_a_file_replaced_at_the_same_size_and_time_is_decoded_anew(how: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "images", {"a": 2, "b": 2})
    path, other = folder / "a" / "000.png", tmp_path / "other.png"
    Image.new("L", (9, 9), 0).save(path, "BMP")
    Image.new("L", (9, 9), 200).save(other, "BMP")
    before = path.stat()
    assert read(folder, 4).images[0].max() == 0
    assert other.stat().st_size == before.st_size
    if how == "in place":
        path.write_bytes(other.read_bytes())
    else:
        shutil.copy(other, tmp_path / "copy.png")
        (tmp_path / "copy.png").replace(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert read(folder, 4).images[0].min() == 200


def test_images_beside_the_class_folders_are_listed(tmp_path: Path) -> None:
    plain(RED).save(make(tmp_path, {"a": 1, "b": 1}) / "cover.jpg")
    assert read(tmp_path, 4).skipped == (f"{tmp_path}{os.sep}cover.jpg: it lies in no class folder",)
