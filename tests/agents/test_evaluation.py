"""Evaluation plays every game exactly once, the same games for all agents, and its intervals are right."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from numpy.typing import NDArray

from agents import Agent, evaluate
from agents.agent import Actions
from agents.evaluation import Evaluation, wilson
from agents.scripted.random import RandomAgent
from scripts.common.tables import evaluation_table
from snake_env.endings import find_endings


class Legal(Agent):
    """Takes the first allowed action."""

    def __init__(self) -> None:
        self.name, self.environment = "legal", {"observation": "planes"}

    def act(
        self,
        observations: NDArray[Any],
        action_mask: NDArray[np.int8] | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> Actions:
        assert action_mask is not None
        first: Actions = action_mask.argmax(axis=1)
        return first


def games(N: int, **arguments: Any) -> gym.vector.VectorEnv[Any, Any, Any]:
    return gym.make_vec(
        "snake_env:snake_env/Snake-v1", N, "vector_entry_point", height=5, width=7, hunger_limit=20, **arguments
    )


def test_the_same_games_however_many_run_at_a_time() -> None:
    one = evaluate(Legal(), games(1), games=13, seed=4)
    for N in (5, 13, 20):
        many = evaluate(Legal(), games(N), games=13, seed=4)
        np.testing.assert_array_equal(many.scores, one.scores)
        np.testing.assert_array_equal(many.steps, one.steps)
        np.testing.assert_array_equal(many.won, one.won)


def test_scores_are_those_of_single_games() -> None:
    result = evaluate(Legal(), games(6), games=6, seed=10)
    env = gym.make("snake_env:snake_env/Snake-v1", height=5, width=7, hunger_limit=20)
    for i in range(6):
        _, info = env.reset(seed=10 + i)
        over, steps = False, 0
        while not over:
            _, _, terminated, truncated, info = env.step(int(info["action_mask"].argmax()))
            over, steps = terminated or truncated, steps + 1
        assert (result.scores[i], result.steps[i]) == (info["score"], steps)


def test_a_random_agent_has_the_same_figures_in_each_evaluation() -> None:
    """Its random numbers depend on the seed alone, not on what the agent played before."""
    agent = RandomAgent()
    first, *others = (evaluate(player, games(13), games=13, seed=4) for player in (agent, agent, RandomAgent()))
    given = evaluate(agent, games(13), games=13, seed=4, rng=np.random.default_rng(4))
    for again in (*others, given):
        np.testing.assert_array_equal(again.scores, first.scores)
        np.testing.assert_array_equal(again.steps, first.steps)
    other = evaluate(agent, games(13), games=13, seed=4, rng=np.random.default_rng(5))
    assert (other.steps != first.steps).any()


def test_figures_worked_by_hand() -> None:
    scores, steps = np.array([1.0, 2.0, 6.0, 7.0]), np.array([10, 20, 30, 40])
    row = Evaluation("x", scores, steps, np.array([False, False, False, True])).row()
    assert (row["games"], row["mean"], row["median"], row["best"], row["full"]) == (4, 4.0, 4.0, 7.0, 0.25)
    assert row["steps_per_food"] == 100 / 16
    # The standard deviation is sqrt(26 / 3), so the interval is 4 -+ 1.96 * 2.944 / 2.
    assert row["ci95"] == pytest.approx([1.115, 6.885], abs=1e-3)


def test_one_game_has_no_interval() -> None:
    one = Evaluation("x", np.array([3.0]), np.array([10]), np.array([False]))
    assert one.ci95 == (-np.inf, np.inf)
    assert one.row()["ci95"] is None
    assert list(evaluation_table([one], "one game").columns[1].cells) == ["3.0"]


def test_a_table_rounds_no_lost_game_away() -> None:
    scores = np.array([97.0] * 199 + [96.0])
    almost = Evaluation("x", scores, np.full(200, 100), scores == 97)
    assert list(evaluation_table([almost], "200 games").columns[4].cells) == ["99.5% (97 to 100)"]
    two = Evaluation("x", np.array([96.0, 97.0]), np.array([10, 10]), np.array([True, True]))
    table = evaluation_table([two], "two games")
    assert [*table.columns[2].cells, *table.columns[4].cells] == ["96.5", "100% (34 to 100)"]


def test_wilson_intervals_from_the_literature() -> None:
    """Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17, 1998, table I."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)


def test_the_return_is_the_score_of_environments_without_one() -> None:
    class Push(Legal):
        def act(
            self,
            observations: NDArray[Any],
            action_mask: NDArray[np.int8] | None = None,
            *,
            rng: np.random.Generator | None = None,
        ) -> Actions:
            return np.ones(len(observations), dtype=np.int64)

    for mode in ("sync", "vector_entry_point"):  # the second takes one number as seed, not one for each game
        result = evaluate(Push(), gym.make_vec("CartPole-v1", 4, mode), games=6, seed=3)
        np.testing.assert_array_equal(result.scores, result.steps)  # CartPole gives 1 a step
        assert result.endings is None
        assert "deaths" not in result.row()
        assert len(set(result.scores)) > 1


def test_only_agents_without_masks_run_into_walls_and_bodies() -> None:
    class Trusting(Legal):
        def act(
            self,
            observations: NDArray[Any],
            action_mask: NDArray[np.int8] | None = None,
            *,
            rng: np.random.Generator | None = None,
        ) -> Actions:
            return np.zeros(len(observations), dtype=np.int64) if action_mask is None else action_mask.argmax(axis=1)

    with_masks, without = (
        evaluate(Trusting(), games(20), games=20, masked=masked, ending=find_endings) for masked in (True, False)
    )
    assert with_masks.deaths is not None
    assert without.deaths is not None
    assert with_masks.deaths["wall"] == with_masks.deaths["body"] == 0
    assert without.deaths["wall"] + without.deaths["body"] == 20
    assert without.steps.max() <= 5  # up, up, ... on five rows
    assert with_masks.steps.mean() > without.steps.mean()


def test_no_games_and_another_autoreset_are_refused() -> None:
    with pytest.raises(ValueError, match="games is 0"):
        evaluate(Legal(), games(2), games=0)
    with pytest.raises(ValueError, match="autoreset"):
        evaluate(Legal(), games(2, autoreset_mode="SameStep"), games=2)
