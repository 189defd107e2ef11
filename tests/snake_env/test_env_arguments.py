"""Wrong arguments, actions, seeds and options of the environment for one game."""

import copy
from typing import Any

import numpy as np
import pytest

from snake_env import Rules, SnakeEnv, SnakeVectorEnv
from tests.support.env_games import env_on
from tests.support.same import assert_same

BAD_ARGUMENTS: list[tuple[str, Any, str]] = [
    *(("height", value, "4 to 64") for value in (3, 65, -5, 5.0, "5", True, None)),
    *(("width", value, "4 to 64") for value in (3, 65, 0, 5.5, [5])),
    *(("walls", value, "'solid', 'wrap'") for value in ("torus", "Solid", None, 1, ["wrap"])),
    *(("actions", value, "'absolute', 'relative'") for value in ("diagonal", "", None)),
    *(("food", value, "1 to 29") for value in (0, -1, 30, 1.0, None, True)),
    *(("initial_length", value, "1 to 29") for value in (0, 30, 2.5, "3", None)),
    ("initial_length", [3], "two"),
    ("initial_length", [3, 4, 5], "two"),
    *(("hunger_limit", value, "1 to") for value in (0, -3, 1.5, "9", True)),
    *(("obstacles", value, "'cross', 'pillars', 'rooms', 'corners'") for value in ("maze", "", "CROSS")),
    *(
        ("obstacles", value, "0 to 0.5")
        for value in (-0.1, 0.51, float("nan"), True, [0.1], [0.1, -1], [0.1, 0.5], [[1], 2])
    ),
    *(("observation", value, "'planes', 'ego', 'features', 'rgb'") for value in ("pixels", {"radius": 3}, None, 3)),
    ("observation", {"name": ["ego"]}, "'planes', 'ego', 'features', 'rgb'"),
    *(("reward", value, "'sparse', 'distance'") for value in ("dense", {"food": 1}, None, 1.0)),
    *(("render_mode", value, "'rgb_array', 'ansi', 'human'") for value in ("tiled", "rgb", "", 1)),
]


