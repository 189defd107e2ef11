"""Record a game as a GIF or MP4 to share.

python scripts/record.py runs/es --out game.gif --seed 7

python scripts/record.py shortcut --out game.mp4 --fps 30 --height 6 --width 9
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from players import find_agent, given_rules
from video import play_frames, save_video


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which agent plays which game, and how it is shown."""

    agent: Annotated[str, tyro.conf.Positional]
    """A run folder, a file of weights, the name of a shipped agent, or a scripted player: random, greedy, safe-greedy,
    cycle, shortcut."""
    out: Path = Path("game.gif")
    """Where to write: a name that ends in .gif or .mp4."""
    seed: int = 0
    """Of the game."""
    fps: int = 20
    """Frames a second."""
    tile: int = 24
    """Pixels for the side of a cell."""
    every: int = 1
    """Keep every n-th frame, to make long games short."""
    height: int | None = None
    """Rows of the board; by default those the agent was trained on, or 10."""
    width: int | None = None
    """Columns of the board; by default as for the rows."""
    walls: str | None = None
    """solid or wrap."""


def main(config: Config) -> Path:
    """Play the game and write the file."""
    if config.out.suffix not in (".gif", ".mp4"):
        raise ValueError(f"out is {config.out}; choose a name that ends in .gif or .mp4")
    if config.fps < 1 or config.every < 1:
        raise ValueError(f"fps is {config.fps} and every {config.every}; both must be at least 1")
    rules = given_rules(height=config.height, width=config.width, walls=config.walls)
    agent = find_agent(config.agent, rules)
    frames = list(play_frames(agent, rules, config.seed, tile=config.tile))
    kept = frames[:: config.every]
    save_video(kept, config.out, config.fps)
    print(f"wrote {config.out}: {len(kept)} frames, {config.out.stat().st_size / 1e6:.1f} MB")
    return config.out


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    try:
        main(parse(sys.argv[1:]))
    except ValueError as error:
        raise SystemExit(f"error: {error}") from None
