"""Optimisers, clipping and averaging: against numbers frozen from PyTorch, PyTorch itself, and formulas by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from nn import (
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    Conv2D,
    Dense,
    LayerNorm,
    Optimiser,
    RMSProp,
    Sequential,
    WeightAverage,
    clip_by_global_norm,
)
from nn.types import Array
from tests.support.same import assert_same
from tests.support.torch_numbers import OPTIMISERS

KINDS: list[Callable[[Sequential], Optimiser]] = [
    lambda network: SGD(network, 0.1),
    lambda network: SGD(network, 0.1, 0.9, nesterov=True),
    RMSProp,
    Adam,
    AdamW,
]


def build(flat: Array) -> Sequential:
    return Sequential([Dense(2, 2)], (2,), flat=flat)


@pytest.mark.parametrize("call", OPTIMISERS)
def test_numbers_frozen_from_pytorch(call: str) -> None:
    first, fifth = OPTIMISERS[call]
    network = build(np.array([1.0, -2.0, 0.5, 3.0, -1.0, 0.2]))
    optimiser: Optimiser = eval(f"nn.{call}", {"nn": nn, "network": network})
    for t in range(1, 6):
        network.gradient = np.sin(t * np.arange(1, 7))
        optimiser.step()
        if t == 1:
            np.testing.assert_allclose(network.flat, first, rtol=1e-11)
    np.testing.assert_allclose(network.flat, fifth, rtol=1e-11)


@pytest.mark.peers
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda n: SGD(n, 0.1), lambda t, p: t.optim.SGD(p, 0.1)),
        (lambda n: SGD(n, 0.1, 0.8), lambda t, p: t.optim.SGD(p, 0.1, 0.8)),
        (lambda n: SGD(n, 0.1, 0.8, nesterov=True), lambda t, p: t.optim.SGD(p, 0.1, 0.8, nesterov=True)),
        (lambda n: RMSProp(n, 0.01, 0.9), lambda t, p: t.optim.RMSprop(p, 0.01, 0.9)),
        (lambda n: Adam(n, 0.01), lambda t, p: t.optim.Adam(p, 0.01)),
        (lambda n: AdamW(n, 0.01, weight_decay=0.1), lambda t, p: t.optim.AdamW(p, 0.01, weight_decay=0.1)),
    ],
)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-5), (np.float64, 1e-12)])
def test_training_with_pytorch(ours: Any, theirs: Any, dtype: type[np.float32], tolerance: float) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    network = Sequential([Dense(6, 9), nn.Tanh(), Dense(9, 3)], (6,), rng=0, dtype=dtype)
    twin = torch.nn.Sequential(torch.nn.Linear(6, 9), torch.nn.Tanh(), torch.nn.Linear(9, 3))
    twin.to(getattr(torch, np.dtype(dtype).name))
    for theirs_, parameter in zip(twin.parameters(), network.parameters().values(), strict=True):
        theirs_.data = torch.tensor(parameter.value.T.copy())
    weights, biases = list(twin.parameters())[::2], list(twin.parameters())[1::2]
    optimiser = ours(network)
    groups: list[dict[str, Any]] = [{"params": weights}, {"params": biases, "weight_decay": 0}]
    its_optimiser = theirs(torch, groups)
    loss = nn.SoftmaxCrossEntropy()
    for _ in range(20):
        x, y = rng.normal(size=(8, 6)).astype(dtype), rng.integers(3, size=8)
        its_optimiser.zero_grad()
        torch.nn.functional.cross_entropy(twin(torch.tensor(x)), torch.tensor(y)).backward()
        its_optimiser.step()
        network.gradient = 0
        network.accumulate_gradients(loss(network.forward(x, training=True), y)[1])
        optimiser.step()
    for theirs_, parameter in zip(twin.parameters(), network.parameters().values(), strict=True):
        np.testing.assert_allclose(parameter.value.T, theirs_.detach().numpy(), atol=tolerance)


def test_adam_is_the_papers_algorithm() -> None:
    rng = np.random.default_rng(0)
    theta = rng.normal(size=6)
    network = build(theta.copy())
    optimiser = Adam(network, 0.1, (0.7, 0.9), 1e-3)
    m = v = np.zeros(6)
    for t in range(1, 8):
        g = rng.normal(size=6)
        m = 0.7 * m + (1 - 0.7) * g
        v = 0.9 * v + (1 - 0.9) * g**2
        theta = theta - 0.1 * (m / (1 - 0.7**t)) / (np.sqrt(v / (1 - 0.9**t)) + 1e-3)
        network.gradient = g
        optimiser.step()
        np.testing.assert_allclose(network.flat, theta, rtol=1e-12)


def test_adamw_decays_weights_only() -> None:
    network = Sequential([Dense(3, 2), BatchNorm(2)], (3,), rng=0, dtype=np.float64)
    network.flat = np.arange(1.0, network.size + 1)
    before = network.flat.copy()
    AdamW(network, 0.1, weight_decay=0.5).step()  # the gradient is 0
    np.testing.assert_allclose(network.flat[:6], before[:6] * 0.95)
    np.testing.assert_array_equal(network.flat[6:], before[6:])


def test_adamw_decays_no_gain_of_images() -> None:
    network = Sequential([Conv2D(1, 2), LayerNorm((2, 3, 4))], (1, 3, 4), rng=0, dtype=np.float64)
    network.flat = np.arange(1.0, network.size + 1)
    before = network.flat.copy()
    AdamW(network, 0.1, weight_decay=0.5).step()
    np.testing.assert_allclose(network.flat[:18], before[:18] * 0.95)
    np.testing.assert_array_equal(network.flat[18:], before[18:])


def test_adamw_decays_the_weights_of_a_population_and_of_networks_in_networks() -> None:
    inner = Sequential([Dense(2, 2), Sequential([Dense(2, 1)])])
    network = Sequential([inner], (2,), rng=0, dtype=np.float64)
    many = network.population(np.ones((3, network.size)))
    AdamW(many, 0.1, weight_decay=0.5).step()
    np.testing.assert_allclose(many.flat, np.tile([*[0.95] * 4, 1, 1, 0.95, 0.95, 1], (3, 1)))


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_without_gradient_do_not_change(kind: Callable[[Sequential], Optimiser]) -> None:
    network = build(np.array([0, 0, 0, 0, 1, 2], np.float32))
    optimiser = kind(network)
    for _ in range(3):
        optimiser.step()
    np.testing.assert_array_equal(network.flat, [0, 0, 0, 0, 1, 2])


@pytest.mark.parametrize("kind", KINDS)
def test_the_learning_rate_may_be_assigned(kind: Callable[[Sequential], Optimiser]) -> None:
    network = build(np.ones(6))
    optimiser = kind(network)
    optimiser.learning_rate = 0.0
    network.gradient = 1
    optimiser.step()
    np.testing.assert_array_equal(network.flat, np.ones(6))
    optimiser.learning_rate = 0.5
    optimiser.step()
    assert (network.flat < 0.8).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_restored_optimiser_continues_bit_for_bit(
    kind: Callable[[Sequential], Optimiser], dtype: type[np.float32]
) -> None:
    gradients = np.random.default_rng(0).normal(size=(8, 6)).astype(dtype)
    network = build(np.ones(6, dtype))
    optimiser = kind(network)
    for gradient in gradients[:4]:
        network.gradient = gradient
        optimiser.step()
    optimiser.learning_rate = 0.03
    state, flat = optimiser.state(), network.flat.copy()
    twin = build(flat)
    second = kind(twin)
    second.restore(state)
    for gradient in gradients[4:]:
        for one in (optimiser, second):
            one.network.gradient = gradient
            one.step()
    np.testing.assert_array_equal(twin.flat, network.flat)
    assert_same(second.state(), optimiser.state())
    assert twin.flat.dtype == dtype
    assert all(vector.dtype == dtype for vector in second.moments.values())


@pytest.mark.parametrize("kind", KINDS)
def test_threads_change_no_bit(kind: Callable[[Sequential], Optimiser]) -> None:
    rng = np.random.default_rng(0)
    P = 260 * 1000 + 1000
    start, gradients = rng.normal(size=P).astype(np.float32), rng.normal(size=(2, P)).astype(np.float32)
    found = []
    try:
        for count in (1, 2, 3):
            nn.threads.use(count)
            network = Sequential([Dense(260, 1000)], (260,), flat=start.copy())
            optimiser = kind(network)
            for gradient in gradients:
                network.gradient = gradient
                optimiser.step()
            found.append(network.flat)
    finally:
        nn.threads.use(1)
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_population_moves_member_by_member(kind: Callable[[Sequential], Optimiser]) -> None:
    genomes, gradients = np.random.default_rng(0).normal(size=(2, 3, 6))
    many = build(genomes.copy())
    optimiser = kind(many)
    many.gradient = gradients
    optimiser.step()
    for m in range(3):
        one = build(genomes[m].copy())
        single = kind(one)
        one.gradient = gradients[m]
        single.step()
        np.testing.assert_array_equal(many.flat[m], one.flat)


def test_a_state_that_does_not_fit() -> None:
    network = build(np.ones(6))
    with pytest.raises(ValueError, match=r"this is the state of something else: it has .*gradients.*, not .*square"):
        RMSProp(network).restore(Adam(network).state())
    with pytest.raises(ValueError, match=r"float64 \(6,\).*, not .*float32 \(6,\)"):
        Adam(build(np.ones(6, np.float32))).restore(Adam(network).state())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda n: SGD(n, -1), "the learning rate is -1: give a number from 0 on"),
        (lambda n: Adam(n, np.nan), "the learning rate is nan"),
        (lambda n: SGD(n, 0.1, 1.0), r"SGD\(momentum=1.0\) needs a momentum from 0 to below 1"),
        (lambda n: SGD(n, 0.1, nesterov=True), r"SGD\(nesterov=True\) needs a momentum above 0"),
        (lambda n: RMSProp(n, alpha=1.0), r"RMSProp\(alpha=1.0\) needs an alpha from 0 to below 1"),
        (lambda n: RMSProp(n, epsilon=0), "epsilon is 0: give a number above 0"),
        (lambda n: Adam(n, betas=(0.9, 1.0)), r"Adam\(betas=\(0.9, 1.0\)\) needs two numbers"),
        (lambda n: AdamW(n, epsilon=-1), "epsilon is -1: give a number above 0"),
        (lambda n: AdamW(n, weight_decay=-0.1), r"AdamW\(weight_decay=-0.1\) needs a weight decay from 0 on"),
        (lambda n: WeightAverage(n, 1.0), r"WeightAverage\(decay=1.0\) needs a decay from 0 to below 1"),
        (lambda n: clip_by_global_norm(n.gradient, 0), "max_norm is 0: give the norm above which"),
    ],
)
def test_bad_arguments(make: Callable[[Sequential], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(build(np.ones(6)))


def test_averaging_by_hand() -> None:
    network = build(np.zeros(6))
    average = WeightAverage(network, 0.2)
    network.flat = 10
    average.update()  # d = 1/10: 0.1 · 0 + 0.9 · 10
    np.testing.assert_allclose(average.flat, 9)
    network.flat = 20
    average.update()  # d = 2/11
    np.testing.assert_allclose(average.flat, 2 / 11 * 9 + 9 / 11 * 20)
    network.flat = 0
    average.update()  # d = 0.2 from now on, since 3/12 is more
    np.testing.assert_allclose(average.flat, 0.2 * (2 / 11 * 9 + 9 / 11 * 20))


def test_an_averaged_network_is_a_copy() -> None:
    network = build(np.ones(6, np.float32))
    average = WeightAverage(network, 0.9)
    network.flat = 3
    average.update()
    copy = average.network()
    np.testing.assert_array_equal(copy.flat, average.flat)
    np.testing.assert_array_equal(network.flat, np.full(6, 3))
    copy.flat = 0
    assert average.flat.all()
    assert average.flat.dtype == np.float32
