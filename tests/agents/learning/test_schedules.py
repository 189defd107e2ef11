"""Annealing by hand."""

import math

import pytest

from agents.learning.ppo import PPO, PPOSettings
from nn.schedules import Annealing, anneal
from tests.support.identity import Identity


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("constant", [8, 8, 8, 8, 8]),
        ("linear", [8, 6.5, 5, 2, 2]),
        ("cosine", [8, 5 + 3 * math.sqrt(0.5), 5, 2, 2]),
    ],
)
def test_schedules_by_hand(shape: Annealing, expected: list[float]) -> None:
    found = [anneal(shape, 8, 2, progress) for progress in (-0.1, 0.25, 0.5, 1, 1.3)]
    assert found == pytest.approx(expected)


def test_an_unknown_schedule_is_refused() -> None:
    learner = PPO(Identity(4), PPOSettings(schedule="steep", hidden=(8,)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no schedule 'steep'; choose one of constant, linear, cosine"):
        learner.step(0.5)
