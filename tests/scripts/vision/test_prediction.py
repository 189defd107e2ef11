"""What networks make of pictures, and which networks fit together."""

from pathlib import Path

import numpy as np
import pytest

import nn
from scripts.vision.augmentation import Normalisation
from scripts.vision.classifier import Classifier
from scripts.vision.prediction import load_classifiers, read_picture
from tests.support.colours import red_or_blue


def test_a_reading_is_what_the_network_says_and_sees() -> None:
    classifier = Classifier.load(Path("digits-cnn"))
    picture = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    reading = read_picture(classifier, picture)
    np.testing.assert_array_equal(reading.picture, picture)
    np.testing.assert_allclose(reading.probabilities, classifier.probabilities(picture[None])[0])
    names = [layer.name for layer in reading.layers]
    assert names == [*[f"convolution {number}" for number in range(1, 7)], "dense layer 1"]
    assert all(layer.maps.min() == 0 < layer.maps.max() for layer in reading.layers)  # after ReLU


def test_networks_by_name() -> None:
    assert list(load_classifiers([Path("digits-mlp"), Path("digits-cnn")], digits=True)) == ["digits-mlp", "digits-cnn"]


def test_networks_for_other_pictures_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"vehicles-cnn was trained on other pictures; look at it with images\.py"):
        load_classifiers([Path("digits-cnn"), Path("vehicles-cnn")], digits=True)
    with pytest.raises(ValueError, match=r"digits-mlp was trained on digits; look at it with digits\.py"):
        load_classifiers([Path("digits-mlp")], digits=False)
    red_or_blue().save(tmp_path / "colours.npz")
    with pytest.raises(ValueError, match=r"tells airplane, car, ship apart and .*colours.npz red, blue; choose"):
        load_classifiers([Path("vehicles-cnn"), tmp_path / "colours.npz"], digits=False)


def test_what_is_no_network_is_named(tmp_path: Path) -> None:
    nn.save(tmp_path / "player.npz", nn.Sequential([nn.Dense(2, 2)], input_shape=(2,), rng=0))
    (tmp_path / "text.npz").write_text("nothing of that kind")
    with pytest.raises(ValueError, match=r"player.npz holds no classifier"):
        load_classifiers([tmp_path / "player.npz"], digits=True)
    with pytest.raises(ValueError, match=r"text.npz cannot be read"):
        load_classifiers([tmp_path / "text.npz"], digits=True)
    with pytest.raises(FileNotFoundError, match="no weights at nowhere; give a run folder"):
        load_classifiers([Path("nowhere")], digits=True)
    with pytest.raises(ValueError, match="no network given"):
        load_classifiers([], digits=True)


def test_it_can_tell_red_from_blue() -> None:
    """The network that the tests of pictures rely on."""
    assert red_or_blue().normalisation == Normalisation()
    pictures = np.zeros((2, 4, 4, 3), np.uint8)
    pictures[0, ..., 0] = pictures[1, ..., 2] = 255
    np.testing.assert_allclose(red_or_blue().probabilities(pictures), [[1, 0], [0, 1]], atol=1e-3)
