"""The peers of our networks: which are missing, in which modes they run, and that they do the same work."""

import numpy as np
import pytest

import nn
from scripts.benchmarks import peers

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.random((6, 1, 8, 12), dtype=np.float32), RNG.integers(3, size=6)


def convolutional() -> nn.Sequential:
    layers = [nn.Conv2D(1, 4, 3, bias=False), nn.BatchNormMaxPool2D(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.1)]
    return nn.Sequential([*layers, nn.Dense(4 * 24, 3)], input_shape=(1, 8, 12), rng=0)


def kinds(layers: list[nn.Layer]) -> list[str]:
    return [type(layer).__name__ for layer in layers]


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for absent, expected in (({"torch"}, ["torch"]), ({"threadpoolctl"}, ["scikit-learn"]), (set[str](), [])):
        monkeypatch.setattr(peers, "find_spec", lambda name, absent=absent: None if name in absent else object())
        assert peers.missing() == expected


def test_a_fused_layer_is_two_layers_of_the_peer_in_both_orders() -> None:
    apart = peers.unfused(convolutional().layers)
    assert kinds(apart) == ["Conv2D", "BatchNorm", "MaxPool2D", "ReLU", "Flatten", "Dropout", "Dense"]
    first = peers.relu_first(apart)
    assert kinds(first) == ["Conv2D", "BatchNorm", "ReLU", "MaxPool2D", "Flatten", "Dropout", "Dense"]
    assert kinds(apart)[2:4] == ["MaxPool2D", "ReLU"]  # left as they were
    assert peers.relu_first([nn.ReLU(), nn.MaxPool2D(2)])[0].config() == nn.ReLU().config()


def test_where_compiling_fails_it_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")

    def fail(*_: object, **__: object) -> None:
        raise OSError("no compiler")

    monkeypatch.setattr(peers, "torch_step", fail)
    peers.compiles.cache_clear()
    assert not peers.compiles()
    assert "left out (OSError)" in capsys.readouterr().err
    peers.compiles.cache_clear()


@pytest.mark.peers
def test_pytorch_trains_in_its_fastest_mode(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(peers, "compiles", lambda: False)
    mode, speed = peers.torch_training(convolutional(), IMAGES, LABELS, 1, 0.001)
    tried = [part.rsplit(" ", 1)[0] for part in capsys.readouterr().err.strip().split("; ")]
    assert len(tried) == 8  # both orders, both memory formats, Adam and fused Adam
    assert mode == tried[0]
    assert speed is not None
    assert speed(0.01) > 0


@pytest.mark.peers
def test_a_step_of_pytorch_lowers_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(peers, "LEARNING_RATE", 0.05)
    network = nn.Sequential([nn.Flatten(), nn.Dense(96, 3)], input_shape=(1, 8, 12), rng=0)
    module = peers.twin(network.layers)
    monkeypatch.setattr(peers, "twin", lambda _: module)
    step = peers.torch_step(IMAGES, LABELS, network.layers, torch.contiguous_format, fused=False)
    x, y = torch.from_numpy(IMAGES), torch.from_numpy(LABELS)

    def loss() -> float:
        return float(torch.nn.functional.cross_entropy(module(x), y).detach())

    before = loss()
    for _ in range(20):
        step()
    assert loss() < 0.5 * before


@pytest.mark.peers
def test_inference_and_scikit_learn_are_measured() -> None:
    for found in (
        peers.torch_forward(convolutional(), IMAGES, 0.001),
        peers.sklearn_training(IMAGES.reshape(6, -1), LABELS, 6, 2, 0.001),
    ):
        assert found[0]
        assert found[1] is not None
        assert found[1](0.01) > 0
    assert list(peers.layouts(IMAGES)) == ["", "channels last, "]
    assert list(peers.layouts(IMAGES.reshape(6, -1))) == [""]
