"""Both strategies on functions whose optimum is known, and properties of every strategy."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nn
from agents.evolution.cma_es import CMAES
from agents.evolution.genetic import GeneticAlgorithm
from agents.evolution.strategy import Strategy, rank

Array = NDArray[Any]
MAKERS: dict[str, Callable[..., Strategy]] = {"cma-es": CMAES, "genetic": GeneticAlgorithm}


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Callable[..., Strategy]:
    return MAKERS[request.param]


def run(strategy: Strategy, fitness: Callable[[Array], Array], generations: int) -> None:
    for _ in range(generations):
        strategy.tell(fitness(strategy.ask()))


def test_comes_close_on_a_sphere(make: Callable[..., Strategy]) -> None:
    target = np.linspace(-2, 2, 7)
    strategy = make(np.zeros(7), population=24, sigma=1.0, rng=np.random.default_rng(0))
    start = np.linalg.norm(strategy.centre - target)
    run(strategy, lambda genomes: -np.sum((genomes - target) ** 2, axis=1), 150)
    assert np.linalg.norm(strategy.centre - target) < start / 20


def test_cma_es_solves_a_badly_scaled_ellipsoid() -> None:
    """A rotated ellipsoid with axes from 1 to 1000, which is slow to search without learning the covariance."""
    rng = np.random.default_rng(1)
    rotation, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    scales = np.logspace(0, 3, 6)
    strategy = CMAES(np.ones(6), population=16, sigma=0.5, rng=rng)
    run(strategy, lambda genomes: -np.sum((scales * (genomes @ rotation)) ** 2, axis=1), 500)
    assert np.linalg.norm(strategy.centre) < 1e-6


def test_cma_es_with_a_diagonal_covariance_finds_a_sphere() -> None:
    P = 700  # more than FULL_UP_TO
    strategy = CMAES(np.ones(P), population=40, sigma=0.3, rng=np.random.default_rng(0))
    run(strategy, lambda genomes: -np.sum(genomes**2, axis=1), 300)
    assert np.linalg.norm(strategy.centre) < 0.2 * np.sqrt(P)


def test_solves_xor(make: Callable[..., Strategy]) -> None:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    targets = np.array([0, 1, 1, 0])
    layers = [nn.Dense(2, 4), nn.Tanh(), nn.Dense(4, 1)]
    network = nn.Sequential(layers, input_shape=(2,), rng=0)

    def fitness(genomes: Array) -> Array:
        population = network.population(genomes.astype(np.float32))
        y = population.forward(np.broadcast_to(x, (len(genomes), *x.shape)))[..., 0]
        error: Array = np.sum((y - targets) ** 2, axis=1)
        return -error

    strategy = make(network.flat.astype(np.float64), population=40, sigma=1.0, rng=np.random.default_rng(2))
    run(strategy, fitness, 200)
    network.flat = strategy.centre.astype(np.float32)
    assert ((network.forward(x)[:, 0] > 0.5) == targets).all()


def test_same_seed_same_search(make: Callable[..., Strategy]) -> None:
    def search(seed: int) -> bytes:
        strategy = make(np.zeros(5), population=8, sigma=1.0, rng=np.random.default_rng(seed))
        run(strategy, lambda genomes: -np.abs(genomes).sum(axis=1), 10)
        return strategy.centre.tobytes()

    assert search(3) == search(3)
    assert search(3) != search(4)


def test_continues_from_its_state_as_without_an_interruption(make: Callable[..., Strategy]) -> None:
    def fitness(genomes: Array) -> Array:
        error: Array = np.sum((genomes - 1) ** 2, axis=1)
        return -error

    whole = make(np.zeros(5), population=8, sigma=1.0, rng=np.random.default_rng(0))
    run(whole, fitness, 12)
    first = make(np.zeros(5), population=8, sigma=1.0, rng=np.random.default_rng(0))
    run(first, fitness, 5)
    arrays, header = first.state()
    second = make(np.zeros(5), population=8, sigma=9.0, rng=np.random.default_rng(99))
    second.restore({name: array.copy() for name, array in arrays.items()}, json.loads(json.dumps(header)))
    run(second, fitness, 7)
    assert second.centre.tobytes() == whole.centre.tobytes()


def test_a_returned_state_does_not_change(make: Callable[..., Strategy]) -> None:
    strategy = make(np.zeros(3), population=6, sigma=0.5, rng=np.random.default_rng(0))
    run(strategy, lambda genomes: -(genomes**2).sum(axis=1), 2)
    arrays, _ = strategy.state()
    before = {name: array.copy() for name, array in arrays.items()}
    run(strategy, lambda genomes: -(genomes**2).sum(axis=1), 2)
    for name, array in before.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)


def test_cma_es_mirrors_its_samples() -> None:
    strategy = CMAES(np.full(3, 5.0), population=6, sigma=1.0, rng=np.random.default_rng(0))
    genomes = strategy.ask()
    np.testing.assert_allclose(genomes[:3] + genomes[3:], 10.0)


def test_the_genetic_algorithm_keeps_its_elite() -> None:
    strategy = GeneticAlgorithm(np.zeros(3), population=6, sigma=1.0, rng=np.random.default_rng(0), elite=2)
    genomes = strategy.ask()
    strategy.tell(np.array([0.0, 5.0, 1.0, 9.0, 2.0, 3.0]))
    np.testing.assert_array_equal(strategy.ask()[:2], genomes[[3, 1]])


def test_nan_ranks_last() -> None:
    assert rank(np.array([1.0, np.nan, 3.0, -np.inf]), 4).tolist()[:2] == [2, 0]


def test_a_wrong_number_of_fitness_values_is_refused(make: Callable[..., Strategy]) -> None:
    strategy = make(np.zeros(3), population=6, sigma=1.0, rng=np.random.default_rng(0))
    strategy.ask()
    with pytest.raises(ValueError, match=r"shape \(5,\).*6 candidates"):
        strategy.tell(np.zeros(5))


@pytest.mark.parametrize("wrong", [{"population": 2}, {"sigma": 0.0}])
def test_impossible_settings_are_refused(make: Callable[..., Strategy], wrong: dict[str, float]) -> None:
    settings = {"population": 8, "sigma": 1.0} | wrong
    with pytest.raises(ValueError, match="population is"):
        make(np.zeros(3), rng=np.random.default_rng(0), **settings)
