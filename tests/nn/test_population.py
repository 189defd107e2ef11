"""Populations: M networks at once compute what each of them computes alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn import Dense, Flatten, LeakyReLU, ReLU, Sequential, Sigmoid, Softmax, Tanh
from nn.types import Array


def everything(hidden: int, outputs: int, shape: tuple[int, int, int]) -> Sequential:
    inner = Sequential([Dense(hidden, hidden), LeakyReLU(), Dense(hidden, hidden), Sigmoid()])
    layers = [ReLU(), Flatten(), Dense(int(np.prod(shape)), hidden), Tanh(), inner, Dense(hidden, outputs), Softmax()]
    return Sequential(layers, shape, rng=0, dtype=np.float64)


@given(
    members=st.integers(1, 5),
    batch=st.integers(0, 4),
    hidden=st.integers(1, 5),
    outputs=st.integers(1, 4),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4)),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_equals_each_network_alone(
    members: int, batch: int, hidden: int, outputs: int, shape: tuple[int, int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    network = everything(hidden, outputs, shape)
    genomes = rng.normal(size=(members, network.size))
    x = rng.normal(size=(members, batch, *shape))
    weigh = rng.normal(size=(members, batch, outputs))
    population = network.population(genomes)
    together = population.forward(x, training=True)
    gradients = population.backward(weigh)
    assert together.shape == (members, batch, outputs)
    for m in range(members):
        network.flat = genomes[m]
        network.gradient = 0
        np.testing.assert_allclose(together[m], network.forward(x[m], training=True), rtol=1e-12)
        np.testing.assert_allclose(gradients[m], network.backward(weigh[m]), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(population.gradient[m], network.gradient, rtol=1e-9, atol=1e-12)


def scorer() -> Sequential:
    return Sequential([Dense(16, 12), Tanh(), Dense(12, 1)], input_shape=(16,), rng=np.random.default_rng(0))


@pytest.mark.parametrize("layout", ["rows", "columns", "slice"])
def test_genomes_are_not_copied(layout: str) -> None:
    rng = np.random.default_rng(0)
    genomes = {
        "rows": rng.normal(size=(8, 217)).astype(np.float32),
        "columns": rng.normal(size=(217, 8)).astype(np.float32).T,
        "slice": rng.normal(size=(16, 300)).astype(np.float32)[::2, 50:267],
    }[layout]
    population = scorer().population(genomes)
    x = rng.normal(size=(8, 5, 16))
    before = population.forward(x)
    assert before.shape == (8, 5, 1)
    assert before.dtype == np.float32
    for parameter in population.parameters().values():
        assert np.shares_memory(parameter.value, genomes)
    genomes[3] += 1  # the next generation, written into the same matrix
    changed = (population.forward(x) != before).any(axis=(1, 2))
    np.testing.assert_array_equal(np.flatnonzero(changed), [3])


def test_genomes_may_be_read_only() -> None:
    genomes = np.random.default_rng(0).normal(size=(4, 217)).astype(np.float32)
    genomes.flags.writeable = False  # as shared memory between processes is
    assert scorer().population(genomes).forward(np.ones((4, 2, 16))).shape == (4, 2, 1)


def test_the_network_itself_stays_as_it_is() -> None:
    network = scorer()
    before = network.flat.copy()
    population = network.population(np.zeros((3, 217), np.float32))
    population.flat += 1
    np.testing.assert_array_equal(network.flat, before)
    assert network.forward(np.ones((2, 16))).shape == (2, 1)


def test_one_batch_for_all() -> None:
    population = scorer().population(np.random.default_rng(0).normal(size=(3, 217)).astype(np.float32))
    x = np.random.default_rng(1).normal(size=(5, 16))
    together = population.forward(np.broadcast_to(x, (3, 5, 16)))
    np.testing.assert_array_equal(together, population.forward(np.stack([x, x, x])))


@pytest.mark.parametrize("shape", [(5, 16), (2, 5, 16), (1, 5, 16), (3, 5, 15), (3, 16), (3, 1, 5, 16)])
def test_an_input_that_does_not_fit(shape: tuple[int, ...]) -> None:
    population = scorer().population(np.zeros((3, 217), np.float32))
    with pytest.raises(ValueError, match=r"the input is .*, this network takes \(3, N, 16\)"):
        population.forward(np.zeros(shape))


@pytest.mark.parametrize("genomes", [np.zeros((3, 216), np.float32), np.zeros(217, np.float32), np.zeros((3, 217))])
def test_genomes_that_do_not_fit(genomes: Array) -> None:
    with pytest.raises(ValueError, match=r"genomes are float.*, this network takes float32 \(M, 217\)"):
        scorer().population(genomes)
