"""`train_images.py` on images drawn here: of all sizes and modes, more of one class than of another, some broken."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest
from PIL import Image, ImageDraw

import nn
from scripts import train_images

SMALL = {"size": "16", "channels": "4 8", "hidden": "16", "batch-size": "20", "ema-decay": "0.9", "views": "2"}
MODES = ("RGB", "L", "P", "RGBA", "CMYK", "I;16")


def draw(kind: str, rng: np.random.Generator) -> Image.Image:
    """A disc, a cross or a bar, light on dark, in a image of any size."""
    W, H = (int(side) for side in rng.integers(20, 90, 2))
    image = Image.new("L", (W, H), int(rng.integers(0, 60)))
    x, y, r = W / 2, H / 2, min(W, H) * rng.uniform(0.3, 0.4)
    lines = {"disc": (), "cross": ((r, r), (r, -r)), "bar": ((0, r),)}[kind]
    for dx, dy in lines:
        ImageDraw.Draw(image).line([x - dx, y - dy, x + dx, y + dy], fill=255, width=max(2, round(r / 3)))
    if kind == "disc":
        ImageDraw.Draw(image).ellipse([x - r, y - r, x + r, y + r], fill=255)
    return image


def save(image: Image.Image, path: Path, mode: str) -> None:
    if mode == "I;16":
        Image.fromarray(np.asarray(image).astype(np.uint16) * 257).save(path.with_suffix(".png"))
    else:
        image.convert(mode).save(path.with_suffix(".jpg" if mode == "CMYK" else ".png"))


@pytest.fixture(autouse=True)
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One folder of class folders; `train_images` splits it."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    rng = np.random.default_rng(0)
    for kind, count in (("disc", 60), ("cross", 40), ("bar", 90)):
        folder = tmp_path / "images" / kind
        folder.mkdir(parents=True)
        for n in range(count):
            save(draw(kind, rng), folder / f"{n:02}", MODES[n % len(MODES)])
    return tmp_path / "images"


def train(*options: object) -> dict[str, Any]:
    """Train a small network; return the result."""
    words = [*map(str, options)]
    for name, values in SMALL.items():
        words += [f"--{name}", *values.split()] if f"--{name}" not in words else []
    return train_images.main(train_images.parse(words))


def test_any_folder_of_class_folders_is_learnt(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (images / "disc" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    out = tmp_path / "run"
    result = train(images, "--out", out, "--epochs", 25, "--learning-rate", 0.01)
    printed = capsys.readouterr().out
    assert "Skipped 1 files" in printed
    assert "broken.jpg" in printed
    assert result["test_accuracy"] > 0.8
    assert result["test_images"] == 12 + 8 + 18
    assert json.loads((out / "result.json").read_text()) == result
    network, metadata = nn.load(out / "best.npz")
    assert network.input_shape == (3, 16, 16)
    assert metadata["classes"] == ["bar", "cross", "disc"]
    assert len(metadata["normalisation"]["mean"]) == 3

    rng = np.random.default_rng(9)
    files = {}
    for n in range(12):
        kind = ("disc", "cross", "bar")[n % 3]
        draw(kind, rng).save(tmp_path / f"{n}.png")
        files[str(tmp_path / f"{n}.png")] = kind
    named = train_images.main(train_images.parse(["--predict", str(out / "best.npz"), *files]))
    assert sum(named[file] == kind for file, kind in files.items()) >= 9


def test_a_run_goes_on_with_its_own_options_and_images(images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(images, "--out", run, "--epochs", 1)
    assert train("--resume", run, "--epochs", 2)["epochs"] == 2
    config = json.loads((run / "config.json").read_text())
    assert (config["epochs"], config["out"], config["command"].count("&&")) == (2, str(run), 1)
    assert train("--resume", run)["epochs"] == 2  # as was said last
    some = next(images.rglob("*.png"))
    shutil.copy(some, some.with_name("another.png"))
    with pytest.raises(ValueError, match="was trained on other images; give those, or start a new run"):
        train("--resume", run, "--epochs", 3)


def test_a_network_too_deep_for_its_images_is_named(images: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="5 blocks leave nothing of 16 x 16 pixels; use fewer"):
        train(images, "--channels", 2, 2, 2, 2, 2, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--validation", "1", "give a share of the training images"),
        ("--validation", "-0.1", "give a share of the training images"),
        ("--views", "19", "choose 1 to 18"),
        ("--batch-size", "1", "batch_size is 1; give 2 images or more"),
        ("--epochs", "0", "epochs is 0; give 1 or more"),
        ("--zoom", "1.5", "a zoom below 1"),
        ("--brightness", "nan", "needs numbers from 0 to 1000"),
        ("--shift", "inf", "shift is inf; give a share"),
        ("--cutout", "nan", "cutout is nan; give a share"),
        ("--size", "0", "size is 0; give 1 pixel or more"),
        ("--budget", "0s", "write a number above 0 and a unit"),
        ("--budget", "2", "write a number above 0 and a unit"),
    ],
)
def test_a_wrong_option_is_named_before_a_folder_is_made(
    option: str, value: str, reason: str, images: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=reason):
        train(images, option, value, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_resume_that_fails_leaves_the_run_as_it_was(images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(images, "--out", run, "--epochs", 1)
    whole = (run / "last.npz").read_bytes()
    (run / "last.npz").write_bytes(whole[:2000] + b"x" + whole[2001:])
    before = {file.name: file.read_bytes() for file in run.iterdir()}
    with pytest.raises(ValueError, match=r"last.npz cannot be read"):
        train("--resume", run, "--epochs", 3)
    assert {file.name: file.read_bytes() for file in run.iterdir()} == before


def test_what_is_given_with_resume_counts_also_where_it_is_the_default(images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(images, "--out", run, "--epochs", 1, "--budget", "1s")
    train("--resume", run, "--epochs", 2, "--budget", "120s")
    assert json.loads((run / "config.json").read_text())["budget"] == "120s"
    with pytest.raises(ValueError, match=r"is 0\.3 in this run, not 0\.5; --resume takes only --threads.*, FOLDER"):
        train("--resume", run, "--epochs", 3, "--dropout", "0.5")


def test_a_folder_that_holds_a_run_or_half_of_one_is_not_written_to(images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(images, "--out", run, "--epochs", 1)
    with pytest.raises(FileExistsError, match="already holds a run"):
        train(tmp_path / "nowhere", "--out", run)  # before the images are looked for
    (run / "config.json").unlink()
    with pytest.raises(FileExistsError, match="already holds a run"):
        train(images, "--out", run)


def test_classes_may_have_any_name(images: Path, tmp_path: Path) -> None:
    (images / "disc").rename(images / "a$1_$")
    (images / "bar").rename(images / b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert train(images, "--out", tmp_path / "run", "--epochs", 1)["epochs"] == 1
    assert (tmp_path / "run" / "mistakes.png").exists()


def test_other_classes_are_other_images(images: Path, tmp_path: Path) -> None:
    train(images, "--out", tmp_path / "run", "--epochs", 1)
    shutil.rmtree(images / "disc")
    with pytest.raises(ValueError, match="was trained on other images"):
        train("--resume", tmp_path / "run", "--epochs", 2)


def test_images_that_cannot_be_read_are_named_beside_the_others(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(images, "--out", tmp_path / "run", "--epochs", 1)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    whole = next((images / "disc").iterdir())
    assert list(train("--predict", tmp_path / "run", whole)) == [str(whole)]
    capsys.readouterr()
    with pytest.raises(ValueError, match=r"^3 of 4 files could not be read$"):
        train("--predict", tmp_path / "run", tmp_path / "broken.jpg", whole, tmp_path / "none.png", images / "disc")
    printed = capsys.readouterr()
    assert whole.name in "".join(printed.out.split())
    unread = printed.err.splitlines()
    assert [line.partition(": ")[0] for line in unread] == ["not read", "not read", "not read"]
    assert unread[1] == f"not read: {tmp_path / 'none.png'}: no such file"
    assert unread[2].startswith(f"not read: {images / 'disc'} is a folder; name the image files in it")
    with pytest.raises(ValueError, match=r"broken\.jpg: .*none\.png: no such file"):
        train("--predict", tmp_path / "run", tmp_path / "broken.jpg", tmp_path / "none.png")
    with pytest.raises(ValueError, match="give the weights and the image files after --predict"):
        train("--predict")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder of images given"):
        train()
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        train(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no weights at"):
        train("--predict", tmp_path / "nowhere", "a.png")
    with pytest.raises(ValueError, match="no images given"):
        train("--predict", tmp_path / "nowhere")


def test_a_file_of_another_network_is_no_classifier(tmp_path: Path) -> None:
    nn.save(tmp_path / "other.npz", nn.Sequential([nn.Dense(2, 2)], input_shape=(2,), rng=0))
    with pytest.raises(
        ValueError, match=r"other.npz holds no classifier: classes is missing; give what train_mnist.py"
    ):
        train("--predict", tmp_path / "other.npz", "a.png")
