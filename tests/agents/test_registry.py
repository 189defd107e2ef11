"""Saved agents of each kind are loaded from files and run folders, and those of the package by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agents
import nn
from agents import Agent, NetworkAgent, registry
from agents.agent import LearnedAgent
from agents.scripted.random import RandomAgent


def network_agent(seed: int) -> NetworkAgent:
    network = nn.Sequential([nn.Flatten(), nn.Dense(4 * 5 * 7, 4)], input_shape=(4, 5, 7), rng=seed)
    return NetworkAgent(network, {"height": 5, "width": 7})


class Dice(RandomAgent, LearnedAgent):
    """A kind of agent that another release may add."""

    def scores(self, observations: Any) -> Any:
        raise NotImplementedError

    def pack(self, notes: Any, *, half: bool = False) -> Any:
        raise NotImplementedError

    @classmethod
    def unpack(cls, arrays: Any, header: Any) -> "Dice":
        return cls(seed=len(arrays) + len(header))


def weights(agent: Agent) -> Any:
    assert isinstance(agent, NetworkAgent)
    return agent.network.flat


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with two shipped agents in place of the package's own."""
    folder = tmp_path / "pretrained"
    folder.mkdir()
    for seed, name in enumerate(("ppo-10x10", "dqn-0.5")):
        network_agent(seed).save(folder / f"{name}.npz", {"command": "train.py", "seed": seed}, half=True)
    monkeypatch.setattr(registry, "FOLDER", folder)


def test_shipped_agents_have_notes_on_their_training_and_are_small_together() -> None:
    for name in agents.names():
        notes = registry.read_metadata(name)["notes"]
        assert "train" in notes["command"]
        assert {"seed", "train_seconds", "total_timesteps", "evaluation", "evaluation_without_mask"} <= set(notes)
        assert agents.load(name).name == name
    assert sum((registry.FOLDER / f"{name}.npz").stat().st_size for name in agents.names()) < 5_000_000


def test_half_precision_takes_half_the_space_and_changes_little(tmp_path: Path) -> None:
    agent = network_agent(0)
    agent.save(tmp_path / "whole.npz", {})
    agent.save(tmp_path / "half.npz", {}, half=True)
    half = agents.load(tmp_path / "half.npz")
    np.testing.assert_array_equal(weights(half), weights(agent).astype(np.float16))
    assert weights(half).dtype == np.float32
    saves = (tmp_path / "whole.npz").stat().st_size - (tmp_path / "half.npz").stat().st_size
    assert saves >= 2 * weights(agent).size


@pytest.mark.usefixtures("shipped")
def test_shipped_agents_load_by_name() -> None:
    assert agents.names() == ["dqn-0.5", "ppo-10x10"]
    for seed, name in enumerate(("ppo-10x10", "dqn-0.5")):
        agent = agents.load(name)
        assert agent.name == name
        assert agent.environment == {"height": 5, "width": 7}
        np.testing.assert_array_equal(weights(agent), weights(network_agent(seed)).astype(np.float16))
        assert registry.read_metadata(name)["notes"] == {"command": "train.py", "seed": seed}


@pytest.mark.usefixtures("shipped")
def test_a_path_that_exists_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ppo-10x10").mkdir()
    with pytest.raises(FileNotFoundError, match="no agent at ppo-10x10"):
        agents.load("ppo-10x10")  # a run that has no agent yet
    network_agent(7).save("ppo-10x10/best.npz", {})
    np.testing.assert_array_equal(weights(agents.load("ppo-10x10")), weights(network_agent(7)))
    assert agents.load("ppo-10x10").name == "ppo-10x10"
    assert agents.load("ppo-10x10/best.npz").name == "best"


@pytest.mark.usefixtures("shipped")
def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(FileNotFoundError, match=r"no agent at ppo; .* shipped agent: dqn-0\.5, ppo-10x10"):
        agents.load("ppo")


def test_another_kind_needs_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind is read from the header, in files with and without a network."""
    table = {"values": np.arange(6.0).reshape(2, 3)}
    nn.files.write(tmp_path / "table.npz", table, {"kind": "dice", "environment": {}})
    with pytest.raises(ValueError, match=r"holds no agent: its kind is dice, known are network.*give a file that"):
        agents.load(tmp_path / "table.npz")
    monkeypatch.setitem(registry.KINDS, "dice", Dice)
    assert isinstance(agents.load(tmp_path / "table.npz"), Dice)


def test_files_without_an_agent_are_refused(tmp_path: Path) -> None:
    network = nn.Sequential([nn.Dense(3, 2)], input_shape=(3,), rng=0)
    nn.save(tmp_path / "classifier.npz", network, {"classes": ["a", "b"]})
    with pytest.raises(ValueError, match=r"classifier\.npz holds no agent: its kind is None"):
        agents.load(tmp_path / "classifier.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ValueError, match=r"text\.npz cannot be read"):
        agents.load(tmp_path / "text.npz")


def test_a_network_without_an_environment_is_no_agent(tmp_path: Path) -> None:
    network = nn.Sequential([nn.Dense(3, 2)], (3,), rng=0)
    nn.save(tmp_path / "n.npz", network, {"kind": "network"})
    with pytest.raises(
        ValueError, match="holds no agent: environment is missing; give a file that training an agent wrote"
    ):
        agents.load(tmp_path / "n.npz")
