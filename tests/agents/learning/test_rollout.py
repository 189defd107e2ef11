"""What a collector remembers of games: each number in its row, row by row by hand and beside a twin of the games."""

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Space
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

import snake_env  # noqa: F401  registers the environment
from agents.learning.rollout import Choice, Collector, Rollout
from agents.policies.symmetry import Symmetry
from tests.support.boards import DIRECTIONS, state_of
from tests.support.same import assert_same

Array = NDArray[Any]
CARDS: tuple[Space[Any], Space[Any]] = (Box(0, 99, (2,), np.float32), Discrete(3))


class Script(VectorEnv[Any, Any, Any]):
    """N games with next-step autoreset that go by a script: observations (number of the game, steps of it so far).

    The reward is 10 for the number of the game and 1 for that of the step; the action that is (step + game) % 3 is
    forbidden, and in the second step of each game all are.
    """

    def __init__(
        self,
        lengths: list[int],
        truncated: list[bool],
        *,
        mode: AutoresetMode = AutoresetMode.NEXT_STEP,
        spaces: tuple[Space[Any], Space[Any]] = CARDS,
    ) -> None:
        self.metadata = {"autoreset_mode": mode}
        self.num_envs, self.lengths, self.truncated = len(lengths), np.array(lengths), np.array(truncated)
        self.single_observation_space, self.single_action_space = spaces
        self.observation_space, self.action_space = (batch_space(space, self.num_envs) for space in spaces)
        self.actions: list[list[int]] = []

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        self.seed, self.number, self.time = seed, np.ones(self.num_envs), np.zeros(self.num_envs, int)
        return self.see()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        self.actions.append(actions.tolist())
        new = self.time == self.lengths
        self.number, self.time = self.number + new, np.where(new, 0, self.time + 1)
        over = self.time == self.lengths
        observations, info = self.see()
        rewards = np.where(new, 0, 10 * self.number + self.time)
        return observations, rewards, over & ~self.truncated, over & self.truncated, info

    def see(self) -> tuple[Array, dict[str, Any]]:
        mask = (self.time + np.arange(self.num_envs))[:, None] % 3 != np.arange(3)
        mask[self.time == 1] = False
        return np.stack([self.number, self.time], axis=1).astype(np.float32), {"action_mask": mask.astype(np.int8)}


def collector(envs: VectorEnv[Any, Any, Any], steps: int, *, symmetric: bool = False, masked: bool = True) -> Collector:
    seen, done = envs.single_observation_space, envs.single_action_space
    assert isinstance(seen, Box)
    assert isinstance(done, Discrete)
    symmetry = Symmetry(seen.shape, int(done.n), on=symmetric)
    return Collector(envs, symmetry, steps=steps, seed=7, masked=masked)


def by_clock(observations: Array, masks: Array) -> Choice:
    """Choices that tell what was seen: value 100 * game + step, log probability minus that, action step % 3."""
    assert masks.any(axis=1).all()
    value = 100 * observations[:, 0] + observations[:, 1]
    return Choice(observations[:, 1].astype(np.int64) % 3, value, -value)


def copied(rollout: Rollout) -> dict[str, Any]:
    return {name: array.copy() for name, array in vars(rollout).items()}


def test_every_number_lies_in_its_row() -> None:
    """Game 0 has three steps and terminates, game 1 two and is cut off."""
    envs = Script([3, 2], [False, True])
    play = collector(envs, 4)
    first = copied(play.collect(by_clock))
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
    assert first["scores"] == [11 + 12, 11 + 12 + 13]
    assert first["masks"].astype(int).tolist() == [
        [[0, 1, 1], [1, 0, 1]],
        [[1, 1, 1], [1, 1, 1]],  # nothing is allowed here
        [[1, 1, 0], [0, 1, 1]],
        [[0, 1, 1], [1, 0, 1]],
    ]
    assert envs.actions == first["actions"].tolist()
    assert envs.seed == 7


def test_the_next_rollout_goes_on_in_the_same_games() -> None:
    play = collector(Script([3, 4], [False, True]), 3)
    play.collect(by_clock)
    second = play.collect(by_clock)
    assert second.observations.tolist() == [[[1, 3], [1, 3]], [[2, 0], [1, 4]], [[2, 1], [2, 0]]]
    assert second.valid.tolist() == [[False, True], [True, False], [True, True]]
    assert second.scores == [11 + 12 + 13 + 14]  # the other game's was told with the first rollout
    assert play.collect(by_clock).scores == [21 + 22 + 23, 21 + 22 + 23 + 24]


