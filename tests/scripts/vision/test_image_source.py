"""Sources of images: which files are found, the classes that folders give, and predictions."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts.vision import image_source
from scripts.vision.classifier import Classifier
from scripts.vision.image_browser import UNKNOWN
from scripts.vision.image_source import ImageFiles, MNISTDigits
from tests.support.colours import red_or_blue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Red and blue images, one in the wrong folder, one in none, and files that are not images."""
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
    (tmp_path / "blue" / "notes.txt").write_text("not an image")
    (tmp_path / "blue" / "broken.png").write_bytes(b"\x89PNG")
    return tmp_path


FILES = ["blue/broken.png", "blue/d.webp", "e.png", "red/a.png", "red/b.jpg", "red/deep/c.PNG"]


def test_files_are_sorted_and_labelled_by_their_folders(folder: Path) -> None:
    source = ImageFiles([red_or_blue()], folder)
    assert [file.relative_to(folder).as_posix() for file in source.files] == FILES
    assert source.labels.tolist() == [1, 1, UNKNOWN, 0, 0, 0]


def test_a_class_folder_or_a_single_image(folder: Path) -> None:
    assert ImageFiles([red_or_blue()], folder / "red").labels.tolist() == [0, 0, 0]
    alone = ImageFiles([red_or_blue()], folder / "red" / "b.jpg")
    assert (alone.labels.tolist(), alone.view(0).name) == ([0], "b.jpg")


def test_links_are_labelled_by_their_own_folders(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    linked = tmp_path_factory.mktemp("linked")
    (linked / "blue").symlink_to(folder / "red", target_is_directory=True)
    assert ImageFiles([red_or_blue()], linked / "blue").labels.tolist() == [0, 0, 0]  # opened by itself: a red one
    (linked / "red").mkdir()
    (linked / "red" / "x.png").symlink_to(folder / "e.png")
    assert ImageFiles([red_or_blue()], linked / "red").labels.tolist() == [0]


def test_all_are_predicted_except_broken_ones(folder: Path) -> None:
    source = ImageFiles([red_or_blue(), red_or_blue(6)], folder)
    expected = [UNKNOWN, 1, 1, 0, 1, 0]
    assert source.predict(0, 6).tolist() == [expected, expected]
    assert source.predict(0, 1).tolist() == [[UNKNOWN], [UNKNOWN]]


def test_an_image_is_shown_whole_and_each_network_gets_its_size(folder: Path) -> None:
    view = ImageFiles([red_or_blue(4), red_or_blue(6)], folder).view(4)
    assert (view.title, view.name, view.label, view.problem) == ("image 5 of 6", str(Path("red/b.jpg")), 0, "")
    assert view.frame is not None
    assert view.frame.shape == (20, 30, 3)
    assert [prediction.image.shape for prediction in view.predictions] == [(4, 4, 3), (6, 6, 3)]
    assert [prediction.probabilities.argmax() for prediction in view.predictions] == [1, 1]


def test_a_broken_image_reports_its_problem(folder: Path) -> None:
    source = ImageFiles([red_or_blue()], folder)
    view = source.view(0)
    assert view.frame is None
    assert view.problem.startswith("broken.png cannot be read")
    assert not source.thumbnail(0).any()
    assert (source.thumbnail(1)[..., 2] > 240).all()


def test_large_images_are_scaled_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_source, "MAX_SIDE", 100)
    Image.new("L", (1000, 400), 9).save(tmp_path / "grey.png")
    frame = ImageFiles([red_or_blue()], tmp_path).view(0).frame
    assert frame is not None
    assert frame.shape == (40, 100, 3)


def test_a_missing_image_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere does not exist; give a folder of images"):
        ImageFiles([red_or_blue()], tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds no image file; give a folder of"):
        ImageFiles([red_or_blue()], tmp_path)
    (tmp_path / "notes.txt").write_text("not an image")
    with pytest.raises(ValueError, match=r"notes.txt is not an image file; give"):
        ImageFiles([red_or_blue()], tmp_path / "notes.txt")


def test_digits() -> None:
    classifiers = [Classifier.load(Path(name)) for name in ("digits-cnn", "digits-mlp")]
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    source = MNISTDigits(classifiers, images, np.arange(5, dtype=np.uint8))
    predicted = source.predict(1, 4)
    assert predicted.shape == (2, 3)
    for number in range(1, 4):
        view = source.view(number)
        assert (view.label, view.title) == (number, f"test digit {number + 1} of 5")
        classes = [prediction.probabilities.argmax() for prediction in view.predictions]
        assert classes == predicted[:, number - 1].tolist()
        assert view.frame is not None
        np.testing.assert_array_equal(view.frame[..., 1], images[number])


def test_capitals_of_a_class_folder_do_not_matter(folder: Path) -> None:
    (folder / "red").rename(folder / "Red")
    source = ImageFiles([red_or_blue()], folder)
    assert sorted(source.labels.tolist()) == [UNKNOWN, 0, 0, 0, 1, 1]
    assert source.not_judged().startswith("1 of 6 images cannot be judged")


def test_images_in_folders_of_other_names_cannot_be_judged(folder: Path) -> None:
    (folder / "red").rename(folder / "rot")
    assert ImageFiles([red_or_blue()], folder / "rot").not_judged() == (
        "These images cannot be judged: no folder of theirs has the name of a class (red, blue)"
    )
    assert ImageFiles([red_or_blue()], folder / "blue").not_judged() == ""
