"""The environment for one game: Gymnasium's promises, and what a user can do wrong."""

import copy
import json
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

from snake_env import Rules, SnakeEnv, SnakeVectorEnv, State
from tests.boards import drawing, lines, state_of
from tests.reference import Reference, choose, closed_tour
from tests.same import assert_same

OBSERVATIONS = ("planes", "ego", "features", "rgb")
ID = "snake_env/Snake-v1"

every_observation = pytest.mark.parametrize("observation", OBSERVATIONS)


def play(env: SnakeEnv, steps: int, seed: int | None = None) -> list[Any]:
    """All that an environment gives in some steps, by a policy that is random but legal."""
    rng = np.random.default_rng(0)
    given: list[Any] = [env.reset(seed=seed)]
    for _ in range(steps):
        legal = np.flatnonzero(given[-1][-1]["action_mask"])
        given.append(env.step(int(rng.choice(legal)) if len(legal) else 0))
        if given[-1][2] or given[-1][3]:
            given.append(env.reset())
    return given


def env_on(text: str, **arguments: Any) -> SnakeEnv:
    """An environment that goes on from a drawn board without obstacles."""
    rows = lines(text)
    env = SnakeEnv(height=len(rows), width=len(rows[0]), food=max(1, text.count("*")), **arguments)
    env.set_state(state_of(text))
    return env


# ---- Gymnasium's promises


@every_observation
@pytest.mark.parametrize("actions", ["absolute", "relative"])
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_gymnasium_finds_nothing_to_complain_about(observation: str, actions: str, walls: str) -> None:
    env = gym.make(ID, height=5, width=7, observation=observation, actions=actions, walls=walls, hunger_limit=9)
    check_env(env.unwrapped, skip_render_check=True)
    env.reset(seed=1)
    for _ in range(20):
        if any(env.step(env.action_space.sample())[2:4]):
            env.reset()


def test_gymnasium_finds_nothing_to_complain_about_in_pictures() -> None:
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


BOARDS: list[dict[str, Any]] = [
    {"height": 4, "width": 5},
    {"height": 5, "width": 4, "walls": "wrap", "food": 2},
    {"height": 5, "width": 6, "initial_length": [25, 29]},
    {
        "height": 6,
        "width": 5,
        "obstacles": "pillars",
        "actions": "relative",
        "initial_length": [1, 12],
        "hunger_limit": 9,
    },
]


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
def test_what_is_handed_out_does_not_change_and_changes_nothing(observation: str) -> None:
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
            array.fill(1)  # what a careless learner may do
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


def test_nobody_elses_random_numbers_are_used() -> None:
    before = random.getstate(), np.random.get_state()[1].tobytes()  # type: ignore[index]  # noqa: NPY002
    one = play(SnakeEnv(height=5, width=6), 50, seed=2)
    assert before == (random.getstate(), np.random.get_state()[1].tobytes())  # type: ignore[index]  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    assert_same(one, play(SnakeEnv(height=5, width=6), 50, seed=2))


# ---- a game from start to end


def test_every_step_says_how_the_game_stands() -> None:
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


def test_no_time_limit_but_hunger() -> None:
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


def test_what_is_made_by_name_asks_for_a_reset_itself() -> None:
    env: Any = gym.make(ID, height=4, width=5, render_mode="rgb_array")
    for use in (lambda: env.step(0), env.render):
        with pytest.raises(ResetNeeded, match="reset"):
            use()
    env.reset()
    assert env.render() is not None


