"""Watch an agent play in a window. Space pauses, . steps, up and down change the speed, n starts a new game, q quits.

python scripts/watch.py runs/es

python scripts/watch.py shortcut --height 8 --width 12

python scripts/watch.py runs/es --text: in the terminal, without a window
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Annotated

import tyro

from players import find_agent, given_rules
from snake_env.renderer import render_frame, render_text
from snake_env.state import State
from video import play_states

SLOWEST, FASTEST = 1, 120  # moves a second


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which agent to watch, and how."""

    agent: Annotated[str, tyro.conf.Positional]
    """A run folder, a file of weights, the name of a shipped agent, or a scripted player: random, greedy, safe-greedy,
    cycle, shortcut."""
    seed: int = 0
    """Of the first game; the next games follow."""
    fps: int = 12
    """Moves a second."""
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
    """Show games until the window is closed; gives back how many moves were shown."""
    rules = given_rules(height=config.height, width=config.width, walls=config.walls)
    agent = find_agent(config.agent, rules)
    wrap = (agent.environment | rules).get("walls") == "wrap"
    seeds = range(config.seed, config.seed + config.games) if config.games is not None else count(config.seed)
    games = (play_states(agent, rules, seed) for seed in seeds)
    return _in_terminal(games, config.fps, wrap) if config.text else _in_window(games, config, wrap)


def _in_terminal(games: Iterator[Iterator[State]], fps: int, wrap: bool) -> int:
    moves = 0
    for game in games:
        for state in game:
            # Home and clear: the board stays in place.
            print("\x1b[H\x1b[2J" + render_text(state, wrap=wrap), flush=True)
            moves += 1
            time.sleep(1 / fps)
    return moves


def _in_window(games: Iterator[Iterator[State]], config: Config, wrap: bool) -> int:
    from snake_env.window import Window

    moves, window, fps, paused = 0, None, config.fps, False
    for game in games:
        for state in game:
            frame = render_frame(state, wrap=wrap)
            if window is None:
                window = Window(f"Snake: {config.agent}", frame.shape[1::-1], fps=fps)
            moves += 1
            showing = True
            while showing:
                keys = window.show(frame)
                if window.closed or "q" in keys or "escape" in keys:
                    window.close()
                    return moves
                if "space" in keys:
                    paused = not paused
                fps = min(FASTEST, max(SLOWEST, fps * 2 ** (keys.count("up") - keys.count("down"))))
                window.fps = fps
                showing = paused and "." not in keys and "n" not in keys
            if "n" in keys:
                break
    if window is not None:
        window.close()
    return moves


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    try:
        main(parse(sys.argv[1:]))
    except (ValueError, RuntimeError) as error:
        raise SystemExit(f"error: {error}") from None
    except KeyboardInterrupt:
        sys.exit(0)
