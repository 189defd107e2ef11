"""The collector: each number in its row, by hand with scripted games, and compared with a twin of the same games."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Space
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from agents.learning.rollout import ActionChoice, Collector, Rollout
from agents.policies.symmetry import Symmetry
from tests.support.boards import state_of
from tests.support.rollouts import make_collector, make_snake, random_policy
from tests.support.same import assert_same

Array = NDArray[Any]
SPACES: tuple[Space[Any], Space[Any]] = (Box(0, 99, (2,), np.float32), Discrete(3))


class Scripted(VectorEnv[Any, Any, Any]):
    """N games with next-step autoreset that follow a script; observations are (number of the game, steps so far).

    The reward is 10 times the number of the game plus the number of the step. Action (step + game) % 3 is forbidden,
    and after the first step of each game all actions are.
    """

    def __init__(
        self,
        lengths: list[int],
        truncated: list[bool],
        *,
        mode: AutoresetMode = AutoresetMode.NEXT_STEP,
        spaces: tuple[Space[Any], Space[Any]] = SPACES,
    ) -> None:
        self.metadata = {"autoreset_mode": mode}
        self.num_envs, self.lengths, self.truncated = len(lengths), np.array(lengths), np.array(truncated)
        self.single_observation_space, self.single_action_space = spaces
        self.observation_space, self.action_space = (batch_space(space, self.num_envs) for space in spaces)
        self.actions: list[list[int]] = []

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        self.seed, self.number, self.time = seed, np.ones(self.num_envs), np.zeros(self.num_envs, int)
        return self.observe()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        self.actions.append(actions.tolist())
        new = self.time == self.lengths
        self.number, self.time = self.number + new, np.where(new, 0, self.time + 1)
        over = self.time == self.lengths
        observations, info = self.observe()
        rewards = np.where(new, 0, 10 * self.number + self.time)
        return observations, rewards, over & ~self.truncated, over & self.truncated, info

    def observe(self) -> tuple[Array, dict[str, Any]]:
        mask = (self.time + np.arange(self.num_envs))[:, None] % 3 != np.arange(3)
        mask[self.time == 1] = False
        return np.stack([self.number, self.time], axis=1).astype(np.float32), {"action_mask": mask.astype(np.int8)}


def scripted_policy(observations: Array, masks: Array) -> ActionChoice:
    """Action step % 3, value 100 * game + step, and minus that as log probability, which identify the row."""
    assert masks.any(axis=1).all()
    values = 100 * observations[:, 0] + observations[:, 1]
    return ActionChoice(observations[:, 1].astype(np.int64) % 3, values, -values)


def copied(rollout: Rollout) -> dict[str, Any]:
    return {name: array.copy() for name, array in vars(rollout).items()}


def test_every_number_is_in_its_row() -> None:
    """Game 0 has three steps and is terminated, game 1 has two and is truncated."""
    envs = Scripted([3, 2], [False, True])
    collector = make_collector(envs, 4)
    first = copied(collector.collect(scripted_policy))
    assert first["observations"].tolist() == [
        [[1, 0], [1, 0]],
        [[1, 1], [1, 1]],
        [[1, 2], [1, 2]],
        [[1, 3], [2, 0]],
    ]
    assert first["actions"].tolist() == [[0, 0], [1, 1], [2, 2], [0, 0]]
    assert first["values"].tolist() == [[100, 100], [101, 101], [102, 102], [103, 200], [200, 201]]
    assert first["log_probs"].tolist() == (-first["values"][:-1]).tolist()
    assert first["rewards"].tolist() == [[11, 11], [12, 12], [13, 0], [0, 21]]
    assert first["terminated"].tolist() == [[False, False], [False, False], [True, False], [False, False]]
    assert first["ended"].tolist() == [[False, False], [False, True], [True, False], [False, False]]
    assert first["valid"].tolist() == [[True, True], [True, True], [True, False], [False, True]]
    assert first["episode_scores"] == [11 + 12, 11 + 12 + 13]
    assert first["masks"].astype(int).tolist() == [
        [[0, 1, 1], [1, 0, 1]],
        [[1, 1, 1], [1, 1, 1]],  # no action is allowed here, so all are
        [[1, 1, 0], [0, 1, 1]],
        [[0, 1, 1], [1, 0, 1]],
    ]
    assert envs.actions == first["actions"].tolist()
    assert envs.seed == 7


def test_the_next_rollout_continues_the_same_games() -> None:
    collector = make_collector(Scripted([3, 4], [False, True]), 3)
    collector.collect(scripted_policy)
    second = collector.collect(scripted_policy)
    assert second.observations.tolist() == [[[1, 3], [1, 3]], [[2, 0], [1, 4]], [[2, 1], [2, 0]]]
    assert second.valid.tolist() == [[False, True], [True, False], [True, True]]
    assert second.episode_scores == [11 + 12 + 13 + 14]  # the other game ended in the first rollout
    assert collector.collect(scripted_policy).episode_scores == [21 + 22 + 23, 21 + 22 + 23 + 24]


def test_episode_metrics_by_hand() -> None:
    """Without a score in the infos, the score is the sum of rewards."""
    collector = make_collector(Scripted([3, 2], [False, True]), 2)
    first = collector.collect(scripted_policy)
    assert first.metrics() == {
        "episode_score": 11 + 12,
        "episode_reward": 11 + 12,
        "episode_length": 2,
        "episodes": 1,
    }
    collector = make_collector(Scripted([3, 2], [False, True]), 3)
    assert collector.collect(scripted_policy).metrics() == {
        "episode_score": (11 + 12 + 11 + 12 + 13) / 2,
        "episode_reward": (11 + 12 + 11 + 12 + 13) / 2,
        "episode_length": 2.5,
        "episodes": 2,
    }
    collector = make_collector(Scripted([3], [False]), 2)
    none = collector.collect(scripted_policy).metrics()
    assert none.pop("episodes") == 0
    assert np.isnan(list(none.values())).all()


def test_masks_can_be_ignored() -> None:
    collector = make_collector(Scripted([3, 2], [False, True]), 4, masked=False)
    assert collector.collect(scripted_policy).masks.all()


def test_environments_without_masks_allow_everything() -> None:
    envs = gym.make_vec("CartPole-v1", num_envs=3, vectorization_mode="vector_entry_point")
    rollout = make_collector(envs, 5).collect(random_policy(0))
    assert rollout.masks.shape == (5, 3, 2)
    assert rollout.masks.all()


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_another_autoreset_mode_is_refused(mode: AutoresetMode) -> None:
    with pytest.raises(ValueError, match=r"make them with AutoresetMode\.NEXT_STEP"):
        make_collector(Scripted([2], [True], mode=mode), 1)


@pytest.mark.parametrize(
    ("spaces", "message"),
    [
        ((Dict({"a": SPACES[0]}), Discrete(3)), r"observations are Dict.*learners need a Box.*FlattenObservation"),
        ((Discrete(5), Discrete(3)), "observations are Discrete"),
        ((SPACES[0], MultiDiscrete([3, 3])), r"actions are MultiDiscrete.*Discrete actions that start at 0"),
        ((SPACES[0], Discrete(3, start=1)), r"actions are Discrete\(3, start=1\)"),
        ((SPACES[0], SPACES[0]), "actions are Box"),
    ],
)
def test_other_spaces_are_refused(spaces: tuple[Space[Any], Space[Any]], message: str) -> None:
    symmetry = Symmetry((2,), 3, on=False)
    with pytest.raises(ValueError, match=message):
        Collector(Scripted([2], [True], spaces=spaces), symmetry, n_steps=1, seed=0)


def test_a_twin_of_the_games_gives_the_same() -> None:
    """Rewards, lengths and scores of the episodes run over the borders of rollouts."""
    rules: dict[str, Any] = {"hunger_limit": 9, "reward": "distance", "initial_length": (3, 20)}
    T, N = 10, 6
    collector, twin = make_collector(make_snake(N, **rules), T), make_snake(N, **rules)
    observations, info = twin.reset(seed=7)
    over, trapped, truncations, longest = np.zeros(N, bool), 0, 0, 0
    episode_rewards, episode_lengths = [0.0] * N, [0] * N
    policy = random_policy(1)
    for _ in range(12):
        rollout = collector.collect(policy)
        scores, rewards_of, lengths_of = [], [], []
        for t in range(T):
            np.testing.assert_array_equal(rollout.observations[t], observations)
            np.testing.assert_array_equal(rollout.valid[t], ~over)
            allowed = info["action_mask"] == 1
            stuck = ~allowed.any(axis=1)
            np.testing.assert_array_equal(rollout.masks[t][~stuck], allowed[~stuck])
            assert rollout.masks[t][stuck].all()
            trapped += int((stuck & ~over).sum())
            begins = over
            observations, rewards, terminated, truncated, info = twin.step(rollout.actions[t])
            over = terminated | truncated
            np.testing.assert_array_equal(rollout.rewards[t], rewards.astype(np.float32))
            np.testing.assert_array_equal(rollout.terminated[t], terminated)
            np.testing.assert_array_equal(rollout.ended[t], over)
            truncations += int(truncated.sum())
            for game in range(N):
                if begins[game]:  # this step only starts the game
                    episode_rewards[game], episode_lengths[game] = 0.0, 0
                    continue
                episode_rewards[game] += float(rewards[game])
                episode_lengths[game] += 1
                if over[game]:
                    scores.append(float(info["score"][game]))
                    rewards_of.append(episode_rewards[game])
                    lengths_of.append(episode_lengths[game])
        assert rollout.episode_scores == scores
        assert rollout.episode_rewards == rewards_of
        assert rollout.episode_lengths == lengths_of
        assert rollout.rewards[~rollout.valid].tolist() == [0] * int((~rollout.valid).sum())
        longest = max(longest, *lengths_of, 0)
    assert trapped > 0
    assert truncations > 0
    assert longest > T  # some games have steps in several rollouts


def test_a_trapped_snake_may_take_any_action() -> None:
    arrays = state_of("cdef ba>g .jih ..*.", stream=3)._asdict()
    collector = make_collector(make_snake(1, height=4, width=4), 2)
    trapped = {f"game.{name}": array for name, array in arrays.items()} | {"over": np.array([False])}
    collector.restore(trapped | {"episode_rewards": np.zeros(1), "episode_lengths": np.zeros(1, np.int64)})
    rollout = collector.collect(random_policy(0))
    assert rollout.masks[0].all()
    assert rollout.valid[:, 0].tolist() == [True, False]
    assert rollout.terminated[:, 0].tolist() == [True, False]


@pytest.mark.parametrize("symmetric", [False, True])
def test_continues_from_its_state(symmetric: bool) -> None:
    """Episode rewards and lengths included, since games last longer than a rollout."""
    rules: dict[str, Any] = {"hunger_limit": 9, "reward": "distance", "initial_length": (2, 9)}
    whole, lengths = make_collector(make_snake(5, **rules), 8, symmetric=symmetric), []
    for number in range(30):
        whole.collect(random_policy(number))
        arrays = whole.state()
        saved = {name: array.copy() for name, array in arrays.items()}
        expected = copied(whole.collect(random_policy(100)))
        assert_same(arrays, saved)
        resumed = make_collector(make_snake(5, **rules), 8, symmetric=symmetric)
        resumed.restore(arrays)
        resumed.rollout.log_probs[:] = expected["log_probs"]  # the random policy gives none
        assert_same(copied(resumed.collect(random_policy(100))), expected)
        assert_same(arrays, saved)
        lengths += expected["episode_lengths"]
    assert max(lengths) > 8


def test_games_in_a_wrapper_have_no_state() -> None:
    """The games' state does not hold what a wrapper does to observations, or remembers."""
    collector = make_collector(gym.wrappers.vector.FlattenObservation(make_snake(3)), 2)
    collector.collect(random_policy(0))
    assert collector.state() == {}


def test_games_without_a_state_start_anew() -> None:
    collector = make_collector(Scripted([3], [False]), 2)
    collector.collect(scripted_policy)
    assert collector.state() == {}
    resumed = make_collector(Scripted([3], [False]), 2)
    resumed.restore({})
    assert resumed.collect(scripted_policy).observations.tolist() == [[[1, 0]], [[1, 1]]]
