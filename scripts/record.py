"""Record a game as a GIF or MP4 to share; several agents play side by side, on the same food.

Examples:
    python scripts/record.py runs/es --out game.gif --seed 7

    # The first game in which an agent fills the board, every fourth frame
    python scripts/record.py ppo-10x10 shortcut --until-full --every 4

    # An MP4 of a game on another board
    python scripts/record.py shortcut --out game.mp4 --height 6 --width 9
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from scripts.common import cli
from scripts.common.board_options import BoardOptions
from scripts.common.command_line import check_seed, require_positive, run_command
from scripts.common.video import save_video
from scripts.games.playback_match import PlaybackMatch, new_match
from scripts.games.side_by_side import match_frames

MAX_SEARCHED = 200  # games that --until-full plays at most


@dataclass(frozen=True, kw_only=True)
class Options(BoardOptions):
    """The agents, the game, and the video."""

    group: ClassVar[str] = "Main"

    agents: Annotated[tuple[str, ...], cli.POSITIONAL, cli.PATHS] = ()
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


def main(options: Options) -> Path:
    """Play the game, write the video, and return its path."""
    if options.out.suffix not in (".gif", ".mp4"):
        raise ValueError(f"out is {options.out}; choose a name that ends in .gif or .mp4")
    require_positive(options, "fps", "every")
    check_seed(options.seed)
    rules = options.rules
    match = new_match(options.agents, rules, options.seed)
    if options.until_full:
        match = _full_match(match)
    match.play()
    frames = match_frames(match, tile=options.tile, every=options.every)
    save_video(frames, options.out, options.fps)
    size = options.out.stat().st_size / 1e6
    print(f"wrote {options.out}: the game of seed {match.seed}, {len(frames)} frames, {size:.2f} MB")
    return options.out


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


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