@pytest.mark.parametrize(("name", "value", "allowed"), BAD_ARGUMENTS, ids=lambda value: repr(value)[:20])
def test_a_bad_argument_is_named_with_what_is_allowed(name: str, value: object, allowed: str) -> None:
    arguments: dict[str, Any] = {"height": 5, "width": 6, name: value}
    with pytest.raises(ValueError, match=name) as error:
        SnakeEnv(**arguments)
    assert repr(value) in str(error.value) or repr(tuple(value)) in str(error.value)  # type: ignore[arg-type]
    assert allowed in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"initial_length": [5, 3]}, r"initial_length is \[5, 3\]; give \[least, most\]"),
        ({"initial_length": [3, "5"]}, "initial_length is '5'"),
        ({"initial_length": [0, 3]}, "initial_length.*0.*1 to"),
        ({"initial_length": [1, 30]}, "initial_length.*30.*to 29"),
        ({"obstacles": "......\n......"}, "2 lines.*5 lines of 6"),
        ({"obstacles": ["......", "......"]}, "a map is one string with a line for each row"),
        ({"obstacles": "\n".join(["....."] * 5 + ["#...."])}, r"6 lines of \[5\].*5 lines of 6"),
        ({"obstacles": "\n".join(["..x..."] * 5)}, "'#' for an obstacle"),
        ({"obstacles": "\n".join(["..#..."] * 5)}, "cut 15 of them off|cut 10 of them off"),
        ({"obstacles": "\n".join(["######"] * 4 + ["###..."])}, "leave 3 of 30"),
        ({"observation": {"name": "ego", "radius": 0}}, "radius=0.*1 to 11"),
        ({"observation": {"name": "ego", "radius": 1.5}}, "radius=1.5"),
        ({"observation": {"name": "ego", "radius": True}}, "radius=True"),
        ({"observation": {"name": "ego", "size": 3}}, "'ego' has size=3; it takes radius, moves"),
        ({"observation": {"name": "planes", "radius": 1}}, "'planes' has radius=1; it takes no options"),
        ({"observation": {"name": "rgb", "tile": 3}}, "tile=3.*4 to 128"),
        ({"reward": {"name": "sparse", "fruit": 1}}, "fruit=1.*food, death, win"),
        ({"reward": {"name": "sparse", "food": "1"}}, "food='1'"),
        ({"reward": {"name": "sparse", "death": True}}, "death=True"),
        ({"reward": {"name": "sparse", "win": float("inf")}}, "win=inf.*finite"),
        ({"reward": {"name": "sparse", "food": 10**400}}, "food=1000.*finite"),
        ({"reward": {"name": "sparse", "discount": 0.9}}, "discount=0.9.*food, death, win"),
        ({"reward": {"name": "distance", "discount": 0.9}}, "discount=0.9; discount is now gamma"),
        ({"reward": {"name": "distance", "gamma": 1.5}}, "gamma=1.5.*between 0 and 1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_arguments_that_do_not_fit_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SnakeEnv(**({"height": 5, "width": 6} | arguments))


def test_an_unknown_argument_is_named_as_python_names_it() -> None:
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'heigth'; the environment takes height, width"):
        SnakeEnv(heigth=5)  # type: ignore[call-arg]


@pytest.mark.parametrize("action", [-1, 4, 1.0, "up", None, np.array([1]), np.int64(-4), 2**40], ids=repr)
def test_a_bad_action_is_named_and_does_nothing(action: Any) -> None:
    env = SnakeEnv(height=5, width=6)
    env.reset(seed=1)
    before = env.get_state()
    with pytest.raises(ValueError, match=r"action is .*0 up, 1 right, 2 down, 3 left") as error:
        env.step(action)
    assert repr(action) in str(error.value)
    assert_same(env.get_state(), before)


def test_relative_actions_are_three() -> None:
    env = SnakeEnv(height=5, width=6, actions="relative")
    env.reset(seed=1)
    with pytest.raises(ValueError, match="action is 3; choose one of 0 left, 1 straight, 2 right"):
        env.step(3)


@pytest.mark.parametrize("action", [np.int64(1), np.uint8(1), np.array(1), np.int32(1)], ids=repr)
def test_numpys_integers_are_actions(action: Any) -> None:
    env, twin = (env_on("...... ..^... ..a... .....*") for _ in range(2))
    assert_same(env.step(action), twin.step(1))


# ---- reset(options=...)


def test_options_choose_the_length_of_one_game() -> None:
    env = SnakeEnv(height=5, width=6)
    assert env.reset(seed=1, options={"initial_length": 5})[1]["length"] == 5
    assert env.reset()[1]["length"] == 3
    assert env.reset(options={})[1]["length"] == 3
    lengths = {env.reset(options={"initial_length": [7, 9]})[1]["length"] for _ in range(30)}
    assert lengths == {7, 8, 9}
    fixed = SnakeEnv(height=5, width=6, initial_length=5)
    assert_same(fixed.reset(seed=3), env.reset(seed=3, options={"initial_length": 5}))


@pytest.mark.parametrize("observation", ["features", "planes"])
def test_a_game_of_length_1_by_an_option_has_no_neck(observation: str) -> None:
    """Its snake can go to every neighbour on the board, in both environments; so says an observation of dangers."""
    env = SnakeEnv(height=5, width=6, observation=observation)
    envs = SnakeVectorEnv(1, height=5, width=6, observation=observation)
    for seed in range(20):
        env.reset(seed=seed)
        envs.reset(seed=seed)
        given, info = env.reset(options={"initial_length": 1})
        assert_same(envs.reset(options={"initial_length": 1})[0][0], given)
        row, col = divmod(int(env.get_state()["head"][0]), 6)
        free = [row > 0, col < 5, row < 4, col > 0]
        assert info["action_mask"].tolist() == env.action_masks().tolist() == envs.action_masks()[0].tolist() == free
        assert observation == "planes" or (given[:52:13] == 0).tolist() == free  # the dangers
        for action in np.flatnonzero(free):
            copied = copy.deepcopy(env)
            assert not copied.step(int(action))[2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"length": 3}, "'length'.*'initial_length'"),
        ({"initial_length": 30}, "initial_length is 30.*1 to 29"),
        ({"initial_length": [4, 2]}, "initial_length"),
        ({"initial_length": "3"}, "initial_length is '3'"),
        ({"reset_mask": [True]}, "this environment has one"),
        (5, "options is 5; give a dictionary"),
    ],
    ids=str,
)
def test_bad_options_are_named_and_do_nothing(options: dict[str, Any], words: str) -> None:
    env, twin = SnakeEnv(height=5, width=6), SnakeEnv(height=5, width=6)
    env.reset(seed=1)
    twin.reset(seed=1)
    with pytest.raises(ValueError, match=words):
        env.reset(seed=2, options=options)
    assert_same(env.get_state(), twin.get_state())
    assert_same(env.reset(), twin.reset())


