"""Many games at once: each is the game of a single environment, and Gymnasium's vector promises hold."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from snake_env import SnakeEnv, SnakeVectorEnv, State
from tests.boards import drawing, lines, state_of
from tests.same import assert_same

ID = "snake_env/Snake-v1"

# Short games that end in every way.
KINDS: list[dict[str, Any]] = [
    {"height": 4, "width": 5, "observation": "planes", "hunger_limit": 12},
    {"height": 5, "width": 4, "observation": "ego", "walls": "wrap", "food": 2, "initial_length": [14, 18]},
    {"height": 4, "width": 6, "observation": "features", "actions": "relative", "obstacles": "pillars"},
    {"height": 5, "width": 6, "observation": {"name": "rgb", "tile": 4}, "reward": "distance", "hunger_limit": 5},
    {"height": 16, "width": 17, "initial_length": [1, 200], "food": 30, "hunger_limit": 7, "reward": "distance"},
]
MODES = [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP]


def any_actions(info: dict[str, Any], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Legal actions mostly, deadly ones at times, and whatever where there is no legal one."""
    mask = info["action_mask"] + 0.03
    return np.array([rng.choice(len(row), p=row / row.sum()) for row in mask])


def singles(num_envs: int, mode: AutoresetMode, kind: dict[str, Any]) -> SyncVectorEnv:
    return SyncVectorEnv([partial(SnakeEnv, **kind)] * num_envs, autoreset_mode=mode)


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
    """What a reset or a step gave, with the keys of info in order; pictures of games that did not end left out."""

    def sort(info: dict[str, Any]) -> dict[str, Any]:
        return {key: sort(info[key]) if isinstance(info[key], dict) else info[key] for key in sorted(info)}

    info = sort(given[-1])
    final = info.pop("final_obs", np.array([]))
    return [*given[:-1], info, list(final)]


@pytest.mark.parametrize("kind", KINDS[:2], ids=str)
def test_a_game_does_not_depend_on_how_many_others_there_are(kind: dict[str, Any]) -> None:
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


# ---- autoreset, by hand

# A corridor that is a ring, a snake of four cells and one free cell ahead, so that all games are alike:
# straight on wins, a turn is death.
CORRIDOR: dict[str, Any] = {
    "height": 4,
    "width": 5,
    "walls": "wrap",
    "obstacles": "#####\n.....\n#####\n#####",
    "initial_length": 4,
    "actions": "relative",
}
LEFT, STRAIGHT = 0, 1
#           game 0    game 1  game 2
ACTIONS = [
    [STRAIGHT, LEFT, STRAIGHT],
    [STRAIGHT, LEFT, LEFT],
    [STRAIGHT, LEFT, LEFT],
    [LEFT, LEFT, STRAIGHT],
    [LEFT, LEFT, STRAIGHT],
]
F, T = False, True


def table(envs: SnakeVectorEnv, actions: Sequence[Sequence[int]], *columns: str) -> dict[str, list[Any]]:
    """What each step gives, by name."""
    rows: dict[str, list[Any]] = {column: [] for column in columns}
    for step in actions:
        _, rewards, terminations, truncations, info = envs.step(np.array(step))
        given = info | {"rewards": rewards, "terminations": terminations, "truncations": truncations}
        for column in columns:
            rows[column].append(given[column].tolist())
    return rows


def test_next_step_autoreset() -> None:
    envs = SnakeVectorEnv(3, **CORRIDOR)
    envs.reset(seed=1)
    rows = table(envs, ACTIONS, "rewards", "terminations", "truncations", "won", "score", "length", "_won")
    # Games 0 and 1 end with every other step; game 2 wins, starts anew, dies, starts anew, wins.
    assert rows == {
        "rewards": [[2, -1, 2], [0, 0, 0], [2, -1, -1], [0, 0, 0], [-1, -1, 2]],
        "terminations": [[T, T, T], [F, F, F], [T, T, T], [F, F, F], [T, T, T]],
        "truncations": [[F, F, F]] * 5,
        "won": [[T, F, T], [F, F, F], [T, F, F], [F, F, F], [F, F, T]],
        "score": [[1, 0, 1], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1]],
        "length": [[5, 4, 5], [4, 4, 4], [5, 4, 4], [4, 4, 4], [4, 4, 5]],
        "_won": [[T, T, T]] * 5,
    }


