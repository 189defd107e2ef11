"""Epsilon-greedy exploration: by counting, and its schedule by hand."""

import numpy as np
import pytest

from agents.learning.exploration import epsilon_greedy, exploration_rate


def test_random_actions_are_allowed_and_uniform() -> None:
    masks = np.tile([True, False, True, True], (6000, 1))
    values = np.tile([1.0, 9.0, 3.0, 2.0], (6000, 1))
    rng = np.random.default_rng(0)
    counts = np.bincount(epsilon_greedy(values, masks, 0.6, rng), minlength=4) / 6000
    np.testing.assert_allclose(counts, [0.2, 0, 0.6, 0.2], atol=0.03)
    assert set(epsilon_greedy(values, masks, 0.0, rng).tolist()) == {2}


def test_the_generator_is_in_the_same_state_for_every_epsilon() -> None:
    masks, values = np.ones((5, 3), bool), np.zeros((5, 3))
    after = []
    for epsilon in (0.0, 0.5, 1.0):
        rng = np.random.default_rng(0)
        epsilon_greedy(values, masks, epsilon, rng)
        after.append(rng.random())
    assert after[0] == after[1] == after[2]


def test_the_rate_falls_linearly_and_stays() -> None:
    found = [exploration_rate(1.0, 0.2, 0.5, progress) for progress in (0, 0.25, 0.5, 1)]
    np.testing.assert_allclose(found, [1.0, 0.6, 0.2, 0.2])
    assert exploration_rate(1.0, 0.2, 0.0, 0.0) == pytest.approx(0.2)
