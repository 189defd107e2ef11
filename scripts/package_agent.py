"""Ship the agent of a run with the package: weights as float16, how it came about, and what it reaches like that.

python scripts/package_agent.py runs/ppo ppo-10x10
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import tyro

import agents
from agents import registry
from scripts.common.command_line import run_command
from scripts.common.run_folder import RunFolder
from scripts.games.players import make_games
from snake_env.endings import find_endings


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which run is shipped under which name."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder."""
    name: Annotated[str, tyro.conf.Positional]
    """For agents.load, such as ppo-10x10."""
    command: str | None = None
    """That trained it, if the run does not say."""
    games: int = 200
    """On which it is measured, with action masks and without."""
    folder: Path = registry.FOLDER
    """Where to write."""


def main(config: Config) -> dict[str, Any]:
    """Measure and write; gives back the notes in the file's header."""
    file = config.folder / f"{config.name}.npz"
    if file.exists():
        raise FileExistsError(f"{file} holds an agent already; remove it first, or choose another name")
    run, agent = RunFolder.existing(config.run), agents.load(config.run)
    if not (run.path / "result.json").exists():
        raise ValueError(f"{config.run} is not over; finish it with --resume {config.run}")
    stored, result = run.read_json("config.json"), run.read_json("result.json")
    notes = stored | dict(registry.about(config.run).get("notes", {}))
    command = config.command or notes.get("command")
    if not command:
        raise ValueError(f"{config.run} does not say what trained it; give --command")
    notes |= {"command": command, "seed": stored["seed"]}
    for where in ("out", "resume"):  # which is nobody else's concern
        notes.pop(where, None)
    notes |= {name: result[name] for name in ("train_seconds", "train_steps")}
    with tempfile.TemporaryDirectory() as folder:
        agent.save(Path(folder) / "half.npz", {}, half=True)
        shipped = agents.load(Path(folder) / "half.npz")
    for name, masked in (("evaluation", True), ("evaluation_without_mask", False)):
        notes[name] = _figures(shipped, config.games, masked=masked)
    config.folder.mkdir(parents=True, exist_ok=True)
    agent.save(file, notes, half=True)
    print(f"wrote {file}: {file.stat().st_size / 1e6:.2f} MB, mean {notes['evaluation']['mean']:.1f} food")
    return notes


def _figures(agent: agents.Agent, games: int, *, masked: bool) -> dict[str, Any]:
    """What it reaches in the games that `evaluate.py` plays."""
    envs, rng = make_games(agent, {}, games), np.random.default_rng(0)
    row = agents.evaluate(agent, envs, games=games, rng=rng, masked=masked, ending=find_endings).row()
    return {name: value for name, value in row.items() if name != "agent"}


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
