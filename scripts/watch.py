"""Watch agents play in a window, up to four side by side on the same game. Press ? there for its keys.

python scripts/watch.py runs/es

python scripts/watch.py ppo-10x10 shortcut greedy

python scripts/watch.py shortcut --height 8 --width 12

python scripts/watch.py --replay shortcut-seed7.json

python scripts/watch.py runs/es --text: in the terminal, without a window
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from scripts.common.command_line import check_seed, run_command
from scripts.games.playback_match import new_match, replayed_match
from scripts.games.players import given_rules
from scripts.games.replay import open_replay


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which agents to watch, and how."""

    agents: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """One to four run folders, files of weights, names of shipped agents, or scripted players: random, greedy,
    safe-greedy, cycle, shortcut."""
    replay: Path | None = None
    """Replay file to watch, instead of agents."""
    seed: int = 0
    """Seed of the first game; the next games count up from it."""
    fps: int = 12
    """Moves per second."""
    games: int | None = None
    """Stop after this many games."""
    text: bool = False
    """Play in the terminal."""
    height: int | None = None
    """Rows of the board; by default those the agent was trained on, or 10."""
    width: int | None = None
    """Columns of the board; by default as for the rows."""
    walls: str | None = None
    """solid or wrap."""


def main(config: Config) -> int:
    """Show games until the window is closed; return how many positions were shown.

    Raises:
        ValueError: an agent does not exist or cannot play on this board, or a file is no replay.
        RuntimeError: there is no display.
    """
    if bool(config.agents) == (config.replay is not None):
        raise ValueError("give one to four agents, such as ppo-10x10 or shortcut, or --replay FILE")
    replay = next((name for name in config.agents if name.endswith(".json")), None)
    if replay is not None:
        raise ValueError(f"{replay} is not an agent; if it is a replay, open it with: --replay {replay}")
    if config.fps < 1 or (config.games is not None and config.games < 1):
        raise ValueError(f"fps is {config.fps} and games {config.games}; both must be at least 1")
    check_seed(config.seed)
    rules = given_rules(height=config.height, width=config.width, walls=config.walls)
    if config.replay is not None:
        match = replayed_match(open_replay(config.replay))
    else:
        match = new_match(config.agents, rules, config.seed)
    if config.text:
        from scripts.games.terminal_playback import play_in_terminal

        return play_in_terminal(match, config.fps, config.games)
    from scripts.ui.app import App  # first: where pygame is missing, it says what to install
    from scripts.windows.watch_window import WatchWindow

    window = WatchWindow(match, rules, fps=config.fps, games=config.games)
    App(window).run()
    return window.moves


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
