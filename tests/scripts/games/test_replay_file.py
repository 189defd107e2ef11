"""Replays: a saved game plays again bit for bit, and invalid files are named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import snake_env  # noqa: F401  registers the environment
from scripts.games.playback_game import PlaybackGame
from scripts.games.playback_match import new_match, replayed_match
from scripts.games.players import find_agent
from scripts.games.replay import Replay, open_replay, save_replay
from snake_env.engine.rules import Rules

RULES = st.fixed_dictionaries(
    {
        "height": st.sampled_from([5, 6]),
        "width": st.sampled_from([7, 9]),
        "walls": st.sampled_from(["solid", "wrap"]),
        "obstacles": st.sampled_from([None, "corners", 0.1, [0.1, 3]]),
        "food": st.integers(1, 4),
        "initial_length": st.sampled_from([1, 3, [2, 6]]),
        "hunger_limit": st.sampled_from([None, 11]),
        "actions": st.sampled_from(["absolute", "relative"]),
    }
)


@given(rules=RULES, seed=st.integers(0, 2**31), choices=st.integers(0, 2**31), most=st.integers(0, 60))
def test_a_game_plays_again_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, rules: dict[str, Any], seed: int, choices: int, most: int
) -> None:
    """Beside the states that the environment gave while it was played."""
    env = gym.make("snake_env/Snake-v1", **rules)
    base: Any = env.unwrapped
    _, info = env.reset(seed=seed)
    states, over, rng = [base.get_state()], False, np.random.default_rng(choices)
    actions: list[int] = []
    while not over and len(actions) < most:
        allowed = np.flatnonzero(info["action_mask"])
        actions.append(int(rng.choice(allowed)) if len(allowed) else 0)
        _, _, terminated, truncated, info = env.step(actions[-1])
        over = terminated or truncated
        states.append(base.get_state())
    file = tmp_path_factory.mktemp("replays") / "game.json"
    every = {name: getattr(Rules(**rules), name) for name in Rules.__dataclass_fields__}
    save_replay(
        Replay(rules=every, seed=seed, same_food=False, actions=tuple(actions), agent="me", score=info["score"]), file
    )
    again = list(open_replay(file).states())
    assert len(again) == len(states)
    for state, played in zip(again, states, strict=True):
        for name, array in played.items():
            np.testing.assert_array_equal(getattr(state, name), array, err_msg=name)


def played(name: str = "greedy", **rules: Any) -> PlaybackGame:
    game = PlaybackGame(name, find_agent(name, rules), rules, 5)
    while not game.over:
        game.step()
    return game


def test_what_a_game_saves_is_what_was_played(tmp_path: Path) -> None:
    game = played(height=5, width=7, food=2, walls="wrap")
    save_replay(game.replay(), tmp_path / "folder" / "game.json")
    match = replayed_match(open_replay(tmp_path / "folder" / "game.json"))
    match.play(10**6)
    (again,) = match.games
    assert again.actions == game.actions
    assert len(again.timesteps) == len(game.timesteps) > 5
    for one, other in zip(again.timesteps, game.timesteps, strict=True):
        np.testing.assert_array_equal(one.state.body, other.state.body)
        np.testing.assert_array_equal(one.state.stream, other.state.stream)
        np.testing.assert_array_equal(one.observation, other.observation)  # as its agent saw it
    assert again.agent is not None
    assert match.over


def test_games_on_the_same_food_are_replayed_with_it(tmp_path: Path) -> None:
    match = new_match(["safe-greedy", "shortcut"], {"height": 6, "width": 7}, 3)
    match.play()
    for game in match.games:
        file = tmp_path / f"{game.name}.json"
        save_replay(game.replay(), file)
        for state, timestep in zip(open_replay(file).states(), game.timesteps, strict=True):
            np.testing.assert_array_equal(state.food, timestep.state.food)
            np.testing.assert_array_equal(state.body, timestep.state.body)
        (again,) = (replayed := replayed_match(open_replay(file))).games
        replayed.play()
        np.testing.assert_array_equal(again.timesteps[-1].state.body, game.timesteps[-1].state.body)
        file.write_text(json.dumps(json.loads(file.read_text()) | {"same_food": False}))
        with pytest.raises(ValueError, match="cannot be replayed"):
            open_replay(file)


def test_an_unfinished_game_ends_where_it_was_saved(tmp_path: Path) -> None:
    game = PlaybackGame("cycle", find_agent("cycle", {}), {"height": 4, "width": 6}, 1)
    for _ in range(5):
        game.step()
    save_replay(game.replay(), tmp_path / "game.json")
    match = replayed_match(open_replay(tmp_path / "game.json"))
    match.play(10**6)
    assert match.length == 6
    assert match.over


def test_a_replay_whose_agent_is_not_found_still_plays() -> None:
    replay = replace(played(height=5, width=7).replay(), agent="runs/lost")
    match = replayed_match(replay)
    match.play(10**6)
    assert match.games[0].agent is None
    assert tuple(match.games[0].actions) == replay.actions
    with pytest.raises(ValueError, match="runs/lost, the agent of this replay, was not found"):
        match.rematch(3)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": 2}, "format is 2; it must be 1"),
        ({"score": 4096}, "its score is 4096"),
        ({"score": 1.0}, "score is 1.0; it must be a whole number"),
        ({"actions": "01x"}, "actions are not digits"),
        ({"actions": "7"}, "actions are not digits"),
        ({"actions": [0, 1]}, r"actions is \[0, 1\]; it must be a text"),
        ({"seed": -1}, "seed is -1; it must be a whole number of 64 bits, 0 or more"),
        ({"seed": True}, "seed is True; it must be a whole number"),
        ({"same_food": 1}, "same_food is 1; it must be true or false"),
        ({"rules": {"height": 5}}, "rules.actions is missing"),
        ({"more": 1}, "more is unknown to this release; known are format, rules"),
    ],
)
def test_a_changed_file_is_named(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    file = tmp_path / "game.json"
    save_replay(played(height=5, width=7).replay(), file)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(ValueError, match=problem) as raised:
        open_replay(file)
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", ["", "snake", "[" * 100_000, "null", "[]"], ids=lambda content: content[:5])
def test_a_file_of_another_kind_is_no_replay(tmp_path: Path, content: str) -> None:
    (tmp_path / "game.json").write_text(content)
    with pytest.raises(
        ValueError, match=r"game.json is no replay: (it is not JSON|the content is .* must be an object).*; give a file"
    ):
        open_replay(tmp_path / "game.json")


def test_rules_that_there_are_not_are_named(tmp_path: Path) -> None:
    file = tmp_path / "game.json"
    save_replay(played(height=5, width=7).replay(), file)
    content = json.loads(file.read_text())
    content["rules"]["height"] = 1
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="height is 1"):
        open_replay(file)


def test_actions_after_the_end_are_named(tmp_path: Path) -> None:
    file = tmp_path / "game.json"
    game = played(height=5, width=7)
    save_replay(replace(game.replay(), actions=(*game.actions, 0)), file)
    with pytest.raises(ValueError, match="the game is over after"):
        open_replay(file)


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"\xff\x00\x01", b"PK\x03\x04", b"null"])
def test_another_kind_of_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "game.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"game\.json is no replay"):
        open_replay(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.json cannot be read: No such file"):
        open_replay(tmp_path / "none.json")
    with pytest.raises(ValueError, match="cannot be read"):
        open_replay(tmp_path)


@pytest.mark.parametrize("value", [None, "5", [5], {"a": 1}, 5.0, True])
@pytest.mark.parametrize("rule", ["height", "obstacles", "food", "initial_length", "walls"])
def test_rules_of_any_kind_are_refused_or_played(tmp_path: Path, rule: str, value: Any) -> None:
    file = tmp_path / "game.json"
    save_replay(played(height=5, width=7).replay(), file)
    content = json.loads(file.read_text())
    content["rules"][rule] = value
    file.write_text(json.dumps(content))
    try:
        open_replay(file)
    except ValueError as error:
        assert str(error).startswith(f"{file} ")  # noqa: PT017  some of them are rules