def test_masks_can_be_left_out_of_account() -> None:
    assert collector(Script([3, 2], [False, True]), 4, masked=False).collect(by_clock).masks.all()


def test_environments_without_masks_allow_everything() -> None:
    envs = gym.make_vec("CartPole-v1", num_envs=3, vectorization_mode="vector_entry_point")
    played = collector(envs, 5).collect(at_random(0))
    assert played.masks.shape == (5, 3, 2)
    assert played.masks.all()


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_another_autoreset_is_named(mode: AutoresetMode) -> None:
    with pytest.raises(ValueError, match=r"make them with AutoresetMode\.NEXT_STEP"):
        collector(Script([2], [True], mode=mode), 1)


@pytest.mark.parametrize(
    ("spaces", "words"),
    [
        ((Dict({"a": CARDS[0]}), Discrete(3)), r"observations are Dict.*take them from a Box.*FlattenObservation"),
        ((Discrete(5), Discrete(3)), "observations are Discrete"),
        ((CARDS[0], MultiDiscrete([3, 3])), r"actions are MultiDiscrete.*Discrete ones that begin with 0"),
        ((CARDS[0], Discrete(3, start=1)), r"actions are Discrete\(3, start=1\)"),
        ((CARDS[0], CARDS[0]), "actions are Box"),
    ],
)
def test_other_spaces_are_named(spaces: tuple[Space[Any], Space[Any]], words: str) -> None:
    symmetry = Symmetry((2,), 3, on=False)
    with pytest.raises(ValueError, match=words):
        Collector(Script([2], [True], spaces=spaces), symmetry, steps=1, seed=0)


# ---- Snake


def snake(games: int, height: int = 5, width: int = 6, **rules: Any) -> VectorEnv[Any, Any, Any]:
    given = {"height": height, "width": width} | rules
    return gym.make_vec("snake_env/Snake-v1", num_envs=games, vectorization_mode="vector_entry_point", **given)


def at_random(seed: int) -> Callable[[Array, Array], Choice]:
    rng = np.random.default_rng(seed)

    def choose(observations: Array, masks: Array) -> Choice:
        actions = np.where(masks, rng.random(masks.shape), -1).argmax(axis=1)
        return Choice(actions, observations.reshape(len(observations), -1).sum(axis=1, dtype=np.float64) % 97)

    return choose


def test_a_twin_of_the_games_sees_the_same() -> None:
    rules: dict[str, Any] = {"hunger_limit": 9, "reward": "distance", "initial_length": (3, 20)}
    play, twin = collector(snake(6, **rules), 40), snake(6, **rules)
    observations, info = twin.reset(seed=7)
    over, trapped, truncations = np.zeros(6, bool), 0, 0
    choose = at_random(1)
    for _ in range(3):
        rollout, scores = play.collect(choose), []
        for t in range(40):
            np.testing.assert_array_equal(rollout.observations[t], observations)
            np.testing.assert_array_equal(rollout.valid[t], ~over)
            allowed = info["action_mask"] == 1
            stuck = ~allowed.any(axis=1)
            np.testing.assert_array_equal(rollout.masks[t][~stuck], allowed[~stuck])
            assert rollout.masks[t][stuck].all()
            trapped += int((stuck & ~over).sum())
            observations, rewards, terminated, truncated, info = twin.step(rollout.actions[t])
            over = terminated | truncated
            np.testing.assert_array_equal(rollout.rewards[t], rewards.astype(np.float32))
            np.testing.assert_array_equal(rollout.terminated[t], terminated)
            np.testing.assert_array_equal(rollout.ended[t], over)
            scores += info["score"][over].tolist()
            truncations += int(truncated.sum())
        assert rollout.scores == scores
        assert rollout.rewards[~rollout.valid].tolist() == [0] * int((~rollout.valid).sum())
    assert trapped > 0
    assert truncations > 0


