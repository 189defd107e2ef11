"""Figures of a classifier: the arrays that are drawn, and the files."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import nn
from scripts.vision.figures import save_confusion, save_filters, save_mistakes


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[Any]]:
    """The arrays that `imshow` draws, in order."""
    arrays: list[NDArray[Any]] = []
    imshow = matplotlib.axes.Axes.imshow

    def recorded(axes: Any, array: NDArray[Any], **options: Any) -> Any:
        arrays.append(np.asarray(array))
        return imshow(axes, array, **options)

    monkeypatch.setattr(matplotlib.axes.Axes, "imshow", recorded)
    return arrays


def contrast(path: Path) -> float:
    with Image.open(path) as image:
        return float(np.asarray(image.convert("RGB")).std())


@pytest.mark.parametrize("channels", [1, 3])
def test_filters_of_a_convolution_show_its_kernels(channels: int, tmp_path: Path, shown: list[NDArray[Any]]) -> None:
    network = nn.Sequential([nn.Conv2D(channels, 5), nn.Flatten(), nn.Dense(5 * 6 * 7, 2)], (channels, 6, 7), rng=0)
    weight = network.layers[0].weight  # type: ignore[attr-defined]
    weight.value = 0.0
    weight.value[0] = 1.0  # the strongest red for one channel, white for three
    weight.value[1] = -1.0
    save_filters(network, tmp_path / "filters.png")
    assert contrast(tmp_path / "filters.png") > 5
    assert len(shown) == 5
    expected = [1, -1, 0, 0, 0] if channels == 1 else [1, 0, 0.5, 0.5, 0.5]
    assert [float(kernel.mean()) for kernel in shown] == pytest.approx(expected)
    assert shown[0].shape == ((3, 3) if channels == 1 else (3, 3, 3))


def test_filters_of_dense_units_have_the_shape_of_the_input(tmp_path: Path, shown: list[NDArray[Any]]) -> None:
    network = nn.Sequential([nn.Flatten(), nn.Dense(4 * 6, 70), nn.ReLU(), nn.Dense(70, 2)], (1, 4, 6), rng=0)
    save_filters(network, tmp_path / "filters.png")
    assert contrast(tmp_path / "filters.png") > 5
    assert len(shown) == 64  # of 70
    weight = network.layers[1].weight.value  # type: ignore[attr-defined]
    np.testing.assert_array_equal(shown[9][2, 5], weight[2 * 6 + 5, 9])


def test_filters_need_a_layer_with_weights(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither a convolution nor a dense layer"):
        save_filters(nn.Sequential([nn.Flatten()], (1, 4, 6), rng=0), tmp_path / "filters.png")


def test_a_confusion_matrix_colours_mistakes_alone(tmp_path: Path, shown: list[NDArray[Any]]) -> None:
    save_confusion(np.array([[5, 1], [2, 7]]), ["red", "blue"], tmp_path / "confusion.png")
    np.testing.assert_array_equal(shown[0], [[0, 1], [2, 0]])
    assert contrast(tmp_path / "confusion.png") > 5


def test_the_most_confident_mistakes_come_first(tmp_path: Path, shown: list[NDArray[Any]]) -> None:
    images = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((4, 5, 6), np.uint8)
    probabilities = np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
    save_mistakes(images, np.array([1, 1, 1, 0]), probabilities, ["red", "blue"], tmp_path / "mistakes.png", count=2)
    assert [int(image[0, 0]) for image in shown] == [1, 3]  # 0 is the third mistake, 2 is correct
    assert contrast(tmp_path / "mistakes.png") > 5
