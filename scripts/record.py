"""Record a game as a GIF or MP4 to share; with several agents, side by side on the same seed.

python scripts/record.py runs/es --out game.gif --seed 7

python scripts/record.py ppo-10x10 es-10x10 shortcut --until-full --every 4 --tile 14

python scripts/record.py shortcut --out game.mp4 --fps 30 --height 6 --width 9
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from agents import Agent
from command_line import run_command
from players import find_agent, given_rules, shared_rules
from side_by_side import fills_board, side_by_side
from snake_env.renderer import render_frame
from snake_env.state import State
from video import play_states, save_video

SEARCHED = 200  # games in which --until-full looks for a full board


@dataclass(frozen=True, kw_only=True)
class Config:
    """Who plays which game, and how it is shown."""

    agents: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Run folders, files of weights, names of shipped agents, or scripted players: random, greedy, safe-greedy, cycle,
    shortcut. Several play under the rules of the first learned one."""
    out: Path = Path("game.gif")
    """Where to write: a name that ends in .gif or .mp4."""
    seed: int = 0
    """Of the game."""
    until_full: bool = False
    """Take the first seed, from --seed on, with which the (first) agent fills the board."""
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
    if not config.agents:
        raise ValueError("no agent given; name a run folder, a file of weights or a scripted player")
    if config.out.suffix not in (".gif", ".mp4"):
        raise ValueError(f"out is {config.out}; choose a name that ends in .gif or .mp4")
    if config.fps < 1 or config.every < 1:
        raise ValueError(f"fps is {config.fps} and every {config.every}; both must be at least 1")
    if config.seed < 0:
        raise ValueError(f"seed is {config.seed}; give a whole number, 0 or more")
    rules = next((found for found in map(shared_rules, config.agents) if found), {})
    rules |= given_rules(height=config.height, width=config.width, walls=config.walls)
    players = {name: find_agent(name, rules) for name in config.agents}
    first, *others = players
    seed, states = _full_game(config, players[first], rules) if config.until_full else (config.seed, None)
    games = {first: states or list(play_states(players[first], rules, seed))}
    games |= {name: list(play_states(players[name], rules, seed)) for name in others}

    # The last state shows how a game ended: it is always kept.
    kept = {name: states[: -1 : config.every] + states[-1:] for name, states in games.items()}
    wrap = rules.get("walls") == "wrap"
    if others:
        frames = list(side_by_side(kept, tile=config.tile, wrap=wrap))
    else:
        frames = [render_frame(state, tile=config.tile, wrap=wrap) for state in kept[first]]
    save_video(frames, config.out, config.fps)
    size = config.out.stat().st_size / 1e6
    print(f"wrote {config.out}: the game of seed {seed}, {len(frames)} frames, {size:.2f} MB")
    return config.out


def _full_game(config: Config, agent: Agent, rules: dict[str, Any]) -> tuple[int, list[State]]:
    """The first game that fills the board: its seed and its states."""
    for seed in range(config.seed, config.seed + SEARCHED):
        states = list(play_states(agent, rules, seed))
        if fills_board(states[-1]):
            return seed, states
    raise ValueError(
        f"{config.agents[0]} fills the board in none of the {SEARCHED} games from seed {config.seed} on; "
        "give another --seed, or a stronger agent"
    )


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
