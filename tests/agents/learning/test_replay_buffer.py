"""Replay buffer: n-step returns and the ring by hand, and a long random run compared with a slow reference."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.learning.replay_buffer import ReplayBatch, ReplayBuffer
from tests.support.rollouts import make_rollout

Array = NDArray[Any]

GAMMA = 0.5  # its powers are exact


def make(rows: int, n_envs: int = 1, **options: Any) -> ReplayBuffer:
    return ReplayBuffer(rows * n_envs, n_envs, (1,), np.uint8, 2, gamma=GAMMA, **options)


def add(buffer: ReplayBuffer, number: int, rewards: Any, end: str = "", *, new: bool = False) -> None:
    """Add a row whose observation is its number, and whose mask allows action 1 only in rows with an odd number."""
    N = np.size(rewards)
    rollout = make_rollout(
        1,
        N,
        observations=np.full((N, 1), number),
        masks=np.array([True, number % 2 == 1]),
        actions=np.array(number % 2),
        rewards=np.asarray(rewards),
        terminated=np.array(end == "terminated"),
        ended=np.array(end != ""),
        valid=np.array(not new),
    )
    buffer.add(rollout)


def all_of(buffer: ReplayBuffer, draws: int = 400) -> dict[int, tuple[Any, ...]]:
    """For each observation that is ever sampled: return, discount, next observation; these must always be the same."""
    batch = buffer.sample(draws, np.random.default_rng(0))
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


def test_three_step_returns_by_hand() -> None:
    buffer = make(20, n_step=3)
    for number, reward in enumerate([1, 2, 4, 8, 16, 32]):
        add(buffer, number, reward)
    # 1 + 2/2 + 4/4; 2 + 4/2 + 8/4; 4 + 8/2 + 16/4: the observation three steps after row 3 is not there yet
    assert all_of(buffer) == {0: (3, GAMMA**3, 3), 1: (6, GAMMA**3, 4), 2: (12, GAMMA**3, 5)}
    assert len(buffer) == 3


def test_a_rollout_is_added_row_by_row() -> None:
    rng = np.random.default_rng(0)
    rollout = make_rollout(5, 2, observations=np.arange(10).reshape(5, 2, 1), rewards=rng.random((5, 2)))
    whole, single = make(4, n_envs=2), make(4, n_envs=2)
    whole.add(rollout)
    for t in range(5):
        rows = {name: array[t : t + 1] for name, array in vars(rollout).items() if name in ("observations", "rewards")}
        single.add(make_rollout(1, 2, **rows))
    for name, array in single.state().items():
        np.testing.assert_array_equal(whole.state()[name], array, err_msg=name)


@pytest.mark.parametrize("end", ["terminated", "truncated"])
def test_returns_stop_where_a_game_ends(end: str) -> None:
    buffer = make(20, n_step=3)
    for number, reward in enumerate([1, 2, 4]):
        add(buffer, number, reward, end if number == 2 else "")
    add(buffer, 3, 0, new=True)  # the last observation of the game; its action is ignored
    for number, reward in enumerate([8, 16, 32, 64], start=4):
        add(buffer, number, reward)
    bootstrapped = 0 if end == "terminated" else 1
    assert all_of(buffer) == {
        0: (1 + 1 + 1, bootstrapped * GAMMA**3, 3),
        1: (2 + 2, bootstrapped * GAMMA**2, 3),
        2: (4, bootstrapped * GAMMA, 3),
        4: (8 + 8 + 8, GAMMA**3, 7),
    }


def test_the_end_of_the_next_game_does_not_affect_this_one() -> None:
    buffer = make(20, n_step=3)
    add(buffer, 0, 1, "truncated")
    add(buffer, 1, 0, new=True)
    add(buffer, 2, 2, "terminated")  # a game of one step, within three rows of the one before
    add(buffer, 3, 0, new=True)
    add(buffer, 4, 4)
    add(buffer, 5, 8)
    assert all_of(buffer) == {0: (1, GAMMA, 1), 2: (2, 0, 3)}


def test_one_step_returns_and_the_mask_of_the_next_observation() -> None:
    buffer = make(10)
    for number in range(4):
        add(buffer, number, number)
    assert all_of(buffer) == {0: (0, GAMMA, 1), 1: (1, GAMMA, 2), 2: (2, GAMMA, 3)}
    batch = buffer.sample(50, np.random.default_rng(0))
    np.testing.assert_array_equal(batch.next_masks[:, 1], batch.next_observations[:, 0] % 2 == 1)
    np.testing.assert_array_equal(batch.actions, batch.observations[:, 0] % 2)
    assert batch.observations.dtype == np.uint8


@pytest.mark.parametrize("alpha", [None, 0.6])
def test_the_ring_overwrites_the_oldest_rows(alpha: float | None) -> None:
    buffer = make(5, n_step=2, alpha=alpha)
    for number in range(12):
        add(buffer, number, number, new=number == 8)
    # rows 7 to 11 are left; 10 and 11 are incomplete, and in 8 a game starts anew
    assert all_of(buffer) == {7: (7 + 4, GAMMA**2, 9), 9: (9 + 5, GAMMA**2, 11)}
    assert len(buffer) == 2


def test_games_are_kept_apart() -> None:
    buffer = make(10, n_envs=3)
    add(buffer, 0, [1, 2, 3])
    add(buffer, 1, [10, 20, 30])
    batch = buffer.sample(60, np.random.default_rng(0))
    assert set(batch.returns.tolist()) == {1, 2, 3}
    np.testing.assert_array_equal(batch.returns, batch.indices % 3 + 1)


def test_uniform_sampling_is_uniform() -> None:
    buffer = make(10, n_envs=2)
    for number in range(6):
        add(buffer, number, [0, 0], new=number == 2)
    B = 40_000
    counts = np.bincount(buffer.sample(B, np.random.default_rng(1)).indices, minlength=10)
    expected = np.where(np.isin(np.arange(10) // 2, [0, 1, 3, 4]), B / 8, 0)
    np.testing.assert_allclose(counts, expected, atol=5 * np.sqrt(B / 8))


def test_without_complete_steps_there_is_nothing_to_sample() -> None:
    buffer = make(10, n_envs=2)
    add(buffer, 0, [0, 0], new=True)
    add(buffer, 1, [1, 1])
    with pytest.raises(ValueError, match="no step has 1 more after it yet"):
        buffer.sample(1, np.random.default_rng(0))
    add(buffer, 2, [2, 2])
    assert list(all_of(buffer)) == [1]


def test_steps_are_sampled_by_priority_and_weighted_by_importance() -> None:
    buffer = make(10, alpha=1.0)
    for number in range(4):
        add(buffer, number, number)
    assert set(all_of(buffer)) == {0, 1, 2}  # new steps are sampled as often as the others
    buffer.update_priorities(np.array([0, 1, 2]), np.array([1.0, -2.0, 5.0]))
    batch = buffer.sample(8000, np.random.default_rng(0), beta=0.5)
    np.testing.assert_allclose(np.bincount(batch.indices) / 8000, [1 / 8, 2 / 8, 5 / 8], atol=1e-3)
    # (3 · P)^-½ over its maximum, that of P = 1/8
    np.testing.assert_allclose(batch.weights, np.array([1, 1 / 2, 1 / 5])[batch.indices] ** 0.5, rtol=1e-5)
    full = buffer.sample(8000, np.random.default_rng(0))
    share = np.bincount(full.indices, weights=full.weights) / full.weights.sum()
    np.testing.assert_allclose(share, [1 / 3, 1 / 3, 1 / 3], atol=1e-3)


def test_overwritten_steps_lose_their_priority_and_new_ones_get_the_largest() -> None:
    buffer = make(3, alpha=1.0)
    for number in range(3):
        add(buffer, number, number)
    buffer.update_priorities(np.array([0, 1]), np.array([9.0, 1.0]))
    add(buffer, 3, 3)  # in the place of row 0; row 2, which is complete now, gets 9
    batch = buffer.sample(1000, np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(batch.indices, minlength=3) / 1000, [0, 0.1, 0.9], atol=2e-3)


class SlowPriorities:
    """The priorities of a buffer of S rows of N games, by game and number of the row since the start."""

    def __init__(self, S: int, N: int, n_step: int) -> None:
        self.S, self.N, self.n_step = S, N, n_step
        self.priorities: dict[tuple[int, int], float] = {}
        self.largest, self.added = 1.0, 0
        self.valid: list[Array] = []

    def add(self, valid: Array) -> None:
        self.valid.append(valid)
        self.added += 1
        self.priorities = {(row, game): p for (row, game), p in self.priorities.items() if row >= self.added - self.S}
        complete = self.added - 1 - self.n_step
        if complete >= 0:
            self.priorities |= {
                (complete, game): self.largest for game in np.flatnonzero(self.valid[complete]).tolist()
            }

    def update(self, rows: Array, games: Array, errors: Array) -> None:
        for row, game, error in zip(rows.tolist(), games.tolist(), errors.tolist(), strict=True):
            self.priorities[row, game] = abs(error) + 1e-6
        self.largest = max(self.largest, float(np.abs(errors).max()) + 1e-6)


@pytest.mark.parametrize("n_step", [1, 3])
def test_a_wrapped_prioritized_buffer_samples_only_what_it_still_holds(n_step: int) -> None:
    """Observations are (row, game) since the start, so a sample of an overwritten step would show its old number."""
    S, N, rng = 7, 3, np.random.default_rng(n_step)
    buffer = ReplayBuffer(S * N + 2, N, (2,), np.int64, 2, n_step=n_step, gamma=GAMMA, alpha=1.0)
    slow = SlowPriorities(S, N, n_step)
    for number in range(6 * S):
        valid = rng.random(N) < 0.8
        observations = np.stack([np.full(N, number), np.arange(N)], axis=1)[None]
        rollout = make_rollout(1, N, rewards=observations[..., 0], valid=valid)
        rollout.observations = observations
        buffer.add(rollout)
        slow.add(valid)
        assert len(buffer) == len(slow.priorities)
        if not len(buffer):
            continue
        batch = buffer.sample(200, rng, beta=1.0)
        rows, games = batch.observations.T
        np.testing.assert_array_equal(batch.indices, rows % S * N + games)
        assert set(zip(rows.tolist(), games.tolist(), strict=True)) <= slow.priorities.keys()
        np.testing.assert_array_equal(batch.next_observations, batch.observations + np.array([n_step, 0]))
        np.testing.assert_array_equal(batch.returns, sum((rows + k) * GAMMA**k for k in range(n_step)))
        priorities = np.array([slow.priorities[step] for step in zip(rows.tolist(), games.tolist(), strict=True)])
        np.testing.assert_allclose(batch.weights, priorities.min() / priorities, rtol=1e-5)
        for (row, game), priority in slow.priorities.items():  # one sample from each of 200 equal parts of the sum
            count = int(((rows == row) & (games == game)).sum())
            assert abs(count - 200 * priority / sum(slow.priorities.values())) < 2
        errors = rng.normal(size=5)
        distinct = np.unique(batch.indices, return_index=True)[1][:5]
        buffer.update_priorities(batch.indices[distinct], errors[: len(distinct)])
        slow.update(rows[distinct], games[distinct], errors[: len(distinct)])


@pytest.mark.parametrize("alpha", [None, 0.6])
@pytest.mark.parametrize("rows", [3, 11])
def test_it_continues_from_its_state(alpha: float | None, rows: int) -> None:
    def play(buffer: ReplayBuffer, numbers: range, rng: np.random.Generator) -> list[ReplayBatch]:
        batches = []
        for number in numbers:
            add(buffer, number, rng.random(2), "terminated" if number % 4 == 3 else "", new=number % 4 == 0)
            if len(buffer):
                batches.append(buffer.sample(5, rng))
                buffer.update_priorities(batches[-1].indices, rng.normal(size=5))
        return batches

    rng = np.random.default_rng(0)
    whole = make(7, n_envs=2, n_step=2, alpha=alpha)
    play(whole, range(rows), rng)
    second, other = make(7, n_envs=2, n_step=2, alpha=alpha), np.random.default_rng()
    second.restore(whole.state())
    other.bit_generator.state = rng.bit_generator.state
    expected, found = play(whole, range(rows, 25), rng), play(second, range(rows, 25), other)
    assert len(expected) >= 14
    for one, two in zip(expected, found, strict=True):
        for array, same in zip(one, two, strict=True):
            np.testing.assert_array_equal(array, same)


def test_after_an_interruption_no_return_reaches_into_other_games() -> None:
    buffer = make(10, n_step=2)
    for number in range(4):
        add(buffer, number, 1)
    buffer.forget_incomplete()
    for number in range(10, 14):
        add(buffer, number, 1)
    assert {row: after for row, (_, _, after) in all_of(buffer).items()} == {0: 2, 1: 3, 10: 12, 11: 13}
    assert len(buffer) == 4


@pytest.mark.parametrize(("rows", "n_step"), [(3, 3), (3, 0), (0, 1)])
def test_a_buffer_that_is_too_small_for_its_returns_is_refused(rows: int, n_step: int) -> None:
    with pytest.raises(ValueError, match=f"n_step is {n_step} and buffer_size {2 * rows} for 2 .*at least"):
        make(rows, n_envs=2, n_step=n_step)
