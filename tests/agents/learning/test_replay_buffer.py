"""What is remembered, and how it is drawn: windows and rings by hand, priorities beside a slow reference."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.learning.replay_buffer import Batch, Replay
from agents.learning.sum_tree import SumTree

Array = NDArray[Any]

D = 0.5  # discount: its powers are exact


def make(rows: int, games: int = 1, **options: Any) -> Replay:
    return Replay(rows * games, games, (1,), np.uint8, 2, discount=D, **options)


def add(replay: Replay, number: int, rewards: Any, end: str = "", *, new: bool = False) -> None:
    """A row whose observation is its number, and whose mask allows action 1 only in rows with an odd number."""
    N = np.size(rewards)
    replay.add(
        np.full((N, 1), number, np.uint8),
        np.tile([True, number % 2 == 1], (N, 1)),
        np.full(N, number % 2),
        np.atleast_1d(np.asarray(rewards, np.float32)),
        np.full(N, end == "terminated"),
        np.full(N, end != ""),
        np.full(N, not new),
    )


def all_of(replay: Replay, draws: int = 400) -> dict[int, tuple[Any, ...]]:
    """For each observation that is ever drawn: return, discount, next observation; each must always be the same."""
    batch = replay.sample(draws, np.random.default_rng(0))
    rows = zip(
        batch.observations[:, 0].tolist(),
        batch.returns.tolist(),
        batch.discounts.tolist(),
        batch.next_observations[:, 0].tolist(),
        strict=True,
    )
    found: dict[int, tuple[Any, ...]] = {}
    for observation, *rest in rows:
        assert found.setdefault(observation, tuple(rest)) == tuple(rest)
    return dict(sorted(found.items()))


def test_windows_of_three_by_hand() -> None:
    replay = make(20, window=3)
    for number, reward in enumerate([1, 2, 4, 8, 16, 32]):
        add(replay, number, reward)
    # 1 + 2/2 + 4/4; 2 + 4/2 + 8/4; 4 + 8/2 + 16/4: the window of row 3 lacks what follows row 5
    assert all_of(replay) == {0: (3, D**3, 3), 1: (6, D**3, 4), 2: (12, D**3, 5)}
    assert len(replay) == 3


@pytest.mark.parametrize("end", ["terminated", "truncated"])
def test_windows_stop_where_a_game_ends(end: str) -> None:
    replay = make(20, window=3)
    for number, reward in enumerate([1, 2, 4]):
        add(replay, number, reward, end if number == 2 else "")
    add(replay, 3, 0, new=True)  # shows the last observation of the game, and nothing is decided
    for number, reward in enumerate([8, 16, 32, 64], start=4):
        add(replay, number, reward)
    follows = 0 if end == "terminated" else 1
    assert all_of(replay) == {
        0: (1 + 1 + 1, follows * D**3, 3),
        1: (2 + 2, follows * D**2, 3),
        2: (4, follows * D, 3),
        4: (8 + 8 + 8, D**3, 7),
    }


def test_how_the_next_game_ends_says_nothing_of_this_one() -> None:
    replay = make(20, window=3)
    add(replay, 0, 1, "truncated")
    add(replay, 1, 0, new=True)
    add(replay, 2, 2, "terminated")  # a game of one step, within three rows of the one before
    add(replay, 3, 0, new=True)
    add(replay, 4, 4)
    add(replay, 5, 8)
    assert all_of(replay) == {0: (1, D, 1), 2: (2, 0, 3)}


def test_one_step_windows_and_the_mask_of_what_follows() -> None:
    replay = make(10)
    for number in range(4):
        add(replay, number, number)
    assert all_of(replay) == {0: (0, D, 1), 1: (1, D, 2), 2: (2, D, 3)}
    batch = replay.sample(50, np.random.default_rng(0))
    np.testing.assert_array_equal(batch.next_masks[:, 1], batch.next_observations[:, 0] % 2 == 1)
    np.testing.assert_array_equal(batch.actions, batch.observations[:, 0] % 2)
    assert batch.observations.dtype == np.uint8


@pytest.mark.parametrize("exponent", [None, 0.6])
def test_the_ring_forgets_the_oldest_rows(exponent: float | None) -> None:
    replay = make(5, window=2, exponent=exponent)
    for number in range(12):
        add(replay, number, number, new=number == 8)
    # rows 7 to 11 are kept; 10 and 11 wait for what follows, and in 8 nothing was decided
    assert all_of(replay) == {7: (7 + 4, D**2, 9), 9: (9 + 5, D**2, 11)}
    assert len(replay) == 2


def test_games_are_kept_apart() -> None:
    replay = make(10, games=3)
    add(replay, 0, [1, 2, 3])
    add(replay, 1, [10, 20, 30])
    batch = replay.sample(60, np.random.default_rng(0))
    assert set(batch.returns.tolist()) == {1, 2, 3}
    np.testing.assert_array_equal(batch.returns, batch.places % 3 + 1)


def test_drawing_evenly_draws_evenly() -> None:
    replay = make(10, games=2)
    for number in range(6):
        add(replay, number, [0, 0], new=number == 2)
    B = 40_000
    counts = np.bincount(replay.sample(B, np.random.default_rng(1)).places, minlength=10)
    expected = np.where(np.isin(np.arange(10) // 2, [0, 1, 3, 4]), B / 8, 0)
    np.testing.assert_allclose(counts, expected, atol=5 * np.sqrt(B / 8))


def test_all_games_may_wait_at_once() -> None:
    replay = make(10, games=2)
    add(replay, 0, [0, 0], new=True)
    add(replay, 1, [1, 1])
    with pytest.raises(ValueError, match="no step has 1 more after it yet"):
        replay.sample(1, np.random.default_rng(0))
    add(replay, 2, [2, 2])
    assert list(all_of(replay)) == [1]


def test_priorities_decide_how_often_and_weights_make_up_for_it() -> None:
    replay = make(10, exponent=1.0)
    for number in range(4):
        add(replay, number, number)
    assert set(all_of(replay)) == {0, 1, 2}  # new ones are drawn as often as the others
    replay.update(np.array([0, 1, 2]), np.array([1.0, -2.0, 5.0]))
    batch = replay.sample(8000, np.random.default_rng(0), importance=0.5)
    np.testing.assert_allclose(np.bincount(batch.places) / 8000, [1 / 8, 2 / 8, 5 / 8], atol=1e-3)
    # (3 · P)^-½ over its greatest, that of P = 1/8
    np.testing.assert_allclose(batch.weights, np.array([1, 1 / 2, 1 / 5])[batch.places] ** 0.5, rtol=1e-5)
    full = replay.sample(8000, np.random.default_rng(0))
    share = np.bincount(full.places, weights=full.weights) / full.weights.sum()
    np.testing.assert_allclose(share, [1 / 3, 1 / 3, 1 / 3], atol=1e-3)


def test_what_is_overwritten_loses_its_priority_and_new_ones_get_the_greatest() -> None:
    replay = make(3, exponent=1.0)
    for number in range(3):
        add(replay, number, number)
    replay.update(np.array([0, 1]), np.array([9.0, 1.0]))
    add(replay, 3, 3)  # in the place of row 0; row 2, which is complete now, gets 9
    batch = replay.sample(1000, np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(batch.places, minlength=3) / 1000, [0, 0.1, 0.9], atol=2e-3)


@pytest.mark.parametrize("leaves", [1, 2, 5, 8, 37])
def test_the_tree_finds_what_a_running_sum_finds(leaves: int) -> None:
    rng = np.random.default_rng(leaves)
    priorities, reference = SumTree(leaves, 1.0), np.zeros(leaves)
    for _ in range(20):
        changed = rng.integers(leaves, size=3)
        errors = np.round(rng.uniform(0, 9, size=3))
        priorities.update(changed, errors)
        for leaf, error in zip(changed.tolist(), errors.tolist(), strict=True):
            reference[leaf] = error + 1e-6
        removed = rng.integers(leaves, size=1)
        priorities.remove(removed)
        reference[removed] = 0
        assert priorities.total == pytest.approx(reference.sum())
        if reference.sum() > 0:
            where = rng.uniform(0, reference.sum(), size=50)
            slow = [int(np.flatnonzero(number < np.cumsum(reference))[0]) for number in where]
            np.testing.assert_array_equal(priorities.find(where), slow)


def test_a_leaf_without_priority_is_never_found_not_even_at_the_edge() -> None:
    priorities = SumTree(5, 1.0)
    priorities.update(np.array([1, 2]), np.array([0.1, 0.2]))
    edges = np.array([0.0, priorities.total, np.nextafter(priorities.total, 1), 1.0])
    assert priorities.find(edges).tolist() == [1, 2, 2, 2]


def test_errors_count_by_their_exponent() -> None:
    priorities = SumTree(3, 0.5)
    priorities.update(np.array([0, 1, 1]), np.array([-4.0, 1.0, 9.0], np.float32))
    np.testing.assert_allclose(priorities.of(np.array([0, 1, 2])), [2, 3, 0], rtol=1e-4)
    priorities.enter(np.array([2]))
    np.testing.assert_allclose(priorities.of(np.array([2])), [3], rtol=1e-4)


@pytest.mark.parametrize("exponent", [None, 0.6])
@pytest.mark.parametrize("rows", [3, 11])
def test_it_goes_on_from_its_state(exponent: float | None, rows: int) -> None:
    def play(replay: Replay, numbers: range, rng: np.random.Generator) -> list[Batch]:
        batches = []
        for number in numbers:
            add(replay, number, rng.random(2), "terminated" if number % 4 == 3 else "", new=number % 4 == 0)
            if len(replay):
                batches.append(replay.sample(5, rng))
                replay.update(batches[-1].places, rng.normal(size=5))
        return batches

    rng = np.random.default_rng(0)
    whole = make(7, games=2, window=2, exponent=exponent)
    play(whole, range(rows), rng)
    second, other = make(7, games=2, window=2, exponent=exponent), np.random.default_rng()
    second.restore(whole.state())
    other.bit_generator.state = rng.bit_generator.state
    expected, found = play(whole, range(rows, 25), rng), play(second, range(rows, 25), other)
    assert len(expected) >= 14
    for one, two in zip(expected, found, strict=True):
        for array, same in zip(one, two, strict=True):
            np.testing.assert_array_equal(array, same)


def test_after_an_interruption_no_window_reaches_into_other_games() -> None:
    replay = make(10, window=2)
    for number in range(4):
        add(replay, number, 1)
    replay.break_off()
    for number in range(10, 14):
        add(replay, number, 1)
    assert {row: after for row, (_, _, after) in all_of(replay).items()} == {0: 2, 1: 3, 10: 12, 11: 13}
    assert len(replay) == 4


@pytest.mark.parametrize(("rows", "window"), [(3, 3), (3, 0), (0, 1)])
def test_a_window_needs_room(rows: int, window: int) -> None:
    with pytest.raises(ValueError, match=f"a window of {window} steps.*capacity of at least"):
        make(rows, games=2, window=window)


def test_impossible_priorities_are_named() -> None:
    with pytest.raises(ValueError, match="exponent=-1"):
        SumTree(3, -1)
    priorities = SumTree(3)
    with pytest.raises(ValueError, match="all priorities are 0"):
        priorities.draw(1, np.random.default_rng(0))
    with pytest.raises(FloatingPointError, match="1 of 2 errors are NaN or infinite"):
        priorities.update(np.array([0, 1]), np.array([np.nan, 1]))
