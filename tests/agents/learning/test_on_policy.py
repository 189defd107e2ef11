"""What holds for every learner from rollouts: it learns, repeats itself, goes on, and gives players."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import VectorEnv

import agents
import nn
import snake_env  # noqa: F401  registers the environment
from agents.learning import ppo, pqn
from agents.learning.on_policy import RolloutLearner
from tests.support.identity import Identity
from tests.support.same import assert_same

Envs = VectorEnv[Any, Any, Any]
Maker = Callable[..., RolloutLearner]


def make_ppo(envs: Envs, seed: int = 0, **changed: Any) -> RolloutLearner:
    return ppo.PPO(envs, ppo.Settings(**changed), seed=seed, environment={"height": 4})


def make_pqn(envs: Envs, seed: int = 0, **changed: Any) -> RolloutLearner:
    return pqn.PQN(envs, pqn.Settings(**changed), seed=seed, environment={"height": 4})


both = pytest.mark.parametrize("make", [make_ppo, make_pqn])
SMALL: dict[str, Any] = {"n_steps": 8, "batch_size": 32, "n_epochs": 2, "hidden": (16,), "channels": (4,)}
BOARD: dict[str, Any] = {
    "height": 4,
    "width": 5,
    "hunger_limit": 9,
    "reward": "distance",
    "initial_length": (2, 9),
}


@pytest.fixture(autouse=True)
def _one_thread_afterwards() -> Iterator[None]:
    yield
    nn.threads.use(1)


def snake(games: int, **rules: Any) -> Envs:
    return gym.make_vec("snake_env/Snake-v1", num_envs=games, vectorization_mode="vector_entry_point", **BOARD | rules)


def run(learner: RolloutLearner, steps: range) -> list[dict[str, float]]:
    return [learner.step(number / 20) for number in steps]


def same(first: list[dict[str, float]], second: list[dict[str, float]]) -> bool:
    """Equal, where not a number equals itself."""
    return json.dumps(first) == json.dumps(second)


@both
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_learns_to_name_what_it_sees(make: Maker, masked: bool, dtype: type[np.generic]) -> None:
    """Where actions are masked, the environment fails if a forbidden one is taken."""
    learner = make(
        Identity(16, masked=masked, dtype=dtype, truncated=masked),
        seed=1,
        n_steps=16,
        batch_size=64,
        hidden=(32,),
        learning_rate=5e-3,
        gamma=0.5,
    )
    for step in range(40):
        learner.step(step / 40)
    assert learner.num_timesteps == 40 * 16 * 16
    result = agents.evaluate(learner.agent(), Identity(16, masked=masked, dtype=dtype), games=32)
    np.testing.assert_array_equal(result.scores, result.steps)


@both
def test_without_obedience_forbidden_actions_are_taken(make: Maker) -> None:
    learner = make(Identity(16, masked=True), masked=False, **SMALL)
    with pytest.raises(AssertionError, match="a forbidden action was taken"):
        run(learner, range(3))
    assert not learner.agent().masked


@both
def test_same_seed_same_weights(make: Maker) -> None:
    def weights(seed: int) -> bytes:
        learner = make(snake(6), seed, **SMALL)
        run(learner, range(3))
        return learner.network.flat.tobytes()

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


@both
@pytest.mark.parametrize(("observation", "actions"), [("planes", "absolute"), ("features", "relative")])
def test_any_number_of_threads_gives_the_same_weights(make: Maker, observation: str, actions: str) -> None:
    """A minibatch of images is several parts here."""

    def trained(threads: int) -> Any:
        nn.threads.use(threads)
        envs = snake(80, observation=observation, actions=actions)
        learner = make(envs, **SMALL | {"batch_size": 600, "n_steps": 16})
        metrics = run(learner, range(2))
        return metrics, learner.state()

    one = trained(1)
    for threads in (2, 3):
        other = trained(threads)
        assert same(one[0], other[0])
        assert_same(one[1], other[1])


@both
@pytest.mark.parametrize("symmetric", [False, True])
def test_goes_on_from_its_state_as_if_nothing_had_happened(make: Maker, symmetric: bool, tmp_path: Path) -> None:
    changed = SMALL | {"symmetric": symmetric}
    whole = make(snake(6), 3, **changed)
    run(whole, range(5))
    arrays, header = whole.state()
    nn.files.write(tmp_path / "state.npz", arrays, header)
    metrics = run(whole, range(5, 12))
    kept, header = nn.files.read(tmp_path / "state.npz")
    assert_same(arrays, kept)  # the state did not change with what followed
    resumed = make(snake(6), 3, **changed)
    resumed.restore(kept, header)
    assert resumed.num_timesteps == 5 * 8 * 6
    assert same(run(resumed, range(5, 12)), metrics)
    assert_same(resumed.state(), whole.state())


@both
def test_where_games_tell_no_state_they_start_anew(make: Maker) -> None:
    whole = make(Identity(4), **SMALL)
    run(whole, range(3))
    arrays, header = whole.state()
    resumed = make(Identity(4), **SMALL)
    resumed.restore(arrays, header)
    assert_same(resumed.state(), (arrays, header))
    assert math.isfinite(run(resumed, range(3, 4))[0]["score"])


@both
def test_its_player_learns_nothing_more(make: Maker, tmp_path: Path) -> None:
    learner = make(snake(4), symmetric=True, **SMALL)
    run(learner, range(2))
    agent = learner.agent()
    agent.save(tmp_path / "agent.npz", {})
    observations, info = snake(30).reset(seed=5)
    before = agent.scores(observations)
    assert before.shape == (30, 4)
    run(learner, range(2, 5))
    np.testing.assert_array_equal(agent.scores(observations), before)
    assert (learner.agent().scores(observations) != before).any()
    again = agents.load(tmp_path / "agent.npz")
    assert again.environment == {"height": 4}
    mask = info["action_mask"]
    np.testing.assert_array_equal(again.act(observations, mask), agent.act(observations, mask))


@both
def test_scores_are_those_of_the_games_that_ended(make: Maker) -> None:
    learner = make(Identity(3, length=20), **SMALL | {"n_steps": 8})
    metrics = run(learner, range(5))  # 40 steps; games end after 20, 21 and 22 of them, and then after 21 more
    assert [row["games"] for row in metrics] == [0, 0, 3, 0, 0]
    assert [math.isnan(row["score"]) for row in metrics] == [True, True, False, True, True]
    assert 0 < metrics[2]["score"] < 15


@both
def test_rows_in_which_nothing_was_decided_are_not_learnt_from(make: Maker) -> None:
    """In games of one step every second row is the end of a game: what it shows must not matter."""

    class Loud(Identity):
        loud = False

        def step(self, actions: Any) -> Any:
            observations, rewards, terminated, truncated, info = super().step(actions)
            if self.loud:
                observations = np.where(terminated[:, None], np.float32(1), observations)
            return observations, rewards, terminated, truncated, info

    found = []
    for loud in (False, True):
        envs = Loud(8, length=1)
        envs.loud = loud
        learner = make(envs, **SMALL)
        run(learner, range(1))
        found.append(learner.network.flat.copy())
    np.testing.assert_array_equal(found[0], found[1])


@both
def test_weights_that_are_no_numbers_end_the_training(make: Maker) -> None:
    learner = make(snake(4), **SMALL)
    learner.step(0.0)
    learner.network.flat[3] = np.nan
    with pytest.raises(FloatingPointError, match=r"learning has diverged.*lower the learning rate"):
        learner.step(0.1)
