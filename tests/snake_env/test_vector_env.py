"""The vector environment: each game equals that of a single environment, and the interface of Gymnasium holds."""

from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode

from snake_env import SnakeEnv, SnakeVectorEnv, State
from tests.support.same import assert_same
from tests.support.vector_games import ID, KINDS, MODES, any_actions, singles

# ---- equal to single environments


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_it_equals_gymnasiums_vector_of_single_environments(kind: dict[str, Any], mode: AutoresetMode) -> None:
    one, many = singles(3, mode, kind), SnakeVectorEnv(3, autoreset_mode=mode, **kind)
    assert one.metadata["autoreset_mode"] == many.metadata["autoreset_mode"] == mode
    for name in ("observation_space", "action_space", "single_observation_space", "single_action_space"):
        assert getattr(one, name) == getattr(many, name)
    rng = np.random.default_rng(1)
    ends = np.zeros(3, dtype=np.int64)
    seeds: list[Any] = [11, None, [5, 3, 8], [None, 4, None]]
    for seed in seeds:
        given = many.reset(seed=seed)
        assert_same(sorted_info(one.reset(seed=seed)), sorted_info(given))
        info = given[1]
        for _ in range(45):
            actions = any_actions(info, rng)
            step = many.step(actions)
            assert_same(sorted_info(one.step(actions)), sorted_info(step))
            assert step[0] in many.observation_space
            info = step[-1]
            ends += (step[2] & ~info["won"]).sum(), step[3].sum(), info["won"].sum()
            if "final_info" in info:
                ends[2] += info["final_info"]["won"].sum()
    assert ends.sum() > 3


def sorted_info(given: tuple[Any, ...]) -> list[Any]:
    """The values of a reset or a step, the keys of info in order, without final observations of unfinished games."""

    def sort(info: dict[str, Any]) -> dict[str, Any]:
        return {key: sort(info[key]) if isinstance(info[key], dict) else info[key] for key in sorted(info)}

    info = sort(given[-1])
    final = info.pop("final_obs", np.array([]))
    return [*given[:-1], info, list(final)]


@pytest.mark.parametrize("kind", KINDS[:2], ids=str)
def test_a_game_does_not_depend_on_the_number_of_games(kind: dict[str, Any]) -> None:
    crowd, few = SnakeVectorEnv(37, **kind), SnakeVectorEnv(2, **kind)
    _, info = crowd.reset(seed=20)
    few.reset(seed=20 + 35)
    rng = np.random.default_rng(2)
    for _ in range(100):
        actions = any_actions(info, rng)
        *step, info = crowd.step(actions)
        *other, other_info = few.step(actions[-2:])
        assert_same([array[-2:] for array in step], other)
        assert_same({key: array[-2:] for key, array in info.items()}, other_info)


def test_the_same_seed_gives_the_same_games_and_others_do_not() -> None:
    one, two = SnakeVectorEnv(40, height=9, width=8), SnakeVectorEnv(40, height=9, width=8)
    first = one.reset(seed=3)
    assert_same(first, two.reset(seed=3))
    assert len({board.tobytes() for board in first[0]}) == 40
    assert_same(one.reset(), two.reset())
    fresh = [SnakeVectorEnv(1, height=9, width=8).reset()[0].tobytes() for _ in range(20)]
    assert len(set(fresh)) >= 19


# ---- what is handed out, and options


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_returned_arrays_are_copies(kind: dict[str, Any], mode: AutoresetMode) -> None:
    envs, twin = (SnakeVectorEnv(3, autoreset_mode=mode, **kind) for _ in range(2))
    rng = np.random.default_rng(3)
    handed_out: list[npt.NDArray[Any]] = []
    given: tuple[Any, ...] = envs.reset(seed=4)
    assert_same(given, twin.reset(seed=4))
    for _ in range(40):
        actions = any_actions(given[-1], rng)
        state = envs.get_state()
        arrays = [*given[:-1], *given[-1].values(), *state.values(), envs.action_masks()]
        new = [array for array in arrays if isinstance(array, np.ndarray) and array.dtype != object]
        new += list(given[-1].get("final_info", {}).values())
        for array in new:
            array.fill(1)
        handed_out += new
        expected = [array.copy() for array in handed_out]
        given = envs.step(actions)
        for array, copied in zip(handed_out, expected, strict=True):
            np.testing.assert_array_equal(array, copied)
        assert_same(sorted_info(given), sorted_info(twin.step(actions)))


def test_the_actions_passed_are_not_changed() -> None:
    envs = SnakeVectorEnv(2, height=4, width=5)
    envs.reset(seed=1)
    actions = np.array([3, 1])
    envs.step(actions)
    assert actions.tolist() == [3, 1]


