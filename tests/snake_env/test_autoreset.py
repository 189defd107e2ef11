"""The three autoreset modes of the vector environment, on boards drawn by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode

from snake_env import SnakeVectorEnv, State
from tests.support.boards import drawing, lines, state_of
from tests.support.same import assert_same
from tests.support.vector_games import DOWN, LEFT, LEFTWARDS, RIGHT, STRAIGHT, UP, F, T, any_actions, singles

# A ring of five cells and a snake of four, so that all games are alike: going straight wins, a turn is fatal.
CORRIDOR: dict[str, Any] = {
    "height": 4,
    "width": 5,
    "walls": "wrap",
    "obstacles": "#####\n.....\n#####\n#####",
    "initial_length": 4,
    "actions": "relative",
}
#           game 0    game 1  game 2
ACTIONS = [
    [STRAIGHT, LEFT, STRAIGHT],
    [STRAIGHT, LEFT, LEFT],
    [STRAIGHT, LEFT, LEFT],
    [LEFT, LEFT, STRAIGHT],
    [LEFT, LEFT, STRAIGHT],
]


def table(envs: SnakeVectorEnv, actions: Sequence[Sequence[int]], *columns: str) -> dict[str, list[Any]]:
    """The values that each step returns, by name."""
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
    _, info = envs.reset(options={"reset_mask": np.array([F, F, T])})
    assert info["won"].tolist() == [T, F, F]  # games that did not start anew are as they were
    assert envs.set_state(envs.get_state())[1]["won"].tolist() == [T, F, F]
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