# ---- what a user can get wrong

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
        ({"heigth": 5}, "heigth.*height"),
        ({"initial_length": [5, 3]}, "initial_length.*3.*5 to"),
        ({"initial_length": [0, 3]}, "initial_length.*0.*1 to"),
        ({"initial_length": [1, 30]}, "initial_length.*30.*to 29"),
        ({"obstacles": "......\n......"}, "2 lines.*5 lines of 6"),
        ({"obstacles": "\n".join(["....."] * 5 + ["#...."])}, r"6 lines of \[5\].*5 lines of 6"),
        ({"obstacles": "\n".join(["..x..."] * 5)}, "'#' for an obstacle"),
        ({"obstacles": "\n".join(["..#..."] * 5)}, "cut 15 of them off|cut 10 of them off"),
        ({"obstacles": "\n".join(["######"] * 4 + ["###..."])}, "leave 3 of 30"),
        ({"observation": {"name": "ego", "radius": 0}}, "radius=0.*1 to 11"),
        ({"observation": {"name": "ego", "radius": 1.5}}, "radius=1.5"),
        ({"observation": {"name": "planes", "radius": 1}}, "planes.*radius"),
        ({"observation": {"name": "rgb", "tile": 3}}, "tile=3.*4 to 128"),
        ({"reward": {"name": "sparse", "fruit": 1}}, "fruit=1.*food, death, win"),
        ({"reward": {"name": "sparse", "food": "1"}}, "food='1'"),
        ({"reward": {"name": "sparse", "win": float("inf")}}, "win=inf.*finite"),
        ({"reward": {"name": "sparse", "discount": 0.9}}, "discount=0.9.*food, death, win"),
        ({"reward": {"name": "distance", "discount": 1.5}}, "discount=1.5.*between 0 and 1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_together_is_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SnakeEnv(**({"height": 5, "width": 6} | arguments))


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
def test_numpys_whole_numbers_are_actions(action: Any) -> None:
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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"length": 3}, "'length'.*'initial_length'"),
        ({"initial_length": 30}, "initial_length is 30.*1 to 29"),
        ({"initial_length": [4, 2]}, "initial_length"),
        ({"initial_length": "3"}, "initial_length is '3'"),
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


# ---- states


@pytest.mark.parametrize("observation", ["planes", "features"])
@pytest.mark.parametrize("board", BOARDS, ids=str)
def test_a_game_goes_on_from_its_state_elsewhere(observation: str, board: dict[str, Any]) -> None:
    arguments: dict[str, Any] = board | {"observation": observation, "reward": "distance"}
    env, other, fresh = SnakeEnv(**arguments), SnakeEnv(**arguments), SnakeEnv(**arguments)
    many = SnakeVectorEnv(1, **arguments)
    env.reset(seed=6)
    other.reset(seed=7)
    rng = np.random.default_rng(8)
    for turn in range(40):
        state = env.get_state()
        given, info = other.set_state(state)
        assert_same((given, info), fresh.set_state(State(**state)))
        assert_same(many.set_state(state)[0], given[None])
        assert_same(other.get_state(), state)
        assert_same(many.get_state(), state)
        for _ in range(1 + turn % 5):
            legal = np.flatnonzero(env.action_masks())
            action = int(rng.choice(legal)) if len(legal) else 0
            step = env.step(action)
            assert_same(step, other.step(action))
            assert_same(step, fresh.step(action))
            many_given, rewards, *_ = many.step(np.array([action]))
            assert_same((many_given[0], float(rewards[0])), step[:2])
            if step[2] or step[3]:
                break
        if step[2] or step[3]:
            assert_same(env.reset(), other.reset())


def test_a_state_can_be_written_as_json() -> None:
    env, other = SnakeEnv(height=5, width=6), SnakeEnv(height=5, width=6)
    env.reset(seed=6)
    text = json.dumps({name: array.tolist() for name, array in env.get_state().items()})
    other.set_state(json.loads(text))
    assert_same(env.get_state(), other.get_state())


def test_a_game_that_is_over_stays_over() -> None:
    env, other = env_on("^..... a..... ...... .....*"), SnakeEnv(height=4, width=6)
    env.step(0)
    other.set_state(env.get_state())
    with pytest.raises(ResetNeeded):
        other.step(1)
    assert_same(env.reset(), other.reset())


