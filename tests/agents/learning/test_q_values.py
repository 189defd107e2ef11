"""The formulas of deep Q-learning: by hand, and the loss by central differences."""

import numpy as np
import pytest

from agents.learning.q_values import action_values, n_step_targets, q_loss
from tests.nn.layers.test_gradients import central_differences, relative_error


def test_targets_by_hand() -> None:
    returns, discounts = np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.5, 0.0])
    chooser = np.array([[9.0, 1.0, 2.0], [9.0, 1.0, 2.0], [1.0, 2.0, 3.0]])
    values = np.array([[10.0, 20.0, 30.0], [10.0, 20.0, 30.0], [7.0, 7.0, 7.0]])
    masks = np.array([[True, True, True], [False, True, True], [True, True, True]])
    # chosen: action 0, worth 10; action 2, since 0 is forbidden, worth 30; any, since the game has terminated
    double = n_step_targets(returns, discounts, chooser, values, masks)
    assert double.tolist() == [1 + 5, 2 + 15, 3]
    single = n_step_targets(returns, discounts, values, values, masks)
    assert single.tolist() == [1 + 15, 2 + 15, 3]


def test_dueling_values_by_hand() -> None:
    output = np.array([[1.0, 2.0, 6.0, 10.0]])  # advantages with the mean 3, and the value 10
    assert action_values(output, dueling=True).tolist() == [[8, 9, 13]]
    assert action_values(output, dueling=False) is output


def test_the_loss_by_hand() -> None:
    output = np.array([[1.0, 5.0], [0.0, 0.0]])
    total, gradient, errors = q_loss(
        output, np.array([1, 0]), np.array([4.5, 3.0]), np.array([1.0, 0.5]), dueling=False, delta=1.0
    )
    assert errors.tolist() == [-0.5, 3.0]
    assert total == 0.5**2 / 2 + 0.5 * (3 - 0.5)  # squared; linear, with half the weight
    assert gradient.tolist() == [[0, 0.5], [-0.5, 0]]


@pytest.mark.parametrize("dueling", [False, True])
def test_the_gradient_of_the_loss(dueling: bool) -> None:
    rng = np.random.default_rng(0)
    B, A = 12, 3
    output = rng.normal(size=(B, A + dueling)) * 2
    actions, targets, weights = rng.integers(A, size=B), rng.normal(size=B) * 2, rng.uniform(0.1, 1, size=B)

    def value() -> float:
        return q_loss(output, actions, targets, weights, dueling=dueling, delta=0.8)[0]

    _, gradient, errors = q_loss(output, actions, targets, weights, dueling=dueling, delta=0.8)
    assert (np.abs(errors) > 0.8).any()
    assert (np.abs(errors) < 0.8).any()
    assert relative_error(gradient, central_differences(value, output)) < 1e-7
