"""Play Snake, alone or against an agent with the same food: arrow keys or WASD start and steer. Press ? for all keys.

Examples:
    python scripts/play.py

    # Against an agent, slower
    python scripts/play.py --against ppo-10x10 --fps 4

    # Another board, steered as the snake sees it
    python scripts/play.py --height 12 --walls wrap --steering relative
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from scripts.common import cli
from scripts.common.board_options import BoardOptions
from scripts.common.command_line import check_seed, require_positive, run_command
from scripts.games.high_scores import HighScores
from scripts.games.players import find_agent, shared_rules

RULES = {"height": 10, "width": 10, "walls": "solid", "obstacles": None, "food": 1}


@dataclass(frozen=True, kw_only=True)
class Options(BoardOptions):
    """The board, the pace and the opponent."""

    group: ClassVar[str] = "Main"

    against: Annotated[str | None, cli.PATHS] = None
    """An agent to race on the same game: a run folder, a file of weights, the name of a shipped one, or a scripted
    player: random, greedy, safe-greedy, cycle, shortcut."""
    fps: int = 6
    """Moves per second."""
    steering: Literal["absolute", "relative"] = "absolute"
    """absolute: a key is a direction on the board; relative: left and right turn the snake."""
    seed: int | None = None
    """Seed of the first game; the next games count up from it. By default random."""
    games: int | None = None
    """Close the window after this many games; each begins with your first key."""
    scores: Path | None = None
    """File of high scores; by default one in your data folder."""


def main(options: Options) -> list[int]:
    """Play until the window is closed; return the score of each finished game.

    Raises:
        ValueError: invalid rules or high scores, or an opponent that cannot play under these rules.
        RuntimeError: there is no display.
    """
    require_positive(options, "fps", "games")
    if options.seed is not None:
        check_seed(options.seed)
    rules = RULES | (shared_rules(options.against) if options.against else {})
    rules |= options.rules
    opponent = (options.against, find_agent(options.against, rules)) if options.against else None
    scores = HighScores(options.scores)
    from scripts.ui.app import App  # first: where pygame is missing, it says what to install
    from scripts.windows.play_window import PlayWindow

    relative = options.steering == "relative"
    window = PlayWindow(
        rules, scores, opponent, seed=options.seed, fps=options.fps, relative=relative, games=options.games
    )
    App(window).run()
    return window.finished


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
