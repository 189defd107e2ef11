"""The agents of the package play as well as their headers state."""

import math

import pytest

import agents
from agents import registry
from scripts.games.players import make_games

GAMES = 12
STANDARD_ERRORS = 4.0  # allowed between the stated mean and the mean of a few games


@pytest.mark.parametrize("name", agents.names())
def test_the_mean_score_is_as_stated(name: str) -> None:
    stated = registry.read_metadata(name)["notes"]["evaluation"]
    agent = agents.load(name)
    reached = agents.evaluate(agent, make_games(agent, {}, GAMES), games=GAMES, seed=0)
    low, high = stated["ci95"]
    deviation = (high - low) / (2 * 1.96) * math.sqrt(stated["games"])
    error = deviation * math.sqrt(1 / GAMES + 1 / stated["games"])
    assert abs(reached.mean - stated["mean"]) <= STANDARD_ERRORS * error + 0.5


@pytest.mark.parametrize("board", ["6x6", "8x8", "10x10", "12x12"])
def test_each_kind_has_an_agent_with_the_command_that_trained_it(board: str) -> None:
    for kind in ("q", "dqn", "pqn", "ppo", "es"):
        notes = registry.read_metadata(f"{kind}-{board}")["notes"]
        assert notes["command"].startswith("python scripts/train.py")
        assert {"seed", "total_timesteps", "evaluation", "evaluation_without_mask"} <= notes.keys()
    assert sum(file.stat().st_size for file in registry.FOLDER.glob("*.npz")) < 10_000_000