def test_same_step_autoreset() -> None:
    envs = SnakeVectorEnv(3, autoreset_mode="SameStep", **CORRIDOR)
    envs.reset(seed=1)
    actions = [
        [STRAIGHT, LEFT, STRAIGHT],
        [STRAIGHT, LEFT, LEFT],
        [LEFT, LEFT, LEFT],
        [LEFT, STRAIGHT, STRAIGHT],
        [STRAIGHT, LEFT, LEFT],
    ]
    columns = ("rewards", "terminations", "truncations", "won", "score", "length", "_final_info", "_final_obs")
    assert table(envs, actions, *columns) == {
        "rewards": [[2, -1, 2], [2, -1, -1], [-1, -1, -1], [-1, 2, 2], [2, -1, -1]],
        "terminations": [[T, T, T]] * 5,
        "truncations": [[F, F, F]] * 5,
        "won": [[F, F, F]] * 5,  # of the games that have just begun
        "score": [[0, 0, 0]] * 5,
        "length": [[4, 4, 4]] * 5,
        "_final_info": [[T, T, T]] * 5,
        "_final_obs": [[T, T, T]] * 5,
    }
    envs.reset(seed=1)
    final = [envs.step(np.array(step))[-1]["final_info"] for step in actions]
    assert [info["won"].tolist() for info in final] == [[T, F, T], [T, F, F], [F, F, F], [F, T, T], [T, F, F]]
    assert [info["length"].tolist() for info in final] == [[5, 4, 5], [5, 4, 4], [4, 4, 4], [4, 5, 5], [5, 4, 4]]


# One snake goes round in circles and starves, one eats, one dies.
CIRCLES = "...... .^c... .ab... *....."
EATS = "*<abc. ...... ...... ......"
DIES = "<abc.. ...... ...... .....*"
UP, RIGHT, DOWN, LEFTWARDS = range(4)


def three_games(mode: str) -> SnakeVectorEnv:
    envs = SnakeVectorEnv(3, autoreset_mode=mode, height=4, width=6, hunger_limit=2)
    games = [state_of(text) for text in (CIRCLES, EATS, DIES)]
    state = {name: np.concatenate([getattr(game, name) for game in games]) for name in State._fields}
    envs.set_state(state | {"obstacles": games[0].obstacles})
    return envs


def test_truncation_in_next_step_autoreset() -> None:
    envs = three_games("NextStep")
    actions = [
        [RIGHT, LEFTWARDS, DOWN],
        [DOWN, DOWN, LEFTWARDS],  # game 0 starves, game 2 dies
        [UP, RIGHT, UP],  # games 0 and 2 start anew, whatever the action; game 1 starves
    ]
    assert table(envs, actions, "rewards", "terminations", "truncations", "score", "length") == {
        "rewards": [[0, 1, 0], [0, 0, -1], [0, 0, 0]],
        "terminations": [[F, F, F], [F, F, T], [F, F, F]],
        "truncations": [[F, F, F], [T, F, F], [F, T, F]],
        "score": [[0, 1, 0], [0, 1, 0], [0, 1, 0]],
        "length": [[4, 5, 4], [4, 5, 4], [3, 5, 3]],
    }
    state = State(**envs.get_state())
    assert state.hunger.tolist() == [0, 2, 0]
    assert state.over.tolist() == [F, T, F]
    assert drawing(state, 1, food=False) == lines("bcd... a>.... ...... ......")