def with_value(name: str, value: object, *index: int) -> Callable[[dict[str, Any]], object]:
    """A corruption that puts a value into one array, in a dtype that holds it."""

    def corrupt(state: dict[str, Any]) -> dict[str, Any]:
        array = np.array(value) if not index else state[name].astype(np.int64 if name != "stream" else object)
        if index:
            array[index] = value
        return state | {name: array}

    return corrupt


# Row 0 is the top. The body has 4 at the head (1, 1), 3, 2, 1 at (2, 1), (2, 2), (2, 3); the head looks up.
HEALTHY = """
..#...
.^..*.
.abc..
*...#.
"""
CORRUPTIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda _: None,
    "a number": lambda _: 3,
    "no state": lambda _: {},
    "without a body": lambda state: {name: array for name, array in state.items() if name != "body"},
    "one array more": lambda state: state | {"colour": np.array([1])},
    "two games": lambda state: {name: np.repeat(array, 2, axis=0) for name, array in state.items()},
    "a board on its side": lambda state: state | {"body": state["body"].transpose(0, 2, 1)},
    "a fractional body": lambda state: state | {"body": state["body"] / 1.0},
    "a body of text": lambda state: state | {"body": state["body"].astype(str)},
    "no snake": lambda state: state | {"body": state["body"] * 0},
    "a negative body": with_value("body", -1, 0, 0, 0),
    "a body beyond its dtype": with_value("body", 260, 0, 1, 1),
    "a body beyond the board": with_value("body", 200, 0, 1, 1),
    "a lost tail": with_value("body", 0, 0, 2, 3),
    "two tails": with_value("body", 1, 0, 1, 0),
    "two cells in the middle": with_value("body", 2, 0, 1, 2),
    "a torn tail": lambda state: with_value("body", 1, 0, 3, 5)(with_value("body", 0, 0, 2, 3)(state)),  # type: ignore[arg-type]
    "a tail across the edge": lambda state: with_value("body", 1, 0, 1, 5)(  # of another row, next in memory
        with_value("body", 0, 0, 2, 3)(state)  # type: ignore[arg-type]
    ),
    "a body on an obstacle": lambda state: (
        state
        | {"body": np.array([[[0, 0, 1, 0, 0, 0], [0, 3, 2, 0, 0, 0], [0] * 6, [0] * 6]])}
        | {"heading": np.array([3]), "food": np.array([[12, 18]])}
    ),
    "a head on the body": with_value("head", 13, 0),
    "a head elsewhere": with_value("head", 0, 0),
    "a head before the board": with_value("head", -1, 0),
    "a head behind the board": with_value("head", 24, 0),
    "no such heading": with_value("heading", 4, 0),
    "a negative heading": with_value("heading", -1, 0),
    "a head that looks back": with_value("heading", 2, 0),
    "a head that looks aside": with_value("heading", 1, 0),
    "food before the board": with_value("food", -2, 0, 0),
    "food behind the board": with_value("food", 24, 0, 0),
    "food on the head": with_value("food", 7, 0, 0),
    "food on the tail": with_value("food", 15, 0, 1),
    "food on an obstacle": with_value("food", 2, 0, 0),
    "two pieces of food on a cell": with_value("food", 18, 0, 0),
    "one piece of food": lambda state: state | {"food": state["food"][:, :1]},
    "other obstacles": with_value("obstacles", 1, 0, 0),
    "no obstacles": lambda state: state | {"obstacles": state["obstacles"] & False},
    "negative hunger": with_value("hunger", -1, 0),
    "hunger that is no number": with_value("hunger", [None]),
    "fractional hunger": with_value("hunger", [1.5]),
    "negative score": with_value("score", -1, 0),
    "a score beyond the length": with_value("score", 4, 0),
    "over twice": with_value("over", 2, 0),
    "a negative stream": with_value("stream", [-1]),
    "a stream beyond 64 bits": with_value("stream", 1 << 64, 0),
}