def test_a_trapped_snake_may_do_anything() -> None:
    arrays = state_of("cdef ba>g .jih ..*.", stream=3)._asdict()
    play = collector(snake(1, height=4, width=4), 2)
    stand = {f"game.{name}": array for name, array in arrays.items()}
    play.restore(stand | {"over": np.array([False]), "returns": np.zeros(1)})
    rollout = play.collect(at_random(0))
    assert rollout.masks[0].all()
    assert rollout.valid[:, 0].tolist() == [True, False]
    assert rollout.terminated[:, 0].tolist() == [True, False]


@pytest.mark.parametrize(("height", "width", "views"), [(5, 5, 8), (4, 6, 4)])
def test_in_every_view_the_snake_moves_as_it_was_told(height: int, width: int, views: int) -> None:
    """Game i is shown in view i % K; there the head must go where the action points, and the mask know the walls."""
    games = 2 * views
    play = collector(snake(games, height, width, hunger_limit=15), 60, symmetric=True)
    rollout = play.collect(at_random(3))
    heads = rollout.observations[:, :, 0].reshape(60, games, -1).argmax(axis=2)
    goes_on = rollout.valid & ~rollout.terminated
    goes_on[-1] = False
    for t, game in np.argwhere(goes_on):
        row, col = divmod(int(heads[t, game]), width)
        down, right = DIRECTIONS[rollout.actions[t, game]]
        assert divmod(int(heads[t + 1, game]), width) == (row + down, col + right)
    for t, game in np.argwhere(rollout.valid):
        head, body, _, _ = rollout.observations[t, game]
        row, col = divmod(int(head.argmax()), width)
        unit = 255 // (height * width)
        free = [
            0 <= row + down < height and 0 <= col + right < width and body[row + down, col + right] <= unit
            for down, right in DIRECTIONS
        ]
        assert rollout.masks[t, game].tolist() == (free if any(free) else [True] * 4)


def test_each_game_has_its_view_all_the_time() -> None:
    envs = snake(16, 5, 5)
    symmetry = Symmetry((4, 5, 5), 4)
    play, twin = Collector(envs, symmetry, steps=20, seed=7), snake(16, 5, 5)
    rollout = play.collect(at_random(5))
    observations, _ = twin.reset(seed=7)
    seen = set()
    for t in range(20):
        for game in range(16):
            board = observations[game]
            turns, mirrored = divmod(game % 8, 2)
            for _ in range(turns):  # clockwise: what was the bottom row from left to right runs down the left side
                board = np.stack([board[:, ::-1, col] for col in range(5)], axis=1)
            board = board[:, :, ::-1] if mirrored else board
            np.testing.assert_array_equal(rollout.observations[t, game], board)
            seen.add(game % 8)
        meant = [symmetry.meant[game % 8][rollout.actions[t, game]] for game in range(16)]
        observations = twin.step(np.array(meant))[0]
    assert len(seen) == 8


@pytest.mark.parametrize("symmetric", [False, True])
def test_goes_on_from_its_state(symmetric: bool) -> None:
    rules: dict[str, Any] = {"hunger_limit": 9, "reward": "distance", "initial_length": (2, 9)}
    whole = collector(snake(5, **rules), 8, symmetric=symmetric)
    for number in range(30):
        whole.collect(at_random(number))
        arrays = whole.state()
        kept = {name: array.copy() for name, array in arrays.items()}
        expected = copied(whole.collect(at_random(100)))
        assert_same(arrays, kept)
        resumed = collector(snake(5, **rules), 8, symmetric=symmetric)
        resumed.restore(arrays)
        resumed.rollout.log_probs[:] = expected["log_probs"]  # never written here
        assert_same(copied(resumed.collect(at_random(100))), expected)
        assert_same(arrays, kept)


def test_games_in_a_wrapper_start_anew() -> None:
    """What a wrapper does to observations, and what it remembers, is in no state of the games."""
    play = collector(gym.wrappers.vector.FlattenObservation(snake(3)), 2)
    play.collect(at_random(0))
    assert play.state() == {}


def test_games_that_tell_no_state_start_anew() -> None:
    play = collector(Script([3], [False]), 2)
    play.collect(by_clock)
    assert play.state() == {}
    resumed = collector(Script([3], [False]), 2)
    resumed.restore({})
    assert resumed.collect(by_clock).observations.tolist() == [[[1, 0]], [[1, 1]]]
