"""States of the environment: saved, restored, and refused if they are corrupt."""

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium.error import ResetNeeded

from snake_env import SnakeEnv, SnakeVectorEnv, State
from tests.support.boards import drawing, lines, state_of
from tests.support.env_games import BOARDS, env_on
from tests.support.same import assert_same


@pytest.mark.parametrize("observation", ["planes", "features"])
@pytest.mark.parametrize("board", BOARDS, ids=str)
def test_a_game_continues_from_its_state_in_another_environment(observation: str, board: dict[str, Any]) -> None:
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


def test_the_state_of_many_games_can_be_written_as_json() -> None:
    envs, others = SnakeVectorEnv(8, height=5, width=6), SnakeVectorEnv(8, height=5, width=6)
    envs.reset(seed=6)  # some streams are above 2^63, some below
    state = {name: array.tolist() for name, array in envs.get_state().items()}
    others.set_state(json.loads(json.dumps(state)))
    assert_same(envs.get_state(), others.get_state())
    for wrong in (-1, 1 << 64, 0.5, "1"):
        with pytest.raises(ValueError, match="stream"):
            others.set_state(state | {"stream": [wrong] * 8})


def test_before_the_first_game_there_is_no_state() -> None:
    one, many = SnakeEnv(height=5, width=6), SnakeVectorEnv(2, height=5, width=6)
    for ask in (one.get_state, one.action_masks, many.get_state, many.action_masks):
        with pytest.raises(ResetNeeded, match=r"call reset\(\) before"):
            ask()
    many.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(ResetNeeded, match="not all of them"):
        many.get_state()
    many.reset(options={"reset_mask": np.array([False, True])})
    many.set_state(many.get_state())


def test_a_replaced_generator_seeds_the_next_game() -> None:
    env, twin = SnakeEnv(height=5, width=6), SnakeEnv(height=5, width=6)
    env.reset(seed=1)
    twin.np_random = np.random.default_rng(5)
    first = twin.reset()
    env.np_random = np.random.default_rng(5)
    assert_same(env.reset(), first)
    assert_same(env.reset(), twin.reset())
    copied = copy.deepcopy(env)
    assert_same(env.reset(), copied.reset())


def test_a_won_game_stays_won() -> None:
    ring: dict[str, Any] = {"height": 4, "width": 5, "walls": "wrap", "obstacles": "#####\n.....\n#####\n#####"}
    env, other = (SnakeEnv(**ring, initial_length=4, actions="relative") for _ in range(2))
    env.reset(seed=1)
    won = env.step(1)[4]
    assert won["won"]
    assert_same(other.set_state(env.get_state())[1], won)


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
    "food nowhere, with free cells": with_value("food", -1, 0, 0),
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
