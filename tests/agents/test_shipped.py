"""The agents that come with the package play as well as their headers say."""

import math

import pytest

import agents
from agents import registry
from scripts.games.players import make_games

GAMES, CERTAIN = 12, 4.0  # standard errors between what is stated and what a few games may show


@pytest.mark.parametrize("name", agents.names())
def test_it_reaches_what_is_stated(name: str) -> None:
    stated = registry.read_metadata(name)["notes"]["evaluation"]
    agent = agents.load(name)
    reached = agents.evaluate(agent, make_games(agent, {}, GAMES), games=GAMES, seed=0)
    low, high = stated["ci95"]
    deviation = (high - low) / (2 * 1.96) * math.sqrt(stated["games"])
    error = deviation * math.sqrt(1 / GAMES + 1 / stated["games"])
    assert abs(reached.mean - stated["mean"]) <= CERTAIN * error + 0.5


@pytest.mark.parametrize("board", ["6x6", "8x8", "10x10", "12x12"])
def test_one_of_each_kind_is_there_and_says_what_trained_it(board: str) -> None:
    for kind in ("q", "dqn", "pqn", "ppo", "es"):
        notes = registry.read_metadata(f"{kind}-{board}")["notes"]
        assert notes["command"].startswith("python scripts/train.py")
        assert {"seed", "train_steps", "evaluation", "evaluation_without_mask"} <= notes.keys()
    assert sum(file.stat().st_size for file in registry.FOLDER.glob("*.npz")) < 10_000_000