@pytest.mark.parametrize("corruption", list(CORRUPTIONS))
@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_a_corrupt_state_is_refused_and_changes_nothing(corruption: str, many: bool) -> None:
    arguments: dict[str, Any] = {
        "height": 4,
        "width": 6,
        "food": 2,
        "obstacles": "..#...\n......\n......\n....#.",
        "reward": "distance",
    }
    env: SnakeEnv | SnakeVectorEnv = SnakeVectorEnv(1, **arguments) if many else SnakeEnv(**arguments)
    env.set_state(state_of(HEALTHY))
    healthy = env.get_state()
    assert drawing(State(**healthy)) == lines(HEALTHY)
    state: Any = CORRUPTIONS[corruption](env.get_state())
    with pytest.raises(ValueError, match="state"):
        env.set_state(state)
    assert_same(env.get_state(), healthy)
    twin: SnakeEnv | SnakeVectorEnv = SnakeVectorEnv(1, **arguments) if many else SnakeEnv(**arguments)
    twin.set_state(healthy)
    action: Any = np.array([1]) if many else 1
    assert_same(env.step(action), twin.step(action))


@pytest.mark.parametrize("corruption", ["a head behind the board", "food on the tail", "a torn tail"])
def test_one_corrupt_game_among_many_is_refused(corruption: str) -> None:
    env = SnakeVectorEnv(3, height=4, width=6, food=2, obstacles="..#...\n......\n......\n....#.")
    env.reset(seed=1)
    healthy = env.get_state()
    corrupt: Any = CORRUPTIONS[corruption](state_of(HEALTHY)._asdict())
    state = {name: array.copy() for name, array in healthy.items()}
    for name in set(state) - {"obstacles"}:
        state[name][1] = corrupt[name][0]
    with pytest.raises(ValueError, match="the state is corrupt"):
        env.set_state(state)
    assert_same(env.get_state(), healthy)


# ---- specifications, copies, wrappers, pictures


def test_a_specification_goes_through_json() -> None:
    env = gym.make(
        ID,
        height=5,
        width=6,
        obstacles=[0.1, 3],
        initial_length=[2, 5],
        observation={"name": "ego", "radius": 3},
        reward={"name": "distance", "discount": 0.9},
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
def test_a_copy_plays_on_alike(duplicate: Callable[[SnakeEnv], SnakeEnv]) -> None:
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


def test_it_renders_as_it_was_asked() -> None:
    picture: Any = gym.make(ID, height=5, width=6, render_mode="rgb_array")
    picture.reset(seed=1)
    frame: Any = picture.render()
    assert frame.dtype == np.uint8
    assert frame.ndim == 3
    before = frame.copy()
    picture.step(int(picture.unwrapped.action_masks().argmax()))
    assert not np.array_equal(before, picture.render())
    np.testing.assert_array_equal(before, frame)
    text = gym.make(ID, height=5, width=6, render_mode="ansi")
    text.reset(seed=1)
    drawn: Any = text.render()
    assert isinstance(drawn, str)
    assert len(drawn.splitlines()) >= 5


def test_a_window_opens_and_closes() -> None:
    pytest.importorskip("pygame")
    env = SnakeEnv(height=5, width=6, render_mode="human")
    env.reset(seed=1)
    env.step(int(env.action_masks().argmax()))
    assert env.render() is None
    env.close()
    env.close()
    env.reset(seed=1)  # opens it again
    env.close()


def test_without_a_render_mode_render_says_so() -> None:
    env = SnakeEnv(height=5, width=6)
    env.reset(seed=1)
    with pytest.warns(UserWarning, match="rgb_array"):
        assert env.render() is None


def test_all_kinds_of_environments_can_be_made() -> None:
    for walls, obstacles, food, actions in product(
        ["solid", "wrap"], [None, "pillars", 0.1], [1, 3], ["absolute", "relative"]
    ):
        env = SnakeEnv(height=7, width=9, walls=walls, obstacles=obstacles, food=food, actions=actions)
        assert len(env.reset(seed=1)[1]["action_mask"]) == (4 if actions == "absolute" else 3)
        assert (env.get_state()["food"] >= 0).sum() == food