def test_truncation_in_same_step_autoreset() -> None:
    envs = three_games("SameStep")
    actions = [[RIGHT, LEFTWARDS, DOWN], [DOWN, DOWN, LEFTWARDS]]
    assert table(envs, actions, "rewards", "terminations", "truncations", "score", "length") == {
        "rewards": [[0, 1, 0], [0, 0, -1]],
        "terminations": [[F, F, F], [F, F, T]],
        "truncations": [[F, F, F], [T, F, F]],
        "score": [[0, 1, 0], [0, 1, 0]],
        "length": [[4, 5, 4], [3, 5, 3]],
    }
    envs = three_games("SameStep")
    info = envs.step(np.array(actions[0]))[-1]
    assert not {"final_info", "_final_info", "final_obs", "_final_obs"} & set(info)
    observations, *_, info = envs.step(np.array(actions[1]))
    final = info["final_info"]
    assert info["_final_info"].tolist() == info["_final_obs"].tolist() == final["_length"].tolist() == [T, F, T]
    assert final["length"].tolist() == [4, 0, 4]
    assert info["final_obs"][1] is None
    # Circles ends looking down from where its tail was; dies ends where it stood before the fatal move.
    unit = 255 // 24
    body = np.array([[0] * 6, [0, 2, 3, 0, 0, 0], [0, 1, 4, 0, 0, 0], [0] * 6])
    np.testing.assert_array_equal(info["final_obs"][0][1], body * unit)
    body = np.array([[3, 2, 1, 0, 0, 0], [4, 0, 0, 0, 0, 0], [0] * 6, [0] * 6])
    np.testing.assert_array_equal(info["final_obs"][2][1], body * unit)
    assert (observations[[0, 2], 1] > 0).sum() == 6


# ---- without autoreset


def test_without_autoreset_a_mask_says_who_starts_anew() -> None:
    envs = SnakeVectorEnv(3, autoreset_mode="Disabled", **CORRIDOR)
    with pytest.raises(ResetNeeded, match="reset"):
        envs.step(np.array([STRAIGHT] * 3))
    envs.reset(seed=1)
    before = envs.get_state()
    *_, info = envs.step(np.array([STRAIGHT, LEFT, LEFT]))
    assert info["won"].tolist() == [T, F, F]
    ended = envs.get_state()
    with pytest.raises(ResetNeeded, match="reset"):
        envs.step(np.array([STRAIGHT] * 3))
    assert_same(envs.get_state(), ended)
    envs.reset(options={"reset_mask": np.array([T, F, T])})
    partly = envs.get_state()
    assert partly["over"].tolist() == [F, T, F]
    for name in set(partly) - {"obstacles"}:
        assert_same(partly[name][1], ended[name][1])
    with pytest.raises(ResetNeeded, match="reset"):
        envs.step(np.array([STRAIGHT] * 3))
    envs.reset(options={"reset_mask": np.array([F, T, F])})
    assert envs.step(np.array([STRAIGHT] * 3))[1].tolist() == [2, 2, 2]
    assert before["over"].tolist() == [F, F, F]


def test_masked_resets_equal_gymnasiums() -> None:
    kind: dict[str, Any] = {"height": 4, "width": 5, "hunger_limit": 9, "reward": "distance"}
    one, many = singles(4, AutoresetMode.DISABLED, kind), SnakeVectorEnv(4, autoreset_mode="Disabled", **kind)
    _, info = many.reset(seed=5)
    one.reset(seed=5)
    rng = np.random.default_rng(6)
    for turn in range(100):
        actions = any_actions(info, rng)
        *step, info = many.step(actions)
        *other, other_info = one.step(actions)
        assert_same(
            [step, {key: info[key] for key in sorted(info)}], [other, {key: other_info[key] for key in sorted(info)}]
        )
        mask = step[2] | step[3]
        if mask.any():
            seed = [None, 100 * turn][turn % 2]
            given, info = many.reset(seed=seed, options={"reset_mask": mask})
            other_given, other_info = one.reset(seed=seed, options={"reset_mask": mask})
            assert_same(given, other_given)
            for key in ("score", "length", "won", "action_mask"):
                np.testing.assert_array_equal(info[key][mask], other_info[key][mask])


# ---- what is handed out, and options


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_is_handed_out_does_not_change_and_changes_nothing(kind: dict[str, Any], mode: AutoresetMode) -> None:
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


def test_the_actions_handed_in_stay_as_they_are() -> None:
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


