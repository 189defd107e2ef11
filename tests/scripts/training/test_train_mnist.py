"""`train_mnist.py` on a few hundred drawn digits: what it leaves, what it reaches, and going on after a stop."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import nn
from scripts import train_images, train_mnist
from scripts.common.run_folder import RunFolder
from scripts.training import classifier_progress
from scripts.training.classifier_progress import ClassifierProgress
from scripts.vision import mnist
from tests.support.digits import draw_digit, small_mnist

SMALL = {"cnn": ["cnn", "--channels", "4", "8", "--hidden", "16"], "mlp": ["mlp", "--hidden", "32"]}
FILES = {
    ".lock",
    "config.json",
    "metrics.csv",
    "best.npz",
    "last.npz",
    "result.json",
    "curve.png",
    "confusion.png",
    "mistakes.png",
    "filters.png",
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    return small_mnist(tmp_path / "data", monkeypatch)


def train(data: Path, out: Path, *options: str, kind: str = "mlp") -> dict[str, Any]:
    given = [
        *SMALL[kind],
        "--data-dir",
        str(data),
        "--out",
        str(out),
        "--batch-size",
        "25",
        "--ema-decay",
        "0.9",
        *options,
    ]
    return train_mnist.main(train_mnist.parse(given))


@pytest.mark.parametrize("kind", SMALL)
def test_it_learns_and_leaves_a_complete_run_folder(
    kind: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    result = train(data, out, "--epochs", "30", "--learning-rate", "0.01", kind=kind)
    assert {file.name for file in out.iterdir()} == FILES
    assert json.loads((out / "result.json").read_text()) == result
    assert result["test_accuracy"] > 0.95
    assert result["epochs"] == 30
    assert result["train_images"] == 280  # of 300: two of each digit are kept for validation
    assert result["test_images"] == 60
    *_, accuracy, command = capsys.readouterr().out.splitlines()
    assert accuracy.startswith(f"Test accuracy {result['test_accuracy']:.2%}")
    assert command == f"See it at work:  python scripts/digits.py {out}"
    rows = RunFolder(out).read_metrics()
    assert [row["epoch"] for row in rows] == [*range(1, 31)]
    assert rows[-1]["loss"] < rows[0]["loss"] / 2
    for name in ("curve", "confusion", "mistakes"):
        with Image.open(out / f"{name}.png") as picture:
            assert min(picture.size) > 100
    network, metadata = nn.load(out / "best.npz")
    assert network.flat.size == result["parameters"]
    assert metadata["classes"] == list("0123456789")
    assert metadata["notes"]["seed"] == 0
    assert metadata["notes"]["test_accuracy"] == result["test_accuracy"]


def test_the_figures_are_those_of_the_network_that_is_left(data: Path, tmp_path: Path) -> None:
    result = train(data, tmp_path / "run", "--epochs", "4", "--views", "1")
    network, _ = nn.load(tmp_path / "run" / "best.npz")
    digits = mnist.load(data)
    given = network.forward(digits.test_images[:, None] / 255).argmax(axis=1)
    assert result["test_accuracy"] == np.mean(given == digits.test_labels)
    best = max(row["validation_accuracy"] for row in RunFolder(tmp_path / "run").read_metrics())
    assert result["validation_accuracy"] == pytest.approx(best)


def test_without_validation_all_images_are_trained_on(data: Path, tmp_path: Path) -> None:
    result = train(data, tmp_path / "run", "--epochs", "1", "--validation", "0")
    assert result["train_images"] == 300
    assert "validation_accuracy" not in result
    assert "validation_accuracy" not in RunFolder(tmp_path / "run").read_metrics()[0]


def stop_after(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write every checkpoint, and kill the run after this one's."""
    monkeypatch.setattr(classifier_progress, "BETWEEN_CHECKPOINTS", -1)
    on_epoch = ClassifierProgress.on_epoch

    def killed(self: ClassifierProgress, trainer: nn.Trainer, row: dict[str, float]) -> None:
        on_epoch(self, trainer, row)
        if row["epoch"] == epoch:
            raise InterruptedError("killed")

    monkeypatch.setattr(ClassifierProgress, "on_epoch", killed)


