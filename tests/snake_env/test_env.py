"""The environment for one game: the interface of Gymnasium, seeds, episodes, copies and wrappers."""

import copy
import pickle
import random
from collections.abc import Callable
from itertools import product
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

from snake_env import Rules, SnakeEnv, State
from tests.support.boards import drawing
from tests.support.env_games import BOARDS, ID, env_on, play
from tests.support.reference import Reference, choose, closed_tour
from tests.support.same import assert_same

OBSERVATIONS = ("planes", "ego", "features", "rgb")

every_observation = pytest.mark.parametrize("observation", OBSERVATIONS)


# ---- the interface of Gymnasium


@every_observation
@pytest.mark.parametrize("actions", ["absolute", "relative"])
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_gymnasiums_checker_passes(observation: str, actions: str, walls: str) -> None:
    env = gym.make(ID, height=5, width=7, observation=observation, actions=actions, walls=walls, hunger_limit=9)
    check_env(env.unwrapped, skip_render_check=True)
    env.reset(seed=1)
    for _ in range(20):
        if any(env.step(env.action_space.sample())[2:4]):
            env.reset()


def test_gymnasiums_checker_passes_for_images() -> None:
    env = gym.make(ID, height=5, width=7, render_mode="rgb_array")
    check_env(env.unwrapped)
    check_env(gym.make(ID, height=16, width=17).unwrapped, skip_render_check=True)  # uint16


def test_the_spaces_are_those_of_the_description() -> None:
    shapes = {
        "planes": ((4, 6, 9), np.uint8),
        "ego": ((4, 17, 17), np.uint8),
        "features": ((4 * 13 + 2,), np.float32),
        "rgb": ((48, 72, 3), np.uint8),
    }
    for name, (shape, dtype) in shapes.items():
        env = SnakeEnv(height=6, width=9, observation=name)
        assert env.observation_space.shape == shape
        assert env.observation_space.dtype == dtype
        assert env.action_space == gym.spaces.Discrete(4)
    assert SnakeEnv(actions="relative").action_space == gym.spaces.Discrete(3)
    assert SnakeEnv(height=17, width=16).observation_space == gym.spaces.Box(0, 65535, (4, 17, 16), np.uint16)
    assert SnakeEnv(height=15, width=17).observation_space == gym.spaces.Box(0, 255, (4, 15, 17), np.uint8)


@every_observation
@pytest.mark.parametrize("board", BOARDS, ids=str)
def test_observations_stay_in_their_space(observation: str, board: dict[str, Any]) -> None:
    env = SnakeEnv(observation=observation, reward="distance", **board)
    board = board | {"initial_length": tuple(board["initial_length"])} if "initial_length" in board else board
    rules = Rules(**board)
    tour = None if "obstacles" in board else closed_tour(rules.height, rules.width)
    given, info = env.reset(seed=3)
    wins = 0
    for luck in np.random.default_rng(2).random(400).tolist():
        assert given in env.observation_space
        assert given.dtype == env.observation_space.dtype
        game = Reference(rules, State(**env.get_state()), 0)
        assert info["action_mask"].tolist() == game.mask()
        given, reward, terminated, truncated, info = env.step(choose(game, tour, luck, 0.002))
        assert isinstance(reward, float)
        assert (type(terminated), type(truncated)) == (bool, bool)
        if terminated or truncated:
            assert given in env.observation_space
            wins += info["won"]
            given, info = env.reset()
    assert wins > 0 or "obstacles" in board


@every_observation
def test_returned_arrays_are_copies(observation: str) -> None:
    env, twin = (SnakeEnv(height=5, width=6, observation=observation, hunger_limit=8) for _ in range(2))
    rng = np.random.default_rng(4)
    handed_out: list[npt.NDArray[Any]] = []
    given, info = env.reset(seed=5)
    assert_same((given, info), twin.reset(seed=5))
    for _ in range(40):
        legal = np.flatnonzero(info["action_mask"])
        action = int(rng.choice(legal)) if len(legal) else 0
        new = [given, info["action_mask"], env.action_masks(), *env.get_state().values()]
        for array in new:
            array.fill(1)  # as a careless learner may
        handed_out += new
        expected = [array.copy() for array in handed_out]
        step = env.step(action)
        assert_same(handed_out, expected)
        assert_same(step, twin.step(action))
        given, info = step[0], step[4]
        if step[2] or step[3]:
            given, info = env.reset()
            assert_same((given, info), twin.reset())


# ---- seeds


def test_the_same_seed_gives_the_same_games() -> None:
    one, two = (SnakeEnv(height=6, width=5, food=2, hunger_limit=20) for _ in range(2))
    played = play(one, 120, seed=8)
    assert_same(played, play(two, 120, seed=8))
    assert_same(played, play(one, 120, seed=8))


def starts(*seeds: int | None) -> list[list[str]]:
    drawn = []
    for seed in seeds:
        env = SnakeEnv(height=9, width=8, food=2)
        env.reset(seed=seed)
        drawn.append(drawing(State(**env.get_state())))
    return drawn


def test_other_seeds_give_other_games() -> None:
    assert len({"".join(drawn) for drawn in starts(*range(50))}) == 50


def test_without_a_seed_games_differ() -> None:
    assert len({"".join(drawn) for drawn in starts(*[None] * 20)}) >= 19