# ---- what a user can get wrong


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ([0, 1], r"shape \(2,\).*3 whole numbers.*0 up, 1 right, 2 down, 3 left"),
        ([[0, 1, 2]], r"shape \(1, 3\)"),
        (1, r"shape \(\)"),
        ([0, 1, 4], "between 0 and 4.*0 up, 1 right, 2 down, 3 left"),
        ([0, 1, -1], "between -1 and 1"),
        ([0, 1, 2**62], "between 0 and"),
        (np.array([0, 1, 2**64 - 1], dtype=np.uint64), "between"),
        ([0.0, 1.0, 2.0], "float64"),
        ([True, False, True], "bool"),
        (["up", "up", "up"], "<U2"),
        (None, "object"),
    ],
    ids=repr,
)
def test_bad_actions_are_named_and_do_nothing(actions: Any, words: str) -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    envs.reset(seed=1)
    before = envs.get_state()
    with pytest.raises(ValueError, match=words):
        envs.step(actions)
    assert_same(envs.get_state(), before)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.uint64])
def test_actions_of_any_whole_dtype(dtype: type[Any]) -> None:
    envs, twin = SnakeVectorEnv(3, height=5, width=6), SnakeVectorEnv(3, height=5, width=6)
    envs.reset(seed=1)
    twin.reset(seed=1)
    assert_same(envs.step(np.array([0, 1, 3], dtype=dtype)), twin.step([0, 1, 3]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seed": [1, 2]}, "2 seeds for 3 games"),
        ({"seed": [1, 2, 3, 4]}, "4 seeds for 3 games"),
        ({"options": {"length": 3}}, "'length'"),
        ({"options": {"initial_length": 99}}, "initial_length is 99"),
        ({"options": {"reset_mask": np.array([True])}}, r"reset_mask has shape \(1,\)"),
        ({"options": {"reset_mask": np.array([1, 0, 1])}}, "reset_mask.*int64"),
        ({"options": {"reset_mask": np.zeros(3, dtype=bool)}}, "at least one"),
    ],
    ids=str,
)
def test_a_bad_reset_is_named_and_does_nothing(arguments: dict[str, Any], words: str) -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    envs.reset(seed=1)
    before = envs.get_state()
    with pytest.raises(ValueError, match=words):
        envs.reset(**arguments)
    assert_same(envs.get_state(), before)


@pytest.mark.parametrize("seed", [-1, [1, -2, 3]], ids=str)
def test_a_negative_seed_is_an_error_that_does_nothing(seed: Any) -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    envs.reset(seed=1)
    before = envs.get_state()
    with pytest.raises(gym.error.Error, match="-"):
        envs.reset(seed=seed)
    assert_same(envs.get_state(), before)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_envs": 0}, "num_envs is 0"),
        ({"num_envs": -3}, "num_envs is -3"),
        ({"num_envs": 2.0}, "num_envs is 2.0"),
        ({"autoreset_mode": "Sometimes"}, "'Sometimes'.*'NextStep', 'SameStep', 'Disabled'"),
        ({"autoreset_mode": None}, "None.*'NextStep', 'SameStep', 'Disabled'"),
        ({"render_mode": "ansi"}, "'ansi'.*'rgb_array', 'tiled', 'human'"),
        ({"walls": "torus"}, "'torus'"),
    ],
    ids=str,
)
def test_a_bad_argument_is_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SnakeVectorEnv(**arguments)


def test_a_step_needs_a_reset() -> None:
    envs = SnakeVectorEnv(3, height=5, width=6)
    with pytest.raises(ResetNeeded, match="reset"):
        envs.step(np.zeros(3, dtype=np.int64))
    envs.reset(options={"reset_mask": np.array([T, F, T])})
    with pytest.raises(ResetNeeded, match="reset"):
        envs.step(np.zeros(3, dtype=np.int64))


def test_a_state_of_another_number_of_games_is_refused() -> None:
    envs, more = SnakeVectorEnv(3, height=5, width=6), SnakeVectorEnv(4, height=5, width=6)
    envs.reset(seed=1)
    more.reset(seed=1)
    before = envs.get_state()
    with pytest.raises(ValueError, match=r"shape .*\(3,"):
        envs.set_state(more.get_state())
    assert_same(envs.get_state(), before)


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


def test_pictures() -> None:
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
