"""Endings of games on drawn boards of 4 x 6 with an obstacle in the corner, one move before the end."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from numpy.typing import NDArray

from agents import Agent, evaluate
from agents.agent import Actions
from agents.evaluation import DEATHS
from agents.scripted import make
from snake_env import SnakeEnv, SnakeVectorEnv, State
from snake_env.endings import classify_endings, find_endings
from snake_env.engine.state import IntArray
from tests.support.boards import rules_of, state_of
from tests.support.players import LEFT, RIGHT, UP

HUNGER = 30

AT_THE_WALL = """
    .....#
    ......
    <ab..*
    ......
"""
AT_THE_OBSTACLE = """
    ..ba>#
    ......
    .....*
    ......
"""
AT_THE_BODY = """
    .....#
    .abc..
    .ved..
    ..f..*
"""
SHUT_IN = """
    ^cd..#
    ab....
    ......
    .....*
"""
LAST_FOOD = """
    cba>*#
    defghi
    onmlkj
    pqrstu
"""

ACROSS_IS_THE_BODY = """
    .....#
    .....f
    <a...e
    cb..*d
"""
ACROSS_IS_THE_OBSTACLE = """
    <ab..#
    ......
    ....*.
    ......
"""

# A board, hunger, an absolute action, the equal relative action (0 left, 1 straight, 2 right), the ending.
CASES = [
    (AT_THE_WALL, 0, LEFT, 1, "wall"),
    (AT_THE_OBSTACLE, 0, RIGHT, 1, "wall"),
    (AT_THE_BODY, 0, RIGHT, 0, "body"),
    (AT_THE_WALL, 0, RIGHT, None, "body"),  # back into the neck
    (SHUT_IN, 0, RIGHT, 2, "trapped"),
    (SHUT_IN, 0, LEFT, 0, "trapped"),  # into the wall, but every action was fatal
    (AT_THE_WALL, HUNGER - 1, UP, 2, "starved"),
    (AT_THE_WALL, HUNGER - 1, LEFT, 1, "wall"),  # it dies on the step of the hunger limit
    (SHUT_IN, HUNGER - 1, LEFT, 0, "trapped"),
    (LAST_FOOD, 0, RIGHT, 1, "full"),
]
ENDINGS = [ending for *_, ending in CASES]


def games_of(drawn: list[tuple[str, int]], actions: str = "absolute", walls: str = "solid") -> "Drawn":
    """Games with these boards and this hunger."""
    rules = rules_of(drawn[0][0])
    states = [state_of(board, hunger=hunger)._asdict() for board, hunger in drawn]
    arrays = {name: np.concatenate([state[name] for state in states]) for name in State._fields}
    envs = Drawn(
        len(drawn),
        height=rules.height,
        width=rules.width,
        obstacles=rules.obstacles,
        hunger_limit=HUNGER,
        actions=actions,
        walls=walls,
    )
    envs.drawn = arrays | {"obstacles": rules.obstacle_map}
    envs.reset()
    return envs


def end(envs: SnakeVectorEnv, actions: list[int]) -> list[str]:
    chosen: IntArray = np.array(actions)
    _, _, terminations, truncations, _ = envs.step(chosen)
    assert (terminations | truncations).all()
    return [str(ending) for ending in find_endings(envs, chosen, truncations)]


def test_every_cause_with_absolute_actions() -> None:
    envs = games_of([(board, hunger) for board, hunger, *_ in CASES])
    assert end(envs, [action for _, _, action, _, _ in CASES]) == ENDINGS


def test_every_cause_with_relative_actions() -> None:
    cases = [(board, hunger, action, ending) for board, hunger, _, action, ending in CASES if action is not None]
    envs = games_of([(board, hunger) for board, hunger, *_ in cases], "relative")
    assert end(envs, [action for _, _, action, _ in cases]) == [ending for *_, ending in cases]


@pytest.mark.parametrize(
    ("board", "hunger", "action", "ending"),
    [(board, hunger, action, ending) for board, hunger, action, _, ending in CASES],
)
def test_the_ending_of_a_single_game(board: str, hunger: int, action: int, ending: str) -> None:
    rules = rules_of(board, hunger_limit=HUNGER)
    env = SnakeEnv(height=rules.height, width=rules.width, obstacles=rules.obstacles, hunger_limit=HUNGER)
    env.set_state(state_of(board, hunger=hunger))
    _, _, terminated, truncated, info = env.step(action)
    state = State(**env.get_state())
    assert terminated == (ending != "starved")
    assert info["won"] == (ending == "full") == state.full[0]
    assert classify_endings(state, rules, np.array([action]), np.array([truncated])).tolist() == [ending]


def test_a_death_on_the_step_of_the_hunger_limit_is_a_death() -> None:
    envs = games_of([(board, HUNGER - 1) for board in (AT_THE_WALL, AT_THE_BODY, SHUT_IN, AT_THE_WALL)])
    actions: IntArray = np.array([LEFT, RIGHT, LEFT, UP])
    _, _, terminations, truncations, _ = envs.step(actions)
    state = State(**envs.get_state())
    assert (state.hunger == HUNGER).all()
    assert terminations.tolist() == [True, True, True, False]
    assert truncations.tolist() == [False, False, False, True]
    assert find_endings(envs, actions, truncations).tolist() == ["wall", "body", "trapped", "starved"]


def test_a_death_on_the_last_step_of_a_time_limit_is_a_death() -> None:
    rules = rules_of(AT_THE_WALL)
    games = SnakeEnv(height=rules.height, width=rules.width, obstacles=rules.obstacles)
    for action, ending in ((LEFT, "wall"), (UP, "starved")):
        env = gym.wrappers.TimeLimit(games, max_episode_steps=1)
        env.reset(seed=1)
        games.set_state(state_of(AT_THE_WALL))
        _, _, _, truncated, _ = env.step(np.int64(action))
        assert truncated
        state = State(**games.get_state())
        assert classify_endings(state, rules, np.array([action]), np.array([truncated])).tolist() == [ending]


def test_a_game_that_is_not_over_has_no_ending() -> None:
    rules, state = rules_of(AT_THE_WALL), state_of(AT_THE_WALL)
    assert classify_endings(state, rules, np.array([LEFT]), np.array([False])).tolist() == [""]


def test_across_joined_edges_are_bodies_and_obstacles_but_no_walls() -> None:
    envs = games_of([(ACROSS_IS_THE_BODY, 0), (ACROSS_IS_THE_OBSTACLE, 0)], walls="wrap")
    assert end(envs, [LEFT, LEFT]) == ["body", "wall"]
    envs = games_of([(AT_THE_WALL, 0)], walls="wrap")
    assert not envs.step(np.array([LEFT]))[2].any()


class Drawn(SnakeVectorEnv):
    """Games that all start from given boards."""

    drawn: dict[str, NDArray[Any]]

    def reset(self, **_: Any) -> tuple[NDArray[Any], dict[str, Any]]:
        return self.set_state(self.drawn)


class Fixed(Agent):
    """Takes the same actions in every step."""

    def __init__(self, actions: list[int]) -> None:
        self.name, self.environment, self.actions = "fixed", {}, np.array(actions)

    def act(
        self,
        observations: NDArray[Any],
        action_mask: NDArray[np.int8] | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> Actions:
        return self.actions


def test_an_evaluation_counts_each_game_once() -> None:
    agent = Fixed([action for _, _, action, _, _ in CASES])
    envs = games_of([(board, hunger) for board, hunger, *_ in CASES])
    result = evaluate(agent, envs, games=2 * len(CASES), ending=find_endings)
    assert result.endings is not None
    assert result.endings.tolist() == 2 * ENDINGS
    assert result.deaths == {cause: 2 * ENDINGS.count(cause) for cause in DEATHS}
    assert sum(result.deaths.values()) + result.won.sum() == 2 * len(CASES)
    assert result.row()["deaths"] == result.deaths
    assert evaluate(agent, envs, games=3).endings is None


def test_whole_games_end_for_a_known_cause() -> None:
    games = SnakeVectorEnv(16, height=4, width=7, obstacles="corners", initial_length=[1, 18], hunger_limit=3)
    envs = gym.wrappers.vector.RecordEpisodeStatistics(games)
    player, rng = make("random", {}), np.random.default_rng(0)
    for masked in (True, False):
        result = evaluate(player, envs, games=100, rng=rng, masked=masked, ending=find_endings)
        assert result.deaths is not None
        assert sum(result.deaths.values()) + result.won.sum() == 100
        assert min(result.deaths["trapped"], result.deaths["starved"]) > 0
        for cause in ("wall", "body"):
            assert (result.deaths[cause] == 0) == masked


@pytest.mark.parametrize("mode", ["SameStep", "Disabled"])
def test_other_autoreset_modes_are_refused(mode: str) -> None:
    envs = SnakeVectorEnv(2, autoreset_mode=mode)
    envs.reset(seed=1)
    with pytest.raises(ValueError, match=f"autoreset_mode is {mode}.*use 'NextStep'"):
        find_endings(envs, np.zeros(2, dtype=np.int64), np.zeros(2, dtype=bool))


def test_other_environments_are_refused() -> None:
    envs = gym.make_vec("CartPole-v1", 2, "sync")
    with pytest.raises(ValueError, match="is not a SnakeVectorEnv"):
        find_endings(envs, np.zeros(2, dtype=np.int64), np.zeros(2, dtype=bool))
