"""Replicas of a network compute what the network itself computes, whatever the number of threads."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

import nn
from nn.kernels import tuning
from nn.parallel.replicas import ALWAYS, Replicas

Array = NDArray[Any]


@pytest.fixture(autouse=True)
def _one_thread_afterwards() -> Iterator[None]:
    yield
    nn.threads.use(1)


def images(seed: int = 0) -> nn.Sequential:
    layers = [nn.Conv2D(3, 5), nn.LayerNorm((5, 4, 6)), nn.ReLU(), nn.Flatten(), nn.Dense(120, 16), nn.ReLU()]
    heads = nn.Split(nn.Dense(16, 4), nn.Dense(16, 1))
    return nn.Sequential([*layers, heads], input_shape=(3, 4, 6), rng=seed)


def drawn(examples: int) -> tuple[Array, Array]:
    """Images, and dL/dy for them."""
    rng = np.random.default_rng(examples)
    return (
        rng.normal(size=(examples, 3, 4, 6)).astype(np.float32),
        rng.normal(size=(examples, 5)).astype(np.float32),
    )


def replicas_of(network: nn.Sequential, part: int) -> Replicas:
    """Return replicas that compute so many examples at a time."""
    with patch.multiple(tuning, REPLICA_IMAGES=part, REPLICA_VECTORS=part):
        return Replicas(network)


def learnt(network: nn.Sequential, part: int, x: Array, weigh: Array) -> list[Array]:
    """Accumulate the gradient of replicas in the network; return the outputs part by part."""

    def part_of(copy: nn.Sequential, some: slice) -> Array:
        y = copy.forward(x[some], training=True)
        copy.accumulate_gradients(weigh[some])
        return y

    network.gradient = 0.0
    return replicas_of(network, part).accumulate_gradients(part_of, len(x))


@pytest.mark.parametrize("part", [1, 7, 32, 1000])
@pytest.mark.parametrize("examples", [1, 3, 50])
def test_forward_and_gradient_equal_those_of_the_network(part: int, examples: int) -> None:
    network, (x, weigh) = images(), drawn(examples)
    expected = network.forward(x, training=True)
    network.accumulate_gradients(weigh)
    gradient = network.gradient.copy()
    np.testing.assert_allclose(replicas_of(network, part).forward(x), expected, rtol=1e-4, atol=1e-5)
    outputs = learnt(network, part, x, weigh)
    assert [len(y) for y in outputs] == [min(part, examples - start) for start in range(0, examples, part)]
    np.testing.assert_allclose(np.concatenate(outputs), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(network.gradient, gradient, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("part", [3, 16])
def test_any_number_of_threads_gives_the_same_bits(part: int) -> None:
    x, weigh = drawn(53)
    found = []
    for count in (1, 2, 3):
        nn.threads.use(count)
        network = images()
        y = replicas_of(network, part).forward(x)
        learnt(network, part, x, weigh)
        found.append((y.tobytes(), network.gradient.tobytes()))
    assert found[0] == found[1] == found[2]


def test_replicas_work_in_different_threads() -> None:
    nn.threads.use(2)
    network, (x, weigh) = images(), drawn(8)
    both = threading.Barrier(2, timeout=10)  # broken, and an error, if one thread did all the work
    seen = set()

    def part_of(copy: nn.Sequential, some: slice) -> None:
        if some.start in (0, 4):
            both.wait()
        copy.forward(x[some], training=True)
        copy.accumulate_gradients(weigh[some])
        seen.add(threading.get_ident())

    replicas_of(network, 2).accumulate_gradients(part_of, 8)
    assert len(seen) == 2


def test_gradients_are_added_to_what_is_there() -> None:
    network, (x, weigh) = images(), drawn(9)
    learnt(network, 4, x, weigh)
    once = network.gradient.copy()
    replicas = replicas_of(network, 4)

    def part_of(copy: nn.Sequential, some: slice) -> None:
        copy.forward(x[some], training=True)
        copy.accumulate_gradients(weigh[some])

    for _ in range(2):
        replicas.accumulate_gradients(part_of, len(x))
    np.testing.assert_allclose(network.gradient, 3 * once, rtol=1e-5, atol=1e-6)


def test_replicas_use_the_current_weights() -> None:
    network, (x, _) = images(), drawn(9)
    replicas = replicas_of(network, 4)
    before = replicas.forward(x)
    network.flat = images(1).flat
    np.testing.assert_allclose(replicas.forward(x), images(1).forward(x), rtol=1e-4, atol=1e-5)
    assert np.abs(replicas.forward(x) - before).max() > 0.1


def test_inputs_are_prepared_part_by_part() -> None:
    network, (x, _) = images(), drawn(9)
    bytes_of: Array = (x > 0).astype(np.uint8)
    lengths: list[int] = []

    def prepare(some: Array) -> Array:
        lengths.append(len(some))
        return some / np.float32(2)

    found = replicas_of(network, 4).forward(bytes_of, prepare)
    np.testing.assert_allclose(found, network.forward(bytes_of / np.float32(2)), rtol=1e-4, atol=1e-5)
    assert sorted(lengths) == [3, 3, 3]


@pytest.mark.parametrize(("N", "parts"), [(128, [32] * 4), (8, [8]), (40, [8, 32]), (600, [88] + [128] * 4)])
def test_a_batch_is_divided_among_all_replicas_unless_it_is_small(N: int, parts: list[int]) -> None:
    lengths: list[int] = []

    def prepare(some: Array) -> Array:
        lengths.append(len(some))
        return some

    Replicas(images()).forward(np.zeros((N, *images().input_shape), np.float32), prepare)
    assert sorted(lengths) == parts


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([nn.Dense(4, 4), nn.BatchNorm(4)], "measures the whole batch"),
        ([nn.Dense(4, 4), nn.Dropout()], "draws random numbers"),
        ([nn.Split(nn.Sequential([nn.Dropout(0.1), nn.Dense(4, 1)]), nn.Dense(4, 1))], "draws random numbers"),
        ([nn.Split(nn.Dense(4, 1), nn.Sequential([nn.Dense(4, 3), nn.BatchNorm(3)]))], "measures the whole batch"),
    ],
)
def test_layers_that_need_the_whole_batch_or_random_numbers_are_refused(
    layers: Sequence[nn.Layer], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Replicas(nn.Sequential(layers, input_shape=(4,), rng=0))


def test_an_error_in_a_replica_is_raised() -> None:
    nn.threads.use(2)
    for wrong in range(tuning.REPLICAS):

        def part_of(copy: nn.Sequential, some: slice, wrong: int = wrong) -> None:
            assert copy.size
            if some.start == wrong:
                raise KeyError("lost")

        with pytest.raises(KeyError, match="lost"):
            replicas_of(images(), 1).accumulate_gradients(part_of, tuning.REPLICAS)
    x, weigh = drawn(20)  # and all goes on as before
    assert len(learnt(images(), 5, x, weigh)) == tuning.REPLICAS


@pytest.mark.parametrize("count", [1, 2, 3])
def test_nested_work_stays_in_its_thread(count: int) -> None:
    nn.threads.use(count)
    written = np.zeros((6, 5), int)

    def outer(rows: slice) -> None:
        for row in range(6)[rows]:
            here = threading.get_ident()

            def inner(cols: slice, row: int = row, here: int = here) -> None:
                assert threading.get_ident() == here
                assert cols == slice(0, 5)
                written[row, cols] += 1

            nn.threads.parallel_for(inner, 5, ALWAYS)

    nn.threads.parallel_for(outer, 6, ALWAYS)
    assert (written == 1).all()
    cut: list[slice] = []
    nn.threads.parallel_for(cut.append, 6, ALWAYS)  # and after it work is shared again
    assert len(cut) == count
