"""Properties of all scripted players; random and greedy play."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import scripted
from agents.scripted import SCRIPTED
from agents.scripted.board import BoardAgent
from agents.scripted.cycle import CycleAgent, ShortcutAgent
from agents.scripted.greedy import GreedyAgent
from agents.scripted.random import RandomAgent
from agents.scripted.safe_greedy import SafeGreedyAgent
from tests.support.players import CLOSED, DOWN, LEFT, RIGHT, UP, chosen, make_envs, play

NAMES = list(SCRIPTED)
BOARD_AGENTS: list[type[BoardAgent]] = [GreedyAgent, SafeGreedyAgent, CycleAgent, ShortcutAgent]


@pytest.mark.parametrize("name", ["greedy", "safe-greedy", "cycle", "shortcut"])
@pytest.mark.parametrize("walls", ["solid", "wrap"])
def test_relative_actions_play_the_same_game(name: str, walls: str) -> None:
    """Directions do not depend on the kind of actions, and no mask is needed to stay alive."""
    scores = []
    for actions in ("absolute", "relative"):
        rules = {"height": 6, "width": 5, "walls": walls, "actions": actions}
        agent, envs = scripted.make(name, rules), make_envs(20, **rules)
        observations, info = envs.reset(seed=0)
        total = info["score"]
        for _ in range(60):
            with_mask = agent.act(observations, info["action_mask"])
            without_mask = agent.act(observations)
            can_live = info["action_mask"].any(axis=1)
            np.testing.assert_array_equal(with_mask[can_live], without_mask[can_live])
            observations, _, _, _, info = envs.step(with_mask)
            total = total + info["score"]
        scores.append(total)
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("name", ["greedy", "safe-greedy", "cycle", "shortcut"])
def test_a_snake_without_a_neck_needs_no_mask_to_stay_alive(name: str) -> None:
    agent, envs = scripted.make(name, {}), make_envs(60, height=5, width=6, initial_length=1)
    observations, info = envs.reset(seed=2)
    for _ in range(5):
        assert info["action_mask"].any()
        observations, _, terminated, _, info = envs.step(agent.act(observations))
        assert not terminated.any()


@pytest.mark.parametrize("agent_class", BOARD_AGENTS)
def test_a_choice_depends_on_the_board_alone(agent_class: type[BoardAgent]) -> None:
    agent, envs = agent_class(), make_envs(12, height=6, width=7)
    observations, info = envs.reset(seed=3)
    for _ in range(40):
        actions = agent.act(observations, info["action_mask"], rng=np.random.default_rng(1))
        np.testing.assert_array_equal(agent_class().act(observations[::-1], info["action_mask"][::-1]), actions[::-1])
        observations, *_, info = envs.step(actions)


TRAPPED = """
    >abc
    lmnd
    kjie
    .hgf"""
FULL = """
    <abc
    gfed
    hijk
    onml"""


@pytest.mark.parametrize("agent_class", BOARD_AGENTS)
@pytest.mark.parametrize("actions", [4, 3])
def test_a_game_that_is_lost_or_won_gets_an_action(agent_class: type[BoardAgent], actions: int) -> None:
    agent = agent_class(actions="absolute" if actions == 4 else "relative")
    assert 0 <= chosen(agent, TRAPPED, [0] * actions) < actions
    assert 0 <= chosen(agent, FULL) < actions


@pytest.mark.parametrize("agent_class", BOARD_AGENTS)
def test_a_snake_of_length_one_obeys_the_mask(agent_class: type[BoardAgent]) -> None:
    board = """
        ....
        .^*.
        ....
        ...."""
    assert chosen(agent_class(), board, [0, 0, 0, 1]) == LEFT
    assert chosen(agent_class(actions="relative"), board, [0, 1, 0]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_players_are_made_by_name(name: str) -> None:
    agent = scripted.make(name, {"height": 5, "width": 5, "walls": "wrap", "actions": "relative", "food": 2})
    assert agent.name == name
    assert agent.environment == {"observation": "planes"}
    observations, info = make_envs(3, height=5, width=5, walls="wrap", actions="relative").reset(seed=0)
    assert agent.act(observations, info["action_mask"]).max() <= 2


def test_unknown_players_and_rules_are_refused() -> None:
    with pytest.raises(
        ValueError, match="'clever'; choose one of 'random', 'greedy', 'safe-greedy', 'cycle', 'shortcut'"
    ):
        scripted.make("clever", {})
    with pytest.raises(ValueError, match="walls is 'brick'; choose one of 'solid', 'wrap'"):
        scripted.make("cycle", {"walls": "brick"})
    for name in ("random", "greedy"):
        with pytest.raises(ValueError, match="actions is 'keys'; choose one of 'absolute', 'relative'"):
            scripted.make(name, {"actions": "keys"})


@given(st.lists(st.booleans(), min_size=3, max_size=4).filter(any), st.integers(0, 99))
def test_random_never_takes_a_masked_action(allowed: list[bool], seed: int) -> None:
    mask = np.repeat(np.array([allowed], dtype=np.int8), 50, axis=0)
    actions = RandomAgent().act(np.zeros((50, 4, 4, 4), np.uint8), mask, rng=np.random.default_rng(seed))
    assert np.take_along_axis(mask, actions[:, None], axis=1).all()


@pytest.mark.parametrize("mask", [[1, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1], None])
def test_random_is_uniform(mask: list[int] | None) -> None:
    masks = None if mask is None else np.array([mask] * 12000, dtype=np.int8)
    actions = RandomAgent(seed=5).act(np.zeros((12000, 4, 4, 4), np.uint8), masks)
    share = np.bincount(actions, minlength=len(mask or range(4))) / 12000
    expected = np.array(mask or [1, 1, 1, 1], dtype=float)
    if not expected.any():
        expected += 1
    np.testing.assert_allclose(share, expected / expected.sum(), atol=0.02)


def test_random_has_a_generator_of_its_own() -> None:
    observations = np.zeros((50, 4, 4, 4), np.uint8)
    agent, same, other = RandomAgent(), RandomAgent(), RandomAgent(seed=1)
    first, second = agent.act(observations), agent.act(observations)
    assert (first != second).any()
    np.testing.assert_array_equal(same.act(observations), first)
    assert (other.act(observations) != first).any()
    np.testing.assert_array_equal(
        agent.act(observations, rng=np.random.default_rng(7)), other.act(observations, rng=np.random.default_rng(7))
    )
    assert RandomAgent(actions="relative").act(observations).max() == 2


def test_greedy_takes_the_way_to_the_nearest_food() -> None:
    board = """
        *.....
        ......
        .ba>..
        ......
        ....*."""
    assert chosen(GreedyAgent(), board) == RIGHT
    assert chosen(GreedyAgent(), board, [1, 0, 1, 0]) == DOWN
    assert chosen(GreedyAgent(actions="relative"), board) == 1


def test_greedy_goes_over_joined_edges() -> None:
    board = """
        ......
        *.ba>.
        ......
        ......"""
    assert chosen(GreedyAgent(walls="wrap"), board) == RIGHT
    assert chosen(GreedyAgent(walls="solid"), board) == UP
    assert chosen(GreedyAgent(walls="wrap", actions="relative"), board) == 1


def test_greedy_enters_a_space_that_its_body_closes() -> None:
    assert chosen(GreedyAgent(), CLOSED) == RIGHT


def test_players_get_better_in_order() -> None:
    random, greedy, safe_greedy, cycle, shortcut = (play(name, 12, height=10, width=10) for name in NAMES)
    assert random.mean + 10 < greedy.mean
    assert greedy.mean + 60 < safe_greedy.mean
    assert cycle.full == shortcut.full == 1
    assert shortcut.steps_per_food < 16 < 23 < cycle.steps_per_food
