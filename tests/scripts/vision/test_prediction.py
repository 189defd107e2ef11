"""Predictions of networks, and which networks can be used together."""

from pathlib import Path

import numpy as np
import pytest

import nn
from scripts.vision.augmentation import Normalisation
from scripts.vision.classifier import Classifier, load_classifiers
from scripts.vision.prediction import predict_image
from tests.support.colours import red_or_blue


def test_a_prediction_holds_input_probabilities_and_feature_maps() -> None:
    classifier = Classifier.load(Path("digits-cnn"))
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    prediction = predict_image(classifier, image)
    np.testing.assert_array_equal(prediction.image, image)
    np.testing.assert_allclose(prediction.probabilities, classifier.probabilities(image[None])[0])
    names = [layer.name for layer in prediction.layers]
    assert names == [*[f"convolution {number}" for number in range(1, 7)], "dense layer 1"]
    assert all(layer.maps.min() == 0 < layer.maps.max() for layer in prediction.layers)  # after ReLU


def test_networks_by_name() -> None:
    assert list(load_classifiers([Path("digits-mlp"), Path("digits-cnn")], digits=True)) == ["digits-mlp", "digits-cnn"]


def test_networks_for_other_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"vehicles-cnn was trained on other images; open it with images\.py"):
        load_classifiers([Path("digits-cnn"), Path("vehicles-cnn")], digits=True)
    with pytest.raises(ValueError, match=r"digits-mlp was trained on digits; open it with digits\.py"):
        load_classifiers([Path("digits-mlp")], digits=False)
    red_or_blue().save(tmp_path / "colours.npz")
    with pytest.raises(ValueError, match=r"has the classes airplane, car, ship, .*colours.npz has red, blue; choose"):
        load_classifiers([Path("vehicles-cnn"), tmp_path / "colours.npz"], digits=False)


def test_files_without_a_classifier_are_refused(tmp_path: Path) -> None:
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
    """The network that the tests of windows rely on."""
    assert red_or_blue().normalisation == Normalisation()
    images = np.zeros((2, 4, 4, 3), np.uint8)
    images[0, ..., 0] = images[1, ..., 2] = 255
    np.testing.assert_allclose(red_or_blue().probabilities(images), [[1, 0], [0, 1]], atol=1e-3)