@pytest.mark.parametrize("seed", [1.5, "a", [1], -1, np.int8(-1)], ids=repr)
def test_a_bad_seed_is_named_and_does_nothing(seed: Any) -> None:
    env, twin = SnakeEnv(height=5, width=6), SnakeEnv(height=5, width=6)
    env.reset(seed=1)
    twin.reset(seed=1)
    with pytest.raises(ValueError, match=r"seed is .*; give a non-negative integer, or None"):
        env.reset(seed=seed)
    assert_same(env.reset(), twin.reset())


def test_the_starts_of_another_length_are_computed_once() -> None:
    task = SnakeEnv(height=5, width=6)._task
    assert task.starts({"initial_length": [3, 9]}) is task.starts({"initial_length": [3, 9]})
    assert task.starts({"initial_length": [3, 8]}).longest == 8
    assert task.starts({}) is task.rules.starts


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_lengths_may_be_numpys(dtype: type[Any]) -> None:
    lengths = [dtype(3), dtype(9)]
    env, twin = SnakeEnv(height=5, width=6, initial_length=lengths), SnakeEnv(height=5, width=6, initial_length=[3, 9])
    for seed in range(20):
        assert_same(env.reset(seed=seed), twin.reset(seed=seed))
    bent = Rules(height=4, width=5, initial_length=dtype(18))
    assert (bent.lengths, type(bent.initial_length)) == ((18, 18), int)


@pytest.mark.parametrize(
    ("name", "value", "same"),
    [
        ("obstacles", [np.float64(0.1), np.int64(3)], [0.1, 3]),
        ("obstacles", np.float32(0.25), 0.25),
        ("observation", {"name": "rgb", "tile": np.int64(8)}, {"name": "rgb", "tile": 8}),
        ("observation", {"name": "ego", "radius": np.uint8(3)}, {"name": "ego", "radius": 3}),
        ("reward", {"name": "sparse", "death": np.float32(0.5)}, {"name": "sparse", "death": 0.5}),
    ],
    ids=repr,
)
def test_numpys_numbers_are_numbers(name: str, value: Any, same: Any) -> None:
    env, twin = (SnakeEnv(height=6, width=7, **{name: given}) for given in (value, same))
    assert env.observation_space == twin.observation_space
    assert_same(env.reset(seed=1), twin.reset(seed=1))
    for action in (0, 1, 2, 3):
        if not twin.get_state()["over"][0]:
            assert_same(env.step(action), twin.step(action))


def test_small_numpy_integers_do_not_overflow() -> None:
    size: Any = np.uint8(20)
    rules = Rules(height=size, width=size, food=np.int8(3), hunger_limit=np.uint8(200))  # type: ignore[arg-type]
    assert rules.cells == 400
    assert {type(number) for number in (rules.height, rules.width, rules.food, rules.hunger_limit)} == {int}


def test_random_obstacles_are_computed_once() -> None:
    first, again = (Rules(height=12, width=13, obstacles=(0.2, 5)) for _ in range(2))
    np.testing.assert_array_equal(first.obstacle_map, again.obstacle_map)
    with pytest.raises(ValueError, match="read-only"):
        first.obstacle_map[0, 0] = True