@pytest.mark.parametrize("kind", SMALL)
def test_a_killed_run_goes_on_as_if_it_had_not_been_killed(kind: str, data: Path, tmp_path: Path) -> None:
    whole = train(data, tmp_path / "whole", "--epochs", "4", kind=kind)
    with pytest.MonkeyPatch.context() as patch:
        stop_after(2, patch)
        with pytest.raises(InterruptedError):
            train(data, tmp_path / "part", "--epochs", "4", kind=kind)
    assert {file.name for file in (tmp_path / "part").iterdir()} == {
        ".lock",
        "config.json",
        "metrics.csv",
        "best.npz",
        "last.npz",
    }
    resumed = train_mnist.main(train_mnist.parse(["--resume", str(tmp_path / "part")]))
    assert resumed["test_accuracy"] == whole["test_accuracy"]
    for name in ("last.npz", "best.npz"):
        expected, found = (nn.files.read(tmp_path / run / name)[0] for run in ("whole", "part"))
        assert expected.keys() == found.keys()
        for key, array in expected.items():
            np.testing.assert_array_equal(found[key], array, err_msg=key)
    for a, b in zip(*(RunFolder(tmp_path / run).read_metrics() for run in ("whole", "part")), strict=True):
        assert (a["epoch"], a["loss"], a["validation_loss"]) == (b["epoch"], b["loss"], b["validation_loss"])


def test_the_same_seed_gives_the_same_weights_with_any_number_of_threads(data: Path, tmp_path: Path) -> None:
    vectors = []
    for run, seed, threads in (("a", "1", "1"), ("b", "1", "2"), ("c", "2", "1")):
        train(data, tmp_path / run, "--epochs", "1", "--seed", seed, "--threads", threads, kind="cnn")
        vectors.append(nn.load(tmp_path / run / "best.npz")[0].flat)
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert (vectors[0] != vectors[2]).any()


def test_a_budget_ends_the_run(data: Path, tmp_path: Path) -> None:
    result = train(data, tmp_path / "run", "--budget", "0.5s")
    assert 0.49 < result["train_seconds"] < 1.5  # the clock of the result starts a little later than the budget's


def test_ctrl_c_keeps_what_was_reached(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_batch = ClassifierProgress.on_batch

    def interrupted(self: ClassifierProgress, trainer: nn.Trainer) -> None:
        on_batch(self, trainer)
        if trainer.step == 30:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(ClassifierProgress, "on_batch", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    result = train(data, tmp_path / "run", "--budget", "1h")
    assert result["train_seconds"] < 10
    assert {file.name for file in (tmp_path / "run").iterdir()} == FILES
    assert signal.getsignal(signal.SIGINT) is handler


def test_broken_data_is_named_before_a_folder_is_made(data: Path, tmp_path: Path) -> None:
    file = data / f"{next(iter(mnist.FILES))}.gz"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ValueError, match=f"{file.name} is cut short"):
        train(data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_overwritten_and_only_a_run_of_its_own_goes_on(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "run", "--epochs", "1")
    with pytest.raises(FileExistsError, match="already holds a run"):
        train(data, tmp_path / "run", "--epochs", "1")
    with pytest.raises(ValueError, match="is a run of mlp, not of images; resume it with the command that started it"):
        train_images.main(train_images.parse(["--resume", str(tmp_path / "run")]))
    with pytest.raises(FileNotFoundError, match="holds no run"):
        train_mnist.main(train_mnist.parse(["--resume", str(data)]))


def test_digits_in_images_are_named(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(data, tmp_path / "run", "--epochs", "20", "--learning-rate", "0.01")
    rng = np.random.default_rng(5)
    files = {}
    for digit in range(10):
        file = tmp_path / f"{digit}.png"
        light_on_dark = Image.fromarray(draw_digit(digit, rng))
        large = light_on_dark.resize((150, 150)) if digit % 2 else light_on_dark
        Image.fromarray(255 - np.asarray(large)).convert("RGB").save(file)  # dark on light, as people draw
        files[str(file)] = str(digit)
    named = train_images.main(train_images.parse(["--predict", str(tmp_path / "run"), *files]))
    assert sum(named[file] == digit for file, digit in files.items()) >= 9
    assert "%" in capsys.readouterr().out
