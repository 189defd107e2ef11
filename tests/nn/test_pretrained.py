"""The networks that come with the package: they load by name, are small together, and reach what they say."""

from pathlib import Path

import numpy as np
import pytest

import nn
from scripts.vision import mnist
from scripts.vision.classifier import Classifier
from tests.support.paths import DATA


def test_all_are_there_and_small_together() -> None:
    files = nn.pretrained()
    assert list(files) == ["digits-cnn", "digits-mlp", "vehicles-cnn"]
    assert sum(file.stat().st_size for file in files.values()) < 3_000_000
    for name in files:
        notes = Classifier.load(Path(name)).notes
        assert "--seed" in notes["command"]
        assert notes["test_accuracy"] > 0.9


@pytest.mark.parametrize("name", ["digits-cnn", "digits-mlp"])
def test_digits_reach_what_they_say(name: str) -> None:
    if not (DATA / "mnist").is_dir():
        pytest.skip("the digits are not beside the checkout")
    classifier = Classifier.load(Path(name))
    classifier.views = 1
    pictures = mnist.load(DATA / "mnist")
    given = classifier.probabilities(pictures.test_images[:1000]).argmax(axis=1)
    assert np.mean(given == pictures.test_labels[:1000]) > classifier.notes["test_accuracy"] - 0.01


def test_vehicles_reach_what_they_say() -> None:
    if not (DATA / "vehicles").is_dir():
        pytest.skip("the pictures are not beside the checkout")
    classifier = Classifier.load(Path("vehicles-cnn"))
    classifier.views = 2
    classes = sorted(folder.name for folder in (DATA / "vehicles" / "test").iterdir())
    assert list(classifier.classes) == classes
    files = [sorted((DATA / "vehicles" / "test" / name).iterdir())[:60] for name in classes]
    pictures = np.stack([classifier.read_image(file) for some in files for file in some])
    given = classifier.probabilities(pictures).argmax(axis=1)
    assert np.mean(given == np.repeat(range(3), 60)) > classifier.notes["test_accuracy"] - 0.06


def test_in_half_the_space_what_layers_measure_stays_whole(tmp_path: Path) -> None:
    network = nn.Sequential([nn.BatchNorm(2), nn.Dense(2, 1)], (2,), rng=0)
    network.parameters()["0.variance"].value = 1e6, 1.0
    nn.save(tmp_path / "n.npz", network, half=True)
    loaded, _ = nn.load(tmp_path / "n.npz")
    np.testing.assert_array_equal(loaded.parameters()["0.variance"].value, [1e6, 1.0])
    network.parameters()["1.weight"].value = 1e5
    with pytest.raises(ValueError, match=r"1\.weight holds numbers beyond 65,504"):
        nn.save(tmp_path / "n.npz", network, half=True)
    np.testing.assert_array_equal(nn.load(tmp_path / "n.npz")[0].flat, loaded.flat)
