"""Schedules: against numbers frozen from PyTorch, and at their corners; annealing."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn.schedules import Annealing, Schedule, anneal, constant, cosine, one_cycle, step
from tests.support.torch_numbers import SCHEDULES


def test_step_frozen_from_pytorch() -> None:
    schedule = step(0.1, milestones=(5 / 20, 15 / 20), factor=0.3)
    np.testing.assert_allclose([schedule(t / 20) for t in range(20)], SCHEDULES["MultiStepLR"], rtol=1e-11)


def test_cosine_frozen_from_pytorch() -> None:
    schedule = cosine(0.1, final=0.01)
    np.testing.assert_allclose([schedule(t / 20) for t in range(20)], SCHEDULES["CosineAnnealingLR"], rtol=1e-11)


def test_one_cycle_frozen_from_pytorch() -> None:
    # PyTorch spreads 20 steps from 0 to 19, with the peak at 0.3 · 20 - 1
    schedule = one_cycle(0.1, rise=5 / 19)
    np.testing.assert_allclose([schedule(t / 19) for t in range(20)], SCHEDULES["OneCycleLR"], rtol=1e-9)


@pytest.mark.peers
@pytest.mark.parametrize("seed", range(5))
def test_pytorch(seed: int) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    steps, rise = int(rng.integers(5, 60)), float(rng.uniform(0.3, 0.9))
    highest, start, final = rng.uniform(0.01, 1, 3).tolist()
    shares = {"pct_start": rise, "div_factor": 1 / start, "final_div_factor": start / final}
    kinds = torch.optim.lr_scheduler
    cases: list[tuple[Any, Schedule, int]] = [
        (
            lambda o: kinds.OneCycleLR(o, highest, total_steps=steps, cycle_momentum=False, **shares),
            one_cycle(highest, (rise * steps - 1) / (steps - 1), start, final),
            steps - 1,
        ),
        (
            lambda o: kinds.CosineAnnealingLR(o, steps, eta_min=final * highest),
            cosine(highest, final * highest),
            steps,
        ),
    ]
    for make, schedule, last in cases:
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=highest)
        theirs = make(optimiser)
        for t in range(steps):
            assert schedule(t / last) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9)
            if t < steps - 1:
                optimiser.step()
                theirs.step()


def test_corners() -> None:
    assert constant(0.3)(0) == constant(0.3)(1) == 0.3
    halves = step(8.0, milestones=(0.25, 0.5, 1.0), factor=0.5)
    assert [halves(p) for p in (0, 0.2499, 0.25, 0.49, 0.5, 0.999, 1)] == [8, 8, 4, 4, 2, 2, 1]
    warm = cosine(0.8, warmup=0.2)
    np.testing.assert_allclose([warm(p) for p in (0, 0.05, 0.2, 0.6, 1)], [0, 0.2, 0.8, 0.4, 0], atol=1e-15)
    cycle = one_cycle(1.0, rise=0.4, start=0.1, final=0.01)
    np.testing.assert_allclose([cycle(p) for p in (0, 0.2, 0.4, 0.7, 1)], [0.1, 0.55, 1, 0.505, 0.01])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("constant", [2, 2, 2, 2, 2]), ("linear", [2, 2, 1.5, 0, 0]), ("cosine", [2, 2, 1 + math.sqrt(0.5), 0, 0])],
)
def test_annealing(kind: Annealing, expected: list[float]) -> None:
    found = [anneal(kind, 2.0, 0.0, progress) for progress in (-1, 0, 0.25, 1, 2)]
    np.testing.assert_allclose(found, expected, atol=1e-15)


def test_an_unknown_annealing_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no schedule 'step'; choose one of constant, linear, cosine"):
        anneal("step", 1.0, 0.0, 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("schedule", [constant(0.1), step(0.1), cosine(0.1, warmup=0.1), one_cycle(0.1)])
def test_rates_stay_within_0_and_the_highest(schedule: Schedule) -> None:
    rates = [schedule(p) for p in np.linspace(0, 1.2, 121)]  # the last step of a time budget may lie beyond its end
    assert all(0 <= rate <= 0.1 for rate in rates)
    assert rates[-1] == rates[100]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constant(0), "the learning rate is 0: give a number above 0"),
        (lambda: cosine(float("nan")), "the learning rate is nan"),
        (lambda: step(0.1, (0.5, 0.2)), r"milestones are \(0.5, 0.2\): give ascending numbers from 0 to 1"),
        (lambda: step(0.1, (10, 20)), r"milestones are \(10, 20\): give ascending numbers from 0 to 1"),
        (lambda: step(0.1, factor=0), "factor is 0: give a number above 0"),
        (lambda: cosine(0.1, final=0.2), "final is 0.2: give a learning rate from 0 to 0.1"),
        (lambda: cosine(0.1, warmup=1), "warmup is 1: give a fraction of the training"),
        (lambda: one_cycle(0.1, rise=0), "rise is 0: give a fraction of the training"),
        (lambda: one_cycle(0.1, start=25), "start is 25: give a fraction of the highest"),
        (lambda: one_cycle(0.1, final=-1), "final is -1: give a fraction of the highest"),
    ],
)
def test_bad_arguments(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
