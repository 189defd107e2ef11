"""A data set of image files: which of its folders are to train on, to validate with, and to test by.

    FOLDER/train/CLASS/*    training images
    FOLDER/test/CLASS/*     test images; without this folder, a share of each class above
    FOLDER/val/CLASS/*      images that choose the best epoch, if there are any

    FOLDER/CLASS/*          all images: a share of each class becomes the test set

The folders may have other usual names (Training, test_set, seg_train, valid, ...), and may lie deeper, alone in a
folder, as archives are often unpacked. A folder that would be left unused, or taken for a class by mistake, is refused.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.vision.image_dataset import ImageDataset
from scripts.vision.image_file import suffixes
from scripts.vision.image_folder import LabelledImages, read, subfolders

TEST_SHARE = 0.2  # of each class, if there is no test folder
WORDS = {
    "train": {"train", "training"},
    "validation": {"val", "valid", "validation", "validate", "dev"},
    "test": {"test", "testing", "eval", "evaluation", "holdout"},
}
FILLERS = (
    "set",
    "sets",
    "data",
    "dataset",
    "image",
    "images",
    "img",
    "imgs",
    "photos",
    "pictures",
    "seg",
    "split",
    "dir",
)
USES = {"train": "to train on", "validation": "to choose the best epoch", "test": "to test by"}
DEEPEST = 8  # folders in folders, each alone


class LoadedFolder(NamedTuple):
    """The images of a data set, and where they come from."""

    dataset: ImageDataset
    origin: str  # one sentence: which folder is used for what
    skipped: tuple[str, ...]  # "path: reason", for files that are not used


def load(folder: Path, size: int, seed: int = 0) -> LoadedFolder:
    """Load the images of a data set as squares of `size` pixels; `seed` chooses the test images if no folder does.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: there are fewer than two classes, a class without images, other classes in one part than in another,
            or a folder that would be left unused or is no class; the message has its name.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; give one that holds a folder of images for each class")
    folder = _unwrapped(folder)
    places = find_splits(folder)
    parts = {use: _read_classes(_unwrapped(place), size) for use, place in (places or {"train": folder}).items()}
    for use, images in parts.items():
        if images.classes != parts["train"].classes:
            alone = ", ".join(sorted({*parts["train"].classes} ^ {*images.classes}))
            names = f"{places['train'].name} and {places[use].name}"
            raise ValueError(f"{folder} has {alone} in only one of {names}; both need a folder for each class")
    skipped = tuple(line for images in parts.values() for line in images.skipped)
    if "test" not in parts:
        parts["train"], parts["test"] = _split(parts["train"], seed)
    learnt, measured, held_out = parts["train"], parts["test"], None
    if "validation" in parts:
        held_out = np.repeat([False, True], [len(learnt.labels), len(parts["validation"].labels)])
        learnt = learnt._replace(
            images=np.concatenate([learnt.images, parts["validation"].images]),
            labels=np.concatenate([learnt.labels, parts["validation"].labels]),
        )
    dataset = ImageDataset(*learnt[:2], *measured[:2], learnt.classes, held_out)
    return LoadedFolder(dataset, _origin(folder, places, parts), skipped)


def _origin(folder: Path, places: dict[str, Path], parts: dict[str, LabelledImages]) -> str:
    """One sentence that says how many images of which folder are used for what."""
    said = []
    for use in (use for use in USES if use in parts):
        source = places[use].name if use in places else places.get("train", folder).name
        said.append(f"{len(parts[use].labels):,} from {source} {USES[use]}")
    return f"Images of {folder}: {', '.join(said)}."


def use_of(name: str) -> str | None:
    """What a folder of this name is for in a data set: "train", "validation", "test", or nothing known."""
    use, rest = _parsed(name)
    return None if rest else use


def _parsed(name: str) -> tuple[str | None, tuple[str, ...]]:
    """The use of a folder, and the other words of its name."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]
    words = [re.sub(f"(?<=.)({'|'.join(FILLERS)})$", "", word) for word in words if word not in FILLERS]
    use = next((use for use, known in WORDS.items() if known.intersection(words)), None)
    return use, tuple(word for word in words if use is None or word not in WORDS[use])


def find_splits(folder: Path) -> dict[str, Path]:
    """The folders to train on, to validate with and to test by; none if the folders in this one are classes.

    Raises:
        ValueError: two folders have the same use, there is none to train on, or others lie beside them.
    """
    names = subfolders(folder)
    uses = _uses(names)
    if len(uses) < 2 and "test" not in uses.values() and not any(subfolders(folder / name) for name in uses):
        return {}  # a single "train" without folders in it is a class
    for use, count in Counter(uses.values()).items():
        if count > 1:
            both = " and ".join(name for name in names if uses.get(name) == use)
            raise ValueError(f"{folder} has {both}, which are all {USES[use]}; keep one of them")
    known = ", ".join(uses)
    others = ", ".join(name for name in names if name not in uses and _holds_images(folder / name))
    if others:
        raise ValueError(
            f"{folder} has {others} beside {known} and would leave it unused; move it elsewhere, or rename {known} "
            "if all are classes"
        )
    if "train" not in uses.values():
        raise ValueError(f"{folder} has {known}, but no folder to train on; name it train")
    return {use: folder / name for use in USES for name, known_use in uses.items() if use == known_use}


def _uses(names: Sequence[str]) -> dict[str, str]:
    """The use of each folder that has one; other words are allowed if both of a pair have them: asl_train, asl_test."""
    parsed = {name: (use, rest) for name in names for use, rest in [_parsed(name)] if use}
    pairs = Counter(rest for _, rest in set(parsed.values()))
    return {name: use for name, (use, rest) in parsed.items() if not rest or pairs[rest] > 1}


def _holds_images(folder: Path) -> bool:
    return any(path.suffix.lower() in suffixes() for path in folder.rglob("*"))


def _unwrapped(folder: Path) -> Path:
    """The folder itself, or the one deep in it that holds the classes, if each on the way is alone in its folder."""
    for _ in range(DEEPEST):
        inside = subfolders(folder)
        if len(inside) != 1 or not subfolders(folder / inside[0]):
            break
        folder = folder / inside[0]
    return folder


def _read_classes(folder: Path, size: int) -> LabelledImages:
    """Read the images of one folder after a look at what its class folders hold.

    Raises:
        ValueError: folders in the class folders have the same names, as if those were the classes.
    """
    inside = {name: subfolders(folder / name) for name in subfolders(folder)}
    counts = Counter(name for names in inside.values() for name in names)
    repeated = {name for name, count in counts.items() if count > 1}
    holders = [name for name, names in inside.items() if repeated.intersection(names)]
    if any(len(inside[name]) > 1 for name in holders):  # CLASS/images/* is usual
        raise ValueError(
            f"{folder} has {', '.join(holders)}, which hold folders of the same names ({', '.join(sorted(repeated))}); "
            "if those are the classes, give the one folder that holds them; otherwise put the images of each class "
            "into one folder"
        )
    return read(folder, size)


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
