"""Whole networks, trained for several steps: against weights frozen from PyTorch, and against PyTorch itself."""

import json
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import nn
from nn import MeanSquaredError, Sequential, SoftmaxCrossEntropy
from nn.types import Array
from tests.support.torch_numbers import NETWORKS, NUMBERS

TOLERANCES = [(np.float64, 1e-9), (np.float32, 2e-4)]


def assert_trains_as(case: dict[str, Any], dtype: type[np.float32] | type[np.float64], tolerance: float) -> None:
    """Compare the loss and all weights after each step, running statistics included, and inference at the end."""
    network = Sequential(case["layers"], case["input_shape"], flat=np.array(case["flat"], dtype))
    name, arguments = case["optimiser"]
    optimiser = getattr(nn, name)(network, **arguments)
    y = np.array(case["y"])
    loss = SoftmaxCrossEntropy() if y.ndim == 2 else MeanSquaredError()
    for x, targets, value, flat in zip(case["x"], y, case["losses"], case["flats"], strict=True):
        network.gradient = 0
        found, gradient = loss(network.forward(x, training=True), targets)
        network.accumulate_gradients(gradient)
        optimiser.step()
        assert found == pytest.approx(value, rel=tolerance)
        assert_close(network.flat, flat, tolerance)
    assert_close(network.forward(case["x"][0]), case["outputs"], tolerance)
    assert network.flat.dtype == dtype


def assert_close(ours: Array, theirs: Any, tolerance: float) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_frozen_from_pytorch(name: str, dtype: type[np.float32], tolerance: float) -> None:
    assert_trains_as(NETWORKS[name], dtype, tolerance)


@pytest.mark.peers
@pytest.mark.parametrize("optimiser", ["SGD", "Adam", "AdamW"])
@pytest.mark.parametrize("kind", ["images", "vectors"])
@pytest.mark.parametrize("seed", range(100, 110))
def test_networks_with_pytorch(kind: str, optimiser: str, seed: int) -> None:
    pytest.importorskip("torch")
    case = import_module("tests.support.freeze_torch").network(kind, optimiser, seed)
    assert_trains_as(case, np.float64, 1e-7)


@pytest.mark.peers
def test_the_frozen_numbers_are_what_pytorch_gives() -> None:
    pytest.importorskip("torch")
    found = json.loads(json.dumps(import_module("tests.support.freeze_torch").everything()))
    assert_alike(found | {"version": ""}, NUMBERS | {"version": ""})


def assert_alike(found: Any, frozen: Any) -> None:
    if isinstance(frozen, dict):
        assert list(found) == list(frozen)
        for name in frozen:
            assert_alike(found[name], frozen[name])
    elif isinstance(frozen, list):
        assert len(found) == len(frozen)
        for one, other in zip(found, frozen, strict=True):
            assert_alike(one, other)
    else:
        assert found == (pytest.approx(frozen, rel=1e-9, abs=1e-11) if isinstance(frozen, float) else frozen)