def test_later_games_differ_and_follow_from_the_seed() -> None:
    env, twin = SnakeEnv(height=9, width=8), SnakeEnv(height=9, width=8)
    games = [env.reset(seed=1)[0]] + [env.reset()[0] for _ in range(9)]
    assert_same(games, [twin.reset(seed=1)[0]] + [twin.reset()[0] for _ in range(9)])
    assert len({game.tobytes() for game in games}) == 10


def test_global_random_numbers_are_not_used() -> None:
    before = random.getstate(), np.random.get_state()[1].tobytes()  # type: ignore[index]  # noqa: NPY002
    one = play(SnakeEnv(height=5, width=6), 50, seed=2)
    assert before == (random.getstate(), np.random.get_state()[1].tobytes())  # type: ignore[index]  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    assert_same(one, play(SnakeEnv(height=5, width=6), 50, seed=2))


# ---- a game from start to end


def test_info_of_every_step() -> None:
    env = env_on("...... .*<a.. ...... ......")
    text = env.step(3)
    assert text[1:4] == (1.0, False, False)
    info = text[4]
    mask = info.pop("action_mask")
    assert_same(info, {"score": 1, "length": 3, "won": False})
    assert_same(mask, np.array([1, 0, 1, 1], dtype=np.int8))
    assert_same(env.action_masks(), np.array([True, False, True, True]))
    for given in play(SnakeEnv(height=4, width=5), 100, seed=1):
        assert sorted(given[-1]) == ["action_mask", "length", "score", "won"]
        assert given[-1]["length"] == given[-1]["score"] + 3


def test_death_is_termination() -> None:
    env = env_on("^..... a..... ...... .....*")
    assert env.step(0)[1:4] == (-1.0, True, False)


def test_a_full_board_is_termination_and_a_win() -> None:
    env = env_on("*<abc pojid qnkhe rmlgf")
    _, reward, terminated, truncated, info = env.step(3)
    assert (reward, terminated, truncated, info["won"], info["length"]) == (2.0, True, False, True, 20)


def test_starving_is_truncation() -> None:
    env = env_on("...... .^c... .ab... .....*", hunger_limit=3)
    ends = [env.step(action)[1:4] for action in (1, 2, 3)]
    assert ends == [(0.0, False, False), (0.0, False, False), (0.0, False, True)]


def test_hunger_is_the_only_time_limit() -> None:
    spec = gym.spec(ID)
    assert spec.max_episode_steps is None


def test_a_step_needs_a_reset_before_it_and_after_the_end() -> None:
    env = SnakeEnv(height=4, width=5)
    with pytest.raises(ResetNeeded, match="reset"):
        env.step(0)
    env = env_on("^..... a..... ...... .....*")
    env.step(0)
    for _ in range(2):
        with pytest.raises(ResetNeeded, match="reset"):
            env.step(1)
    env.reset()
    env.step(int(env.action_masks().argmax()))


def test_an_environment_made_by_name_requires_a_reset() -> None:
    env: Any = gym.make(ID, height=4, width=5, render_mode="rgb_array")
    for use in (lambda: env.step(0), env.render):
        with pytest.raises(ResetNeeded, match="reset"):
            use()
    env.reset()
    assert env.render() is not None


# ---- specifications, copies, wrappers


def test_a_specification_goes_through_json() -> None:
    env = gym.make(
        ID,
        height=5,
        width=6,
        obstacles=[0.1, 3],
        initial_length=[2, 5],
        observation={"name": "ego", "radius": 3},
        reward={"name": "distance", "gamma": 0.9},
        actions="relative",
    )
    assert env.spec is not None
    again: Any = gym.make(EnvSpec.from_json(env.spec.to_json()))
    assert again.observation_space == env.observation_space
    assert_same(env.reset(seed=4), again.reset(seed=4))
    for _ in range(5):
        assert_same(env.step(1), again.step(1))
        if again.unwrapped.get_state()["over"][0]:
            break


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))], ids=["copy", "pickle"]
)
def test_a_copy_plays_the_same_game(duplicate: Callable[[SnakeEnv], SnakeEnv]) -> None:
    env = SnakeEnv(height=5, width=6)
    env.reset(seed=4)
    twin = duplicate(env)
    for _ in range(5):
        action = int(env.action_masks().argmax())
        assert_same(env.step(action), twin.step(action))


def test_wrappers_work() -> None:
    env: Any = gym.make(ID, height=5, width=6, hunger_limit=20)
    env = gym.wrappers.RecordEpisodeStatistics(gym.wrappers.FlattenObservation(gym.wrappers.TimeLimit(env, 50)))
    given, info = env.reset(seed=4)
    assert given.shape == (120,)
    total, steps, ended = 0.0, 0, False
    while not ended:
        given, reward, terminated, truncated, info = env.step(int(info["action_mask"].argmax()))
        total, steps, ended = total + reward, steps + 1, terminated or truncated
    assert (info["episode"]["r"], info["episode"]["l"]) == (total, steps)


def test_all_kinds_of_environments_can_be_made() -> None:
    for walls, obstacles, food, actions in product(
        ["solid", "wrap"], [None, "pillars", 0.1], [1, 3], ["absolute", "relative"]
    ):
        env = SnakeEnv(height=7, width=9, walls=walls, obstacles=obstacles, food=food, actions=actions)
        assert len(env.reset(seed=1)[1]["action_mask"]) == (4 if actions == "absolute" else 3)
        assert (env.get_state()["food"] >= 0).sum() == food