def test_options_choose_the_length_of_the_games_that_start() -> None:
    envs = SnakeVectorEnv(40, height=5, width=6)
    _, info = envs.reset(seed=1, options={"initial_length": [7, 9]})
    assert set(info["length"].tolist()) == {7, 8, 9}
    mask = np.arange(40) < 3
    _, info = envs.reset(options={"initial_length": 2, "reset_mask": mask})
    assert info["length"][:3].tolist() == [2, 2, 2]
    assert info["length"][3:].min() >= 7
    assert set(envs.reset()[1]["length"].tolist()) == {3}
    single = SnakeEnv(height=5, width=6)
    single.reset(seed=9, options={"initial_length": [4, 8]})
    envs.reset(seed=2, options={"initial_length": [4, 8]})
    assert_same(State(**envs.get_state()).only(np.array([7])), State(**single.get_state()))


# ---- Gymnasium's machinery


@pytest.mark.parametrize("mode", [None, "vector_entry_point"])
def test_gymnasium_makes_it(mode: Any) -> None:
    envs: Any = gym.make_vec(ID, num_envs=3, vectorization_mode=mode, height=5, width=6, obstacles=[0.1, 2])
    assert isinstance(envs.unwrapped, SnakeVectorEnv)
    twin = SnakeVectorEnv(3, height=5, width=6, obstacles=[0.1, 2])
    assert_same(envs.reset(seed=1), twin.reset(seed=1))
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    same = gym.make_vec(ID, num_envs=2, vectorization_mode=mode, autoreset_mode="SameStep")
    assert same.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert SnakeVectorEnv.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP


def test_gymnasiums_own_vectors_take_single_environments() -> None:
    envs = gym.make_vec(ID, num_envs=2, vectorization_mode="sync", height=5, width=6)
    native = SnakeVectorEnv(2, height=5, width=6)
    assert_same(sorted_info(envs.reset(seed=4)), sorted_info(native.reset(seed=4)))


def test_its_specification_goes_through_json() -> None:
    envs = gym.make_vec(ID, num_envs=3, height=5, width=6, observation={"name": "ego", "radius": 2})
    assert envs.spec is not None
    again = gym.make_vec(EnvSpec.from_json(envs.spec.to_json()))
    assert again.num_envs == 3
    assert_same(envs.reset(seed=1), again.reset(seed=1))


# Before, Gymnasium's wrapper left out the first step of a game that began in the step of another's end.
LENGTHS_ARE_RIGHT = tuple(map(int, gym.__version__.split(".")[:2])) >= (1, 4)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_episode_statistics(mode: AutoresetMode) -> None:
    envs = gym.wrappers.vector.RecordEpisodeStatistics(
        SnakeVectorEnv(5, height=4, width=5, hunger_limit=10, autoreset_mode=mode)
    )
    _, info = envs.reset(seed=1)
    rng = np.random.default_rng(2)
    total, steps, seen = np.zeros(5), np.zeros(5), 0
    waiting = np.zeros(5, dtype=bool)
    for _ in range(120):
        _, rewards, terminations, truncations, info = envs.step(any_actions(info, rng))
        total, steps = total + rewards, steps + ~waiting
        ended = terminations | truncations
        if ended.any():
            episode = info.get("final_info", info).get("episode", info.get("episode"))
            np.testing.assert_array_equal(episode["r"][ended], total[ended])
            if mode is not AutoresetMode.SAME_STEP or LENGTHS_ARE_RIGHT:
                np.testing.assert_array_equal(episode["l"][ended], steps[ended])
            seen += ended.sum()
        total[ended] = steps[ended] = 0
        waiting = ended if mode is AutoresetMode.NEXT_STEP else waiting
    assert seen > 10


def test_vector_wrappers() -> None:
    envs: Any = SnakeVectorEnv(3, height=5, width=6)
    envs = gym.wrappers.vector.FlattenObservation(envs)
    envs = gym.wrappers.vector.NormalizeObservation(gym.wrappers.vector.NormalizeReward(envs))
    envs = gym.wrappers.vector.DictInfoToList(envs)
    given, infos = envs.reset(seed=1)
    assert given.shape == (3, 120)
    assert [sorted(info) for info in infos] == [["action_mask", "length", "score", "won"]] * 3
    infos = envs.step(np.array([info["action_mask"].argmax() for info in infos]))[-1]
    assert [info["length"] for info in infos] in ([3, 3, 3], [info["score"] + 3 for info in infos])


def test_images() -> None:
    each = SnakeVectorEnv(18, height=5, width=6, render_mode="rgb_array")
    each.reset(seed=1)
    frames: Any = each.render()
    assert len(frames) == 18
    single = SnakeEnv(height=5, width=6, render_mode="rgb_array")
    single.reset(seed=4)
    np.testing.assert_array_equal(frames[3], single.render())
    tiled = SnakeVectorEnv(18, height=5, width=6, render_mode="tiled")
    tiled.reset(seed=1)
    pictures: Any = tiled.render()
    assert len(pictures) == 1
    assert pictures[0].shape[0] > 3 * frames[0].shape[0]
    silent = SnakeVectorEnv(2)
    silent.reset(seed=1)
    with pytest.warns(UserWarning, match="tiled"):
        assert silent.render() is None


def test_a_window_opens_and_closes() -> None:
    pytest.importorskip("pygame")
    envs = SnakeVectorEnv(3, height=5, width=6, render_mode="human")
    envs.reset(seed=1)
    envs.step([1, 1, 1])
    assert envs.render() is None
    envs.close()
    envs.close()
