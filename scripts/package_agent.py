"""Ship the agent of a run with the package: weights as float16, how it was trained, and its evaluation.

Examples:
    python scripts/package_agent.py runs/ppo ppo-10x10
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import agents
from agents import registry
from scripts.common import cli
from scripts.common.command_line import run_command
from scripts.common.run_files import ShippedConfig, ShippedResult
from scripts.common.run_folder import RunFolder
from scripts.games.players import load_agent, make_games
from snake_env.endings import find_endings


@dataclass(frozen=True, kw_only=True)
class Options:
    """The run, and the name of the agent."""

    run: Annotated[Path, cli.POSITIONAL]
    """Run folder."""
    name: Annotated[str, cli.POSITIONAL]
    """Name for agents.load, such as ppo-10x10."""
    command: str | None = None
    """Command that trained it; by default the one stored in the run."""
    games: int = 200
    """Games of the evaluation, once with action masks and once without."""
    folder: Path = registry.FOLDER
    """Output folder."""


def main(options: Options) -> dict[str, Any]:
    """Evaluate the agent, write the file, and return the notes in its header."""
    file = options.folder / f"{options.name}.npz"
    if file.exists():
        raise FileExistsError(f"{file} exists already; remove it first, or choose another name")
    run, agent = RunFolder.existing(options.run), load_agent(options.run)
    if not (run.path / "result.json").exists():
        raise ValueError(f"{options.run} is not finished; continue it with train.py --resume {options.run}")
    stored, result = run.read_json("config.json", ShippedConfig), run.read_json("result.json", ShippedResult)
    notes = stored | dict(registry.read_metadata(options.run).get("notes", {}))
    command = options.command or notes.get("command")
    if not command:
        raise ValueError(f"{options.run} stores no command; give --command")
    notes |= {"command": command, "seed": stored["seed"]}
    for where in ("out", "resume"):  # paths on this machine
        notes.pop(where, None)
    notes |= {name: result[name] for name in ("train_seconds", "total_timesteps")}
    with tempfile.TemporaryDirectory() as folder:
        agent.save(Path(folder) / "half.npz", {}, half=True)
        shipped = agents.load(Path(folder) / "half.npz")
    for name, masked in (("evaluation", True), ("evaluation_without_mask", False)):
        notes[name] = _figures(shipped, options.games, masked=masked)
    options.folder.mkdir(parents=True, exist_ok=True)
    agent.save(file, notes, half=True)
    print(f"wrote {file}: {file.stat().st_size / 1e6:.2f} MB, mean {notes['evaluation']['mean']:.1f} food")
    return notes


def _figures(agent: agents.Agent, games: int, *, masked: bool) -> dict[str, Any]:
    """Return the figures of the games that `evaluate.py` plays."""
    envs = make_games(agent, {}, games)
    row = agents.evaluate(agent, envs, games=games, masked=masked, ending=find_endings).row()
    return {name: value for name, value in row.items() if name != "agent"}


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
