"""Feature maps are what layers answer, computed here otherwise, and lie side by side where they are said to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from agents.networks import two_heads
from feature_maps import feature_maps, mosaic
from networks import convolutional_network, dense_network

COLOURS = np.stack([np.arange(256), 255 - np.arange(256), np.full(256, 7)], axis=1).astype(np.uint8)
PAPER = (1, 2, 3)


def test_a_convolution_that_copies_shows_the_picture_and_its_opposite() -> None:
    weights = np.zeros((2, 1, 3, 3), np.float32)
    weights[:, 0, 1, 1] = 1, -2
    network = nn.Sequential([nn.Conv2D(1, 2, bias=False), nn.Flatten(), nn.Dense(40, 3)], input_shape=(1, 4, 5), rng=0)
    network.layers[0].weight.value = weights  # type: ignore[attr-defined]
    picture = np.linspace(-1, 1, 20, dtype=np.float32).reshape(1, 1, 4, 5)
    (first,) = feature_maps(network, picture)
    assert first.name == "convolution 1"
    # The strongest answer of the layer is 2, where the picture is -1.
    np.testing.assert_array_equal(first.maps[0], np.rint(255 / 2 * picture[0, 0].clip(0)))
    np.testing.assert_array_equal(first.maps[1], np.rint(255 * (-picture[0, 0]).clip(0)))


def test_each_layer_shows_what_the_layers_up_to_it_give_before_pooling() -> None:
    """The network is cut off after each block; pooling, which comes before ReLU, is left out of the last one."""
    rng = np.random.default_rng(1)
    network = convolutional_network((3, 12, 20), (4, 6), 2, 8, 0.5, 5, rng)
    picture = rng.normal(size=(1, 3, 12, 20)).astype(np.float32)
    found = feature_maps(network, picture)
    assert [(some.name, some.maps.shape) for some in found] == [
        ("convolution 1", (4, 12, 20)),
        ("convolution 2", (4, 12, 20)),
        ("convolution 3", (6, 6, 10)),
        ("convolution 4", (6, 6, 10)),
        ("dense layer 1", (8, 1, 1)),
    ]
    ends = [i for i, layer in enumerate(network.layers) if isinstance(layer, nn.BatchNorm | nn.Dense)][:5]
    for some, end in zip(found, ends, strict=True):
        size = sum(layer.size for layer in network.layers[: end + 1])
        layers = [*network.config()["layers"][: end + 1], {"type": "ReLU"}]
        part = nn.Sequential(layers, input_shape=(3, 12, 20), flat=network.flat[:size].copy())
        answer = part.forward(picture)[0]
        expected = np.rint(answer * (255 / answer.max())).reshape(some.maps.shape)
        assert np.abs(expected - some.maps).max() <= 1  # rounding
        assert some.maps.max() == 255


def test_players_networks_too() -> None:
    network = two_heads((4, 5, 7), 4, (8, 16), (32,), np.random.default_rng(0), normalise=True)
    found = feature_maps(network, np.random.default_rng(1).random((1, 4, 5, 7), np.float32))
    assert [some.maps.shape for some in found] == [(8, 5, 7), (16, 3, 4), (32, 1, 1)]


def test_a_dense_network_shows_its_units() -> None:
    network = dense_network((1, 6, 5), (7, 3), 0.0, 2, np.random.default_rng(0))
    found = feature_maps(network, np.ones((1, 1, 6, 5)))
    assert [(some.name, len(some.maps)) for some in found] == [("dense layer 1", 7), ("dense layer 2", 3)]


def test_a_layer_that_is_silent_is_black() -> None:
    network = nn.Sequential([nn.Conv2D(1, 2), nn.Flatten(), nn.Dense(18, 2)], input_shape=(1, 3, 3), rng=0)
    assert not feature_maps(network, np.zeros((1, 1, 3, 3)))[0].maps.any()


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), st.integers(1, 400), st.integers(1, 300))
def test_a_mosaic_fits(C: int, H: int, W: int, width: int, height: int) -> None:
    maps = np.random.default_rng(0).integers(0, 256, (C, H, W), dtype=np.uint8)
    picture = mosaic(maps, COLOURS, PAPER, width, height)
    assert picture.dtype == np.uint8
    assert 1 <= picture.shape[0] <= height
    assert 1 <= picture.shape[1] <= width


def test_maps_lie_line_by_line_each_pixel_enlarged() -> None:
    maps = np.arange(5 * 2 * 3, dtype=np.uint8).reshape(5, 2, 3)
    picture = mosaic(maps, COLOURS, PAPER, 3 * 12 + 2 * 2, 2 * 8 + 2)  # three of 8 x 12 in a line, 2 pixels apart
    assert picture.shape == (18, 40, 3)
    for i in range(5):
        top, left = 10 * (i // 3), 14 * (i % 3)
        tile = picture[top : top + 8, left : left + 12]
        np.testing.assert_array_equal(
            tile, np.kron(maps[i], np.ones((4, 4), np.uint8))[..., None] * [1, -1, 0] + [0, 255, 7]
        )
    assert (picture[8:10] == PAPER).all()
    assert (picture[:, 12:14] == PAPER).all()
    assert (picture[10:, 28:] == PAPER).all()  # where a sixth would be


@pytest.mark.parametrize(("width", "height", "lines"), [(400, 30, 1), (30, 400, 16), (100, 100, 4)])
def test_the_room_decides_how_many_stand_in_a_line(width: int, height: int, lines: int) -> None:
    picture = mosaic(np.full((16, 4, 4), 9, np.uint8), COLOURS, PAPER, width, height)
    assert (picture[:, 0] == PAPER).all(axis=1).sum() == 2 * (lines - 1)
