"""Record a game as a GIF or MP4 to share; several agents play side by side, on the same food.

python scripts/record.py runs/es --out game.gif --seed 7

python scripts/record.py ppo-10x10 es-10x10 shortcut --until-full --every 4 --tile 14

python scripts/record.py shortcut --out game.mp4 --fps 30 --height 6 --width 9
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from scripts.common.command_line import check_seed, run_command
from scripts.common.video import save_video
from scripts.games.playback_match import PlaybackMatch, new_match
from scripts.games.players import given_rules
from scripts.games.side_by_side import match_frames

MAX_SEARCHED = 200  # games that --until-full plays at most


@dataclass(frozen=True, kw_only=True)
class Config:
    """The agents, the game, and the video."""

    agents: Annotated[tuple[str, ...], tyro.conf.Positional]
    """One to four run folders, files of weights, names of shipped agents, or scripted players: random, greedy,
    safe-greedy, cycle, shortcut. Several play under the rules of the first learned one."""
    out: Path = Path("game.gif")
    """Output file: .gif or .mp4."""
    seed: int = 0
    """Seed of the game."""
    until_full: bool = False
    """Search from --seed on for a game in which the (first) agent fills the board."""
    fps: int = 20
    """Frames per second."""
    tile: int = 24
    """Side of a cell in pixels."""
    every: int = 1
    """Keep every n-th frame, to make long games short."""
    height: int | None = None
    """Rows of the board; by default those the agent was trained on, or 10."""
    width: int | None = None
    """Columns of the board; by default as for the rows."""
    walls: str | None = None
    """solid or wrap."""


def main(config: Config) -> Path:
    """Play the game, write the video, and return its path."""
    if config.out.suffix not in (".gif", ".mp4"):
        raise ValueError(f"out is {config.out}; choose a name that ends in .gif or .mp4")
    if config.fps < 1 or config.every < 1:
        raise ValueError(f"fps is {config.fps} and every {config.every}; both must be at least 1")
    check_seed(config.seed)
    rules = given_rules(height=config.height, width=config.width, walls=config.walls)
    match = new_match(config.agents, rules, config.seed)
    if config.until_full:
        match = _full_match(match)
    match.play()
    frames = match_frames(match, tile=config.tile, every=config.every)
    save_video(frames, config.out, config.fps)
    size = config.out.stat().st_size / 1e6
    print(f"wrote {config.out}: the game of seed {match.seed}, {len(frames)} frames, {size:.2f} MB")
    return config.out


def _full_match(match: PlaybackMatch) -> PlaybackMatch:
    """Return the first match, from this seed on, in which the first agent fills the board."""
    for seed in range(match.seed, match.seed + MAX_SEARCHED):
        found = match.rematch(seed)
        first = found.games[0]
        while not first.over:
            first.step()
        if first.ending == "full":
            return found
    raise ValueError(
        f"{match.games[0].name} fills the board in none of the {MAX_SEARCHED} games from seed {match.seed} on; "
        "give another --seed, or a stronger agent"
    )


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
