"""Feature maps are the outputs of layers, computed here in another way."""

from typing import Any

import numpy as np
import pytest

import nn
from agents.policies.networks import actor_critic, q_network
from scripts.common.feature_maps import feature_maps
from scripts.vision.networks import convolutional_network, dense_network


def test_a_convolution_that_copies_shows_the_image_and_its_opposite() -> None:
    weights = np.zeros((2, 1, 3, 3), np.float32)
    weights[:, 0, 1, 1] = 1, -2
    network = nn.Sequential([nn.Conv2D(1, 2, bias=False), nn.Flatten(), nn.Dense(40, 3)], input_shape=(1, 4, 5), rng=0)
    network.layers[0].weight.value = weights  # type: ignore[attr-defined]
    image = np.linspace(-1, 1, 20, dtype=np.float32).reshape(1, 1, 4, 5)
    (first,) = feature_maps(network, image)
    assert first.name == "convolution 1"
    np.testing.assert_allclose(first.maps, [image[0, 0], -2 * image[0, 0]], rtol=1e-6)


def test_each_layer_shows_what_the_layers_up_to_it_give_before_pooling() -> None:
    """The network is cut off after each layer; pooling, which comes before the rest, is left out of the last."""
    rng = np.random.default_rng(1)
    network = convolutional_network((3, 12, 20), (4, 6), (2,), 8, 0.5, 5, rng)
    for layer in network.layers:
        if isinstance(layer, nn.BatchNorm):
            layer.mean.value = rng.normal(size=layer.features)
            layer.variance.value = rng.uniform(0.5, 2, layer.features)
    image = rng.normal(size=(1, 3, 12, 20)).astype(np.float32)
    found = feature_maps(network, image)
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
        before, last = network.config()["layers"][:end], network.config()["layers"][end]
        if before[-1]["type"] == "MaxPool2D":
            before.pop()
        layers = [*before, last, {"type": "ReLU"}]
        part = nn.Sequential(layers, input_shape=(3, 12, 20), flat=network.flat[:size].copy())
        np.testing.assert_allclose(some.maps.ravel(), part.forward(image)[0].ravel(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pools", [0, 1])
def test_normalisation_and_pooling_in_one_shows_what_it_pools(pools: int) -> None:
    def network(*layers: nn.Layer) -> nn.Sequential:
        before = [nn.Conv2D(1, 2), *(nn.MaxPool2D() for _ in range(pools))]
        after = [nn.ReLU(), nn.Flatten(), nn.Dense(16 if pools else 80, 2)]
        network = nn.Sequential([*before, *layers, *after], (1, 16, 10), rng=0)
        network.parameters()[f"{1 + pools}.gain"].value = np.array([1.5, -0.5])
        return network

    image = np.random.default_rng(0).normal(size=(1, 1, 16, 10)).astype(np.float32)
    (ours,) = feature_maps(network(nn.BatchNormMaxPool2D(2)), image)
    (theirs,) = feature_maps(network(nn.BatchNorm(2), nn.MaxPool2D()), image)
    assert ours.maps.shape == (2, 16, 10)
    np.testing.assert_allclose(ours.maps, theirs.maps, rtol=1e-6)


def test_players_networks_too() -> None:
    layers: dict[str, Any] = {"channels": (8, 16), "hidden": (32,)}
    network = q_network((4, 5, 7), 4, np.random.default_rng(0), dueling=True, **layers)
    found = feature_maps(network, np.random.default_rng(1).random((1, 4, 5, 7), np.float32))
    assert [some.maps.shape for some in found] == [(8, 5, 7), (16, 3, 4), (32, 1, 1)]
    network = actor_critic((4, 8, 9), 3, np.random.default_rng(0), center_channels=2, **layers)
    found = feature_maps(network, np.random.default_rng(1).random((1, 4, 8, 9), np.float32))
    assert [some.maps.shape for some in found] == [(8, 8, 9), (16, 4, 5), (32, 1, 1)]


def test_a_dense_network_shows_its_units() -> None:
    network = dense_network((1, 6, 5), (7, 3), 0.0, 2, np.random.default_rng(0))
    found = feature_maps(network, np.ones((1, 1, 6, 5)))
    assert [(some.name, len(some.maps)) for some in found] == [("dense layer 1", 7), ("dense layer 2", 3)]


def test_maps_stay_when_the_network_sees_another_image() -> None:
    """Layers give their own memory, which the next image overwrites."""
    layers = [nn.Conv2D(1, 2), nn.Conv2D(2, 3), nn.MaxPool2D(), nn.ReLU(), nn.Flatten(), nn.Dense(48, 2)]
    network = nn.Sequential(layers, input_shape=(1, 8, 8), rng=0)
    images = np.random.default_rng(1).normal(size=(2, 1, 1, 8, 8)).astype(np.float32)
    found = feature_maps(network, images[0])
    before = [some.maps.copy() for some in found]
    feature_maps(network, images[1])
    network.forward(images[1])
    for some, maps in zip(found, before, strict=True):
        np.testing.assert_array_equal(some.maps, maps)


def test_each_block_has_its_number_of_convolutions() -> None:
    def kinds(convolutions: tuple[int, ...]) -> str:
        network = convolutional_network((1, 8, 9), (2, 3), convolutions, 4, 0.0, 2, np.random.default_rng(0))
        return "".join(type(layer).__name__[0] for layer in network.layers)

    assert kinds((1,)) == "CMBR" * 2 + "FDRD"
    assert kinds((2,)) == "CBRCMBR" * 2 + "FDRD"
    assert kinds((1, 2)) == "CMBR" + "CBRCMBR" + "FDRD"
    for wrong in ((1, 2, 3), (0,)):
        with pytest.raises(ValueError, match="for 2 blocks; give one number for all, or one for each"):
            kinds(wrong)
