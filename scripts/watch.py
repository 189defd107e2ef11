"""Watch agents play in a window, up to four side by side on the same game. Press ? in the window for its keys.

Examples:
    python scripts/watch.py runs/es
    python scripts/watch.py ppo-10x10 shortcut greedy

    # On another board
    python scripts/watch.py shortcut --height 8 --width 12

    # A game that was saved
    python scripts/watch.py --replay shortcut-seed7.json

    # In the terminal, without a window
    python scripts/watch.py runs/es --text
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
from scripts.games.playback_match import new_match, replayed_match
from scripts.games.replay import open_replay


@dataclass(frozen=True, kw_only=True)
class Options(BoardOptions):
    """Which agents to watch, and how."""

    group: ClassVar[str] = "Main"

    agents: Annotated[tuple[str, ...], cli.POSITIONAL, cli.PATHS] = ()
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


def main(options: Options) -> int:
    """Show games until the window is closed; return how many positions were shown.

    Raises:
        ValueError: an agent does not exist or cannot play on this board, or a file is no replay.
        RuntimeError: there is no display.
    """
    if bool(options.agents) == (options.replay is not None):
        raise ValueError("give one to four agents, such as ppo-10x10 or shortcut, or --replay FILE")
    replay = next((name for name in options.agents if name.endswith(".json")), None)
    if replay is not None:
        raise ValueError(f"{replay} is not an agent; if it is a replay, open it with: --replay {replay}")
    require_positive(options, "fps", "games")
    check_seed(options.seed)
    rules = options.rules
    if options.replay is not None:
        match = replayed_match(open_replay(options.replay))
    else:
        match = new_match(options.agents, rules, options.seed)
    if options.text:
        from scripts.games.terminal_playback import play_in_terminal

        return play_in_terminal(match, options.fps, options.games)
    from scripts.ui.app import App  # first: where pygame is missing, it says what to install
    from scripts.windows.watch_window import WatchWindow

    window = WatchWindow(match, rules, fps=options.fps, games=options.games)
    App(window).run()
    return window.moves


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
