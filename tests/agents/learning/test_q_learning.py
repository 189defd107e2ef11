"""Tabular Q-learning: discretizing and updates by hand, then small games that it must solve."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import VectorEnv

import agents
import nn
from agents.learning.q_learning import QLearning, QLearningSettings, update
from agents.policies.table import UNVISITED_ROW, Discretizer, Table
from agents.policies.table_agent import TableAgent
from nn.from_json import from_json
from snake_env.observations.features import PER_ACTION
from tests.support.identity import Identity
from tests.support.rollouts import make_snake
from tests.support.same import assert_same

UNIT = Box(0, 1, (3,), np.float32)
# For each action: how near the food is, and how far the tail is, if it can be reached.
COMPONENTS = tuple(
    action * len(PER_ACTION) + PER_ACTION.index(name)
    for action in range(3)
    for name in ("nearest", "tail_distance", "tail_reachable")
)
SNAKE = QLearningSettings(components=COMPONENTS, n_bins=(4,))


def snake(n_envs: int, height: int = 4, width: int = 5) -> VectorEnv[Any, Any, Any]:
    return make_snake(n_envs, height, width, observation="features", actions="relative")


def run(learner: QLearning, rounds: int, first: int = 0, total: int = 20) -> None:
    for number in range(first, first + rounds):
        learner.step(number / total)


def test_discretizing_by_hand() -> None:
    discretizer = Discretizer.for_space(Box(-1, 3, (3,), np.float32), components=(2, 0), n_bins=(5, 2))
    found = discretizer(np.array([[-1, 9, -1], [0.9, 9, 0.4], [1.1, 9, 2.6], [7, 9, -5]], np.float32))
    assert found.tolist() == [[0, 0], [1, 0], [4, 1], [0, 1]]
    assert found.dtype == np.uint8


def test_bounds_may_be_given_where_the_space_has_none() -> None:
    space = Box(-np.inf, np.inf, (2,), np.float32)
    with pytest.raises(ValueError, match="give low and high"):
        Discretizer.for_space(space)
    discretizer = Discretizer.for_space(space, n_bins=3, low=(-2, 0), high=(2, 1))
    assert discretizer(np.array([[-9.0, 0.3], [0.9, 0.2]])).tolist() == [[0, 1], [1, 0]]
    assert from_json(json.loads(json.dumps(asdict(discretizer))), Discretizer) == discretizer


@pytest.mark.parametrize(
    ("space", "options", "message"),
    [
        (Box(0, 1, (3, 4, 5), np.float32), {}, "a table takes vectors"),
        (Discrete(4), {}, "a table takes vectors"),
        (UNIT, {"components": (0, 3)}, "choose from 0 to 2"),
        (UNIT, {"components": (-1,)}, "choose from 0 to 2"),
        (UNIT, {"n_bins": (2, 3)}, "2 n_bins.*3 components"),
        (UNIT, {"n_bins": 1}, "from 2 to 256"),
        (UNIT, {"n_bins": 257}, "from 2 to 256"),
        (UNIT, {"low": (0.0,)}, "1 low and 3 high"),
        (UNIT, {"low": (0, 0, 2)}, "cannot be divided"),
    ],
)
def test_impossible_discretizers_are_refused(space: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Discretizer.for_space(space, **options)


def test_a_table_grows_with_new_observations() -> None:
    table = Table(Discretizer.for_space(UNIT, n_bins=20), 2, initial=0.5)
    rng = np.random.default_rng(0)
    observations = rng.random((3000, 3))
    first = table.find_or_add_rows(observations)
    different = len(np.unique(table.discretizer(observations), axis=0))
    assert different > 1024  # more than its initial size
    assert len(table) == len(table.values) == 1 + different
    assert (table.values == 0.5).all()
    np.testing.assert_array_equal(table.find_rows(observations), first)
    np.testing.assert_array_equal(table.find_or_add_rows(observations), first)
    assert first.min() == UNVISITED_ROW + 1
    table.values[first[7]] = [3.0, 4.0]
    assert table.values[table.find_rows(observations[7:8])].tolist() == [[3.0, 4.0]]


def test_unknown_observations_have_the_first_row() -> None:
    table = Table(Discretizer.for_space(UNIT), 2)
    table.find_or_add_rows(np.zeros((1, 3)))
    assert table.find_rows(np.array([[0, 0, 1], [0, 0, 0]])).tolist() == [UNVISITED_ROW, 1]
    assert len(table) == 2


def test_updates_by_hand() -> None:
    values = np.array([[0.0, 10.0], [4.0, 0.0]])
    errors = update(values, np.array([1, 0, 1]), np.array([0, 1, 0]), np.array([8.0, 20.0, 12.0]), 0.5)
    assert errors.tolist() == [4, 10, 8]
    # one update by half of the error; two by half towards the mean target 10: 4 -> 7 -> 8.5
    assert values.tolist() == [[0, 15], [8.5, 0]]


@pytest.mark.parametrize("truncated", [False, True])
def test_learns_the_identity_and_its_values(truncated: bool) -> None:
    """Games of one step are worth 1 if terminated, and 1 / (1 - γ) = 2 if truncated; forbidden actions raise errors."""
    envs = Identity(8, length=1, truncated=truncated, masked=True)
    learner = QLearning(envs, QLearningSettings(gamma=0.5, learning_rate=0.3))
    run(learner, 300, total=300)
    agent = learner.agent()
    shown = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(agent.act(shown), [0, 1, 2])
    np.testing.assert_allclose(agent.scores(shown).max(axis=1), 2 if truncated else 1, atol=0.02)
    result = agents.evaluate(agent, Identity(16, masked=True), games=32)
    np.testing.assert_array_equal(result.scores, result.steps)


def test_forbidden_actions_do_not_count_in_the_maximum() -> None:
    """The wrong one of two actions is always forbidden, so it keeps its initial value, 50, which no target contains."""
    envs = Identity(8, actions=2, length=4, truncated=True, masked=True)
    learner = QLearning(envs, QLearningSettings(gamma=0.5, learning_rate=0.3, initial_value=50.0))
    run(learner, 300, total=300)
    np.testing.assert_allclose(learner.agent().scores(np.eye(2)), [[2, 50], [50, 2]], atol=0.02)


def test_masks_are_obeyed_for_unknown_observations_too() -> None:
    agent = TableAgent(Table(Discretizer.for_space(UNIT), 3), {})
    masks = np.array([[0, 0, 1], [0, 1, 0], [1, 1, 1]], np.int8)
    assert agent.act(np.zeros((3, 3)), masks).tolist() == [2, 1, 0]
    agent.masked = False
    assert agent.act(np.zeros((3, 3)), masks).tolist() == [0, 0, 0]


def test_continues_from_its_state_as_without_an_interruption() -> None:
    whole = QLearning(snake(5), SNAKE, seed=3)
    run(whole, 20)
    first = QLearning(snake(5), SNAKE, seed=3)
    run(first, 12)
    arrays, header = first.state()
    second = QLearning(snake(5), SNAKE, seed=99)
    second.restore({name: array.copy() for name, array in arrays.items()}, json.loads(json.dumps(header)))
    run(second, 8, first=12)
    assert len(whole.table) > 10
    assert_same(second.state()[0], whole.state()[0])
    assert second.state()[1] == whole.state()[1]


def test_same_seed_same_table() -> None:
    def values(seed: int) -> bytes:
        learner = QLearning(snake(5), SNAKE, seed=seed)
        run(learner, 10)
        return learner.table.values.tobytes()

    assert values(3) == values(3)
    assert values(3) != values(4)


@pytest.mark.parametrize("half", [False, True])
def test_the_agent_is_a_copy_and_can_be_saved(half: bool, tmp_path: Path) -> None:
    learner = QLearning(snake(5), SNAKE, environment={"height": 4, "width": 5})
    run(learner, 20)
    agent = learner.agent()
    observations, _ = snake(30).reset(seed=1)
    scores = agent.scores(observations)
    run(learner, 20)
    np.testing.assert_array_equal(agent.scores(observations), scores)
    agent.save(tmp_path / "table.npz", {"by": "a test"}, half=half)
    loaded = TableAgent.load(tmp_path / "table.npz")
    assert (loaded.name, loaded.environment, loaded.masked) == ("table", {"height": 4, "width": 5}, True)
    np.testing.assert_allclose(loaded.scores(observations), scores, rtol=1e-3 if half else 0)


def test_files_without_a_table_are_refused(tmp_path: Path) -> None:
    nn.files.write(tmp_path / "other.npz", {}, {"kind": "network"})
    with pytest.raises(ValueError, match=r"other\.npz holds no agent: kind is 'network'; it must be 'table'"):
        TableAgent.load(tmp_path / "other.npz")
    table = Table(Discretizer.for_space(UNIT), 2)
    with pytest.raises(ValueError, match=r"keys uint8 \(2, 3\) and values \(2, 2\)"):
        table.restore({"keys": np.zeros((2, 3), np.uint8), "values": np.zeros((2, 2))})


def test_eats_most_of_the_food_on_4_x_4() -> None:
    """Of 13 pieces; always the first allowed action eats less than 1."""
    learner, rounds = QLearning(snake(64, 4, 4), SNAKE), 300
    run(learner, rounds, total=rounds)
    assert agents.evaluate(learner.agent(), snake(100, 4, 4), games=100, seed=10**6).mean >= 10


@pytest.mark.slow
def test_solves_cart_pole() -> None:
    """Initial values of 100 = 1 / (1 - γ), the highest possible, make it try every action in every state."""
    envs = gym.make_vec("CartPole-v1", num_envs=64, vectorization_mode="vector_entry_point")
    bounds = (2.4, 2.5, 0.21, 2.5)
    low = tuple(-bound for bound in bounds)
    settings = QLearningSettings(low=low, high=bounds, n_bins=(7, 9, 17, 13), gamma=0.99, initial_value=100.0)
    learner, rounds = QLearning(envs, settings), 4000
    run(learner, rounds, total=rounds)
    games = gym.make_vec("CartPole-v1", num_envs=100, vectorization_mode="vector_entry_point")
    assert agents.evaluate(learner.agent(), games, games=100, seed=10**6).mean >= 475
