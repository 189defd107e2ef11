"""Episodes: the states of a game, and how it ended."""

from typing import Any

import gymnasium as gym
import numpy as np

from scripts.games.episode import ENDING_LABELS, Episode, play_episode
from scripts.games.playback_game import PlaybackGame
from scripts.games.players import find_agent

RULES: dict[str, Any] = {"height": 5, "width": 8}


def steps_to_the_wall(**rules: Any) -> Episode:
    """Go straight on until the game is over."""
    episode = Episode(RULES | {"initial_length": 1, "actions": "relative"} | rules, 3)
    while not episode.over:
        episode.step(1)
    return episode


def test_a_death_on_the_step_of_the_hunger_limit_is_no_starvation() -> None:
    """The snake takes k steps to the wall: with a limit of k steps it dies there, with k - 1 it starves before."""
    died = steps_to_the_wall()
    hunger = int(died.current.state.hunger[0])
    assert hunger > 1
    assert died.current.ending == "wall"
    assert steps_to_the_wall(hunger_limit=hunger).current.ending == "wall"
    assert steps_to_the_wall(hunger_limit=hunger - 1).current.ending == "starved"


def test_a_window_shows_the_ending_that_the_environment_gives() -> None:
    """Whatever the hunger limit is: "starved" only for truncated games."""
    seen = set()
    for seed in range(40):
        rules = RULES | {"hunger_limit": 6 + seed % 7}
        game = PlaybackGame("greedy", find_agent("greedy", rules), rules, seed)
        env = gym.make("snake_env/Snake-v1", **rules)
        env.reset(seed=seed)
        while not game.over:
            game.step()
            _, _, terminated, truncated, _ = env.step(game.actions[-1])
            assert (game.ending != "") == (terminated or truncated)
        assert (game.ending == "starved") == truncated
        seen.add(game.ending)
    assert "starved" in seen
    assert len(seen) > 1
    assert seen < set(ENDING_LABELS)


def test_a_full_board_is_told_apart() -> None:
    agent = find_agent("cycle", RULES)
    *_, last = play_episode(agent, RULES, 7)
    assert last.full[0]
    game = PlaybackGame("cycle", agent, RULES, 7)
    while not game.over:
        assert not game.timesteps[-1].state.full[0]
        game.step()
    assert game.ending == "full"


def test_an_episode_is_that_of_the_environment() -> None:
    agent = find_agent("greedy", RULES)
    game = PlaybackGame("greedy", agent, RULES, 5)
    while not game.over:
        game.step()
    states = list(play_episode(agent, RULES, 5))
    assert len(states) == len(game.timesteps)
    for state, timestep in zip(states, game.timesteps, strict=True):
        for one, other in zip(state, timestep.state, strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_environment_given_takes_the_place_of_the_agents_own() -> None:
    """The observation stays the agent's, so that its network can play."""
    agent = find_agent("ppo-6x6", {})
    *_, last = play_episode(agent, {"hunger_limit": 3}, 1)
    assert last.hunger[0] <= 3
    assert last.obstacles.shape == (6, 6)
