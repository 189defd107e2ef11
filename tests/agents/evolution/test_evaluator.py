"""The evaluation of a population gives the same on one core, on several processes and in several threads."""

from typing import Any

import joblib
import numpy as np
import pytest
from numpy.typing import NDArray

import nn
from agents.evolution.evaluator import PopulationEvaluator
from snake_env.observations.features import OVERALL, PER_ACTION
from tests.support.same import assert_same

SNAKE = "snake_env:snake_env/Snake-v1"
FEATURES = len(PER_ACTION) + len(OVERALL)


def evaluator(environment: dict[str, Any], vectorization: str = "vector_entry_point") -> PopulationEvaluator:
    layers = [nn.Dense(FEATURES, 5), nn.ReLU(), nn.Dense(5, 1)]
    network = nn.Sequential(layers, input_shape=(FEATURES,), rng=0)
    rules = environment | {"observation": "features"}
    return PopulationEvaluator(SNAKE, rules, network, len(PER_ACTION), vectorization)


def genomes(of: PopulationEvaluator, candidates: int = 24) -> NDArray[np.float64]:
    return np.random.default_rng(1).standard_normal((candidates, of.network.size))


@pytest.mark.parametrize("backend", ["threading", "loky"])
@pytest.mark.parametrize("environment", [{"height": 5, "width": 6}, {"height": 6, "width": 5, "obstacles": [0.1, 2]}])
def test_workers_of_every_kind_play_the_games_of_one(backend: str, environment: dict[str, Any]) -> None:
    plays, seeds = evaluator(environment), list(range(10))
    alone = plays.play(genomes(plays), seeds)
    with joblib.parallel_config(backend):
        for workers in (2, 4):
            together = plays.play(genomes(plays), seeds, workers=workers)
            assert_same((alone.scores, alone.won, alone.steps), (together.scores, together.won, together.steps))


def test_two_evaluators_in_several_threads_play_their_own_games() -> None:
    """The same boards and number of games, other agents: nothing of one may reach the other."""
    plays, seeds = evaluator({"height": 5, "width": 6}), list(range(6))
    populations = [genomes(plays, 8) + shift for shift in range(6)]
    alone = [plays.play(population, seeds) for population in populations]
    together = joblib.Parallel(6, backend="threading")(
        joblib.delayed(plays.play)(population, seeds) for population in populations
    )
    for one, other in zip(alone, together, strict=True):
        assert_same(one.scores, other.scores)


def test_environments_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    plays = evaluator({"height": 5, "width": 6}, "sync")
    make = PopulationEvaluator._make_envs

    def watched(self: PopulationEvaluator, num_envs: int) -> Any:
        envs = make(self, num_envs)
        monkeypatch.setattr(envs, "close", lambda: closed.append(num_envs))
        return envs

    monkeypatch.setattr(PopulationEvaluator, "_make_envs", watched)
    plays.play(genomes(plays, 3), [1, 2])
    assert closed == [6]
