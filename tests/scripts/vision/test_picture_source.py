"""Pictures to step through: which files count, what their folders tell, and what networks make of them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts.vision import picture_source
from scripts.vision.classifier import Classifier
from scripts.vision.image_browser import UNKNOWN
from scripts.vision.picture_source import MnistDigits, PictureFiles
from tests.support.colours import red_or_blue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Red and blue pictures, one in the wrong folder, one in none, and things that are no pictures."""
    for name, colour in {
        "red/a.png": (250, 0, 0),
        "red/b.jpg": (0, 0, 250),
        "red/deep/c.PNG": (250, 0, 0),
        "blue/d.webp": (0, 0, 250),
        "e.png": (0, 0, 250),
        ".hidden/f.png": (0, 0, 250),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 20), colour).save(tmp_path / name)
    (tmp_path / "blue" / "notes.txt").write_text("no picture")
    (tmp_path / "blue" / "broken.png").write_bytes(b"\x89PNG")
    return tmp_path


FILES = ["blue/broken.png", "blue/d.webp", "e.png", "red/a.png", "red/b.jpg", "red/deep/c.PNG"]


def test_files_in_order_and_what_their_folders_tell(folder: Path) -> None:
    source = PictureFiles([red_or_blue()], folder)
    assert [file.relative_to(folder).as_posix() for file in source.files] == FILES
    assert source.labels.tolist() == [1, 1, UNKNOWN, 0, 0, 0]


def test_a_class_folder_or_a_picture_by_itself(folder: Path) -> None:
    assert PictureFiles([red_or_blue()], folder / "red").labels.tolist() == [0, 0, 0]
    alone = PictureFiles([red_or_blue()], folder / "red" / "b.jpg")
    assert (alone.labels.tolist(), alone.look(0).name) == ([0], "b.jpg")


def test_links_bear_their_own_names(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    linked = tmp_path_factory.mktemp("linked")
    (linked / "blue").symlink_to(folder / "red", target_is_directory=True)
    assert PictureFiles([red_or_blue()], linked / "blue").labels.tolist() == [0, 0, 0]  # opened by itself: a red one
    (linked / "red").mkdir()
    (linked / "red" / "x.png").symlink_to(folder / "e.png")
    assert PictureFiles([red_or_blue()], linked / "red").labels.tolist() == [0]


def test_all_are_named_and_a_broken_one_is_not(folder: Path) -> None:
    source = PictureFiles([red_or_blue(), red_or_blue(6)], folder)
    expected = [UNKNOWN, 1, 1, 0, 1, 0]
    assert source.name(0, 6).tolist() == [expected, expected]
    assert source.name(0, 1).tolist() == [[UNKNOWN], [UNKNOWN]]


def test_a_picture_is_shown_whole_and_seen_by_each_network_at_its_size(folder: Path) -> None:
    look = PictureFiles([red_or_blue(4), red_or_blue(6)], folder).look(4)
    assert (look.title, look.name, look.label, look.problem) == ("picture 5 of 6", str(Path("red/b.jpg")), 0, "")
    assert look.frame is not None
    assert look.frame.shape == (20, 30, 3)
    assert [reading.picture.shape for reading in look.readings] == [(4, 4, 3), (6, 6, 3)]
    assert [reading.probabilities.argmax() for reading in look.readings] == [1, 1]


def test_a_broken_one_says_so(folder: Path) -> None:
    source = PictureFiles([red_or_blue()], folder)
    look = source.look(0)
    assert look.frame is None
    assert look.problem.startswith("broken.png cannot be read")
    assert not source.thumbnail(0).any()
    assert (source.thumbnail(1)[..., 2] > 240).all()


def test_large_pictures_are_made_smaller_in_proportion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_source, "LARGEST", 100)
    Image.new("L", (1000, 400), 9).save(tmp_path / "grey.png")
    frame = PictureFiles([red_or_blue()], tmp_path).look(0).frame
    assert frame is not None
    assert frame.shape == (40, 100, 3)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no .*nowhere; give a folder of pictures"):
        PictureFiles([red_or_blue()], tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds no file whose name ends like a picture's; give a folder of"):
        PictureFiles([red_or_blue()], tmp_path)
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(ValueError, match=r"notes.txt is not a picture; give"):
        PictureFiles([red_or_blue()], tmp_path / "notes.txt")


def test_digits() -> None:
    classifiers = [Classifier.load(Path(name)) for name in ("digits-cnn", "digits-mlp")]
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    source = MnistDigits(classifiers, images, np.arange(5, dtype=np.uint8))
    named = source.name(1, 4)
    assert named.shape == (2, 3)
    for number in range(1, 4):
        look = source.look(number)
        assert (look.label, look.title) == (number, f"test digit {number + 1} of 5")
        assert [reading.probabilities.argmax() for reading in look.readings] == named[:, number - 1].tolist()
        assert look.frame is not None
        np.testing.assert_array_equal(look.frame[..., 1], images[number])
