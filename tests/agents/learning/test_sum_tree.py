"""Sum tree: sampling compared with a running sum, and priorities by hand."""

import numpy as np
import pytest

from agents.learning.sum_tree import SumTree


@pytest.mark.parametrize("leaves", [1, 2, 5, 8, 37])
def test_the_tree_finds_the_leaf_that_a_running_sum_finds(leaves: int) -> None:
    rng = np.random.default_rng(leaves)
    tree, reference = SumTree(leaves, 1.0), np.zeros(leaves)
    for _ in range(20):
        changed = rng.integers(leaves, size=3)
        errors = np.round(rng.uniform(0, 9, size=3))
        tree.update(changed, errors)
        for leaf, error in zip(changed.tolist(), errors.tolist(), strict=True):
            reference[leaf] = error + 1e-6
        removed = rng.integers(leaves, size=1)
        tree.remove(removed)
        reference[removed] = 0
        assert tree.total == pytest.approx(reference.sum())
        if reference.sum() > 0:
            positions = rng.uniform(0, reference.sum(), size=50)
            slow = [int(np.flatnonzero(position < np.cumsum(reference))[0]) for position in positions]
            np.testing.assert_array_equal(tree.find(positions), slow)


def test_a_leaf_with_priority_0_is_never_found_not_even_at_the_edge() -> None:
    tree = SumTree(5, 1.0)
    tree.update(np.array([1, 2]), np.array([0.1, 0.2]))
    edges = np.array([0.0, tree.total, np.nextafter(tree.total, 1), 1.0])
    assert tree.find(edges).tolist() == [1, 2, 2, 2]


def test_priorities_are_errors_to_the_power_of_alpha() -> None:
    tree = SumTree(3, 0.5)
    tree.update(np.array([0, 1, 1]), np.array([-4.0, 1.0, 9.0], np.float32))
    np.testing.assert_allclose(tree.of(np.array([0, 1, 2])), [2, 3, 0], rtol=1e-4)
    tree.enter(np.array([2]))
    np.testing.assert_allclose(tree.of(np.array([2])), [3], rtol=1e-4)


def test_impossible_priorities_are_refused() -> None:
    with pytest.raises(ValueError, match="alpha=-1"):
        SumTree(3, -1)
    tree = SumTree(3)
    with pytest.raises(ValueError, match="all priorities are 0"):
        tree.sample(1, np.random.default_rng(0))
    with pytest.raises(FloatingPointError, match="1 of 2 errors are NaN or infinite"):
        tree.update(np.array([0, 1]), np.array([np.nan, 1]))
