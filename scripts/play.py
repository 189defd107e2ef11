"""Play Snake, alone or against an agent with the same food: steer with arrow keys or WASD. Press ? for all keys.

python scripts/play.py

python scripts/play.py --against ppo-10x10 --fps 8

python scripts/play.py --height 12 --width 16 --walls wrap --steering relative
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import tyro

from scripts.common.command_line import check_seed, run_command
from scripts.games.high_scores import HighScores
from scripts.games.players import find_agent, given_rules, shared_rules

RULES = {"height": 10, "width": 10, "walls": "solid", "obstacles": None, "food": 1}


@dataclass(frozen=True, kw_only=True)
class Config:
    """The board, the pace and the opponent."""

    against: str | None = None
    """An agent to race on the same game: a run folder, a file of weights, the name of a shipped one, or a scripted
    player: random, greedy, safe-greedy, cycle, shortcut."""
    height: int | None = None
    """Rows of the board; by default those the opponent was trained on, or 10."""
    width: int | None = None
    """Columns of the board; by default as for the rows."""
    walls: str | None = None
    """solid, or wrap for joined edges."""
    obstacles: str | None = None
    """Name of a layout: cross, pillars, rooms or corners."""
    food: int | None = None
    """Pieces of food at a time; by default 1."""
    fps: int = 6
    """Moves per second."""
    steering: Literal["absolute", "relative"] = "absolute"
    """absolute: a key is a direction on the board; relative: left and right turn the snake."""
    seed: int | None = None
    """Seed of the first game; the next games count up from it. By default random."""
    games: int | None = None
    """Close the window after this many games, with a second between them."""
    scores: Path | None = None
    """File of high scores; by default one in your data folder."""


def main(config: Config) -> list[int]:
    """Play until the window is closed; return the score of each finished game.

    Raises:
        ValueError: invalid rules or high scores, or an opponent that cannot play under these rules.
        RuntimeError: there is no display.
    """
    if config.fps < 1 or (config.games is not None and config.games < 1):
        raise ValueError(f"fps is {config.fps} and games {config.games}; both must be at least 1")
    if config.seed is not None:
        check_seed(config.seed)
    rules = RULES | (shared_rules(config.against) if config.against else {})
    rules |= given_rules(
        height=config.height, width=config.width, walls=config.walls, obstacles=config.obstacles, food=config.food
    )
    opponent = (config.against, find_agent(config.against, rules)) if config.against else None
    scores = HighScores(config.scores)
    from scripts.ui.app import App  # first: where pygame is missing, it says what to install
    from scripts.windows.play_window import PlayWindow

    relative = config.steering == "relative"
    window = PlayWindow(
        rules, scores, opponent, seed=config.seed, fps=config.fps, relative=relative, games=config.games
    )
    App(window).run()
    return window.finished


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
