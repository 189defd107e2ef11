"""Which folders of a data set are used for what, by their names; and those that are refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from scripts.vision.dataset_folder import load, use_of
from tests.support.class_folders import make

PETS = {"ant": 10, "cat": 10}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: folder)
    return folder / "images"


def counts(folder: Path) -> tuple[int, int, int]:
    """How many images there are to train on, to validate with, and to test by."""
    dataset = load(folder, 4).dataset
    held_out = 0 if dataset.held_out is None else int(dataset.held_out.sum())
    return len(dataset.labels) - held_out, held_out, len(dataset.test_labels)


def test_train_and_test_folders(tmp_path: Path) -> None:
    make(tmp_path / "train", {"cat": 3, "ant": 2})
    make(tmp_path / "test", {"cat": 1, "ant": 2})
    data = load(tmp_path, 4).dataset
    assert data.classes == ("ant", "cat")
    assert data.labels.tolist() == [0, 0, 1, 1, 1]
    assert data.images[:, 0, 0, 0].tolist() == [0, 1, 0, 1, 2]
    assert data.test_labels.tolist() == [0, 0, 1]
    assert data.held_out is None


@pytest.mark.parametrize("inside", ["", "train"])
def test_a_fifth_of_each_class_is_kept_where_there_is_no_test_folder(inside: str, tmp_path: Path) -> None:
    make(tmp_path / inside, {"a": 20, "b": 2, "c": 35})
    data, again, other = (load(tmp_path, 4, seed=seed).dataset for seed in (1, 1, 2))
    assert np.bincount(data.test_labels).tolist() == [4, 1, 7]
    seen = [*zip(data.labels, data.images[:, 0, 0, 0], strict=True)]
    kept = [*zip(data.test_labels, data.test_images[:, 0, 0, 0], strict=True)]
    assert len({*seen, *kept}) == 57  # each image is in one of them
    np.testing.assert_array_equal(data.test_images, again.test_images)
    assert (data.test_images != other.test_images).any()


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    assert counts(make(tmp_path, {"bus": 5, "train": 10})) == (12, 0, 3)


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


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Train", "TEST"),
        ("Training", "Testing"),
        ("training_set", "test_set"),
        ("seg_train", "seg_test"),
        ("train_images", "test_images"),
        ("TrainingData", "TestData"),
        ("trainset", "testset"),
        ("train2017", "test2017"),
        ("asl_alphabet_train", "asl_alphabet_test"),
        ("train_dir", "test_dir"),
        ("training", "evaluation"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("archive/dataset/train", "archive/dataset/test"),
    ],
)
def test_usual_names_are_understood(train: str, test: str, tmp_path: Path) -> None:
    make(tmp_path / train, {"cat": 3, "ant": 2})
    make(tmp_path / test, {"cat": 1, "ant": 2})
    assert counts(tmp_path) == (5, 0, 3)


@pytest.mark.parametrize("name", ["val", "valid", "Validation", "dev", "val_images", "valid_set"])
def test_validation_images_are_used_for_validation(name: str, tmp_path: Path) -> None:
    for folder, each in (("train", 6), (name, 2), ("test", 4)):
        make(tmp_path / folder, dict.fromkeys(PETS, each))
    assert counts(tmp_path) == (12, 4, 8)
    assert load(tmp_path, 4).origin.endswith(
        f"12 from train to train on, 4 from {name} to choose the best epoch, 8 from test to test by."
    )


def test_without_a_test_folder_a_share_of_the_training_images_tests(tmp_path: Path) -> None:
    make(tmp_path / "train", PETS)
    make(tmp_path / "valid", {"ant": 2, "cat": 3})
    assert counts(tmp_path) == (16, 5, 4)
    assert "4 from train to test by" in load(tmp_path, 4).origin


def test_a_folder_without_images_may_lie_beside_them(tmp_path: Path) -> None:
    make(tmp_path / "train", PETS)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "boxes.csv").write_text("")
    assert counts(tmp_path) == (16, 0, 4)


def test_classes_may_be_called_valid_and_invalid(tmp_path: Path) -> None:
    assert counts(make(tmp_path, {"valid": 5, "invalid": 5})) == (8, 0, 2)


def test_a_class_may_hold_one_folder_of_images(tmp_path: Path) -> None:
    make(tmp_path, {"ant/images": 5, "cat/images": 5})
    assert counts(tmp_path) == (8, 0, 2)


@pytest.mark.parametrize(
    ("folders", "reason"),
    [
        (["test/ant", "test/cat", "valid/ant", "valid/cat"], "has test, valid, but no folder to train on"),
        (["train/ant", "train/cat", "Train/ant", "Train/cat"], "has Train and train, which are all to train on"),
        (["train/ant", "train/cat", "training/ant", "training/cat"], "has train and training, which are all"),
        (["train/ant", "train/cat", "val/ant", "val/cat", "dev/ant"], "has dev and val, which are all to"),
        (["train/ant", "train/cat", "test/ant", "test/cat", "extra/ant"], "has extra beside test, train and would"),
        (["train/ant", "train/cat", "seg_pred"], "has seg_pred beside train and would leave it unused"),
        (["2019/ant", "2019/cat", "2020/ant", "2020/cat"], r"2019, 2020, which hold folders of .* \(ant, cat\)"),
        (["ant/train", "ant/test", "cat/train", "cat/test"], r"ant, cat, which hold .* \(test, train\)"),
        (["train/a/ant", "train/a/cat", "train/b/ant", "train/b/cat"], r"train has a, b, which hold"),
        (["one/ant", "one/cat", "two/ant"], r"has one, two, which hold folders of the same names \(ant\)"),
        (["cat", "dog", "test"], "has cat, dog beside test and would leave it unused"),
        (["train", "test"], "holds 0 class folders"),
        (["train/ant", "train/cat", "val/ant", "val/dog"], "has cat, dog in only one of train and val"),
    ],
)
def test_folders_that_would_be_misunderstood_are_named(folders: list[str], reason: str, tmp_path: Path) -> None:
    make(tmp_path, dict.fromkeys(folders, 3))
    with pytest.raises(ValueError, match=reason) as caught:
        load(tmp_path, 4)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["bus", "trainer", "test tube", "valley", "trains", "data", "device", "seg", "images"])
def test_names_of_classes_have_no_use(name: str) -> None:
    assert use_of(name) is None
