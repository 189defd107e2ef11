"""Compare agents on the same games: mean with interval, median, best, full boards, steps per food, deaths by cause.

python scripts/evaluate.py runs/es cycle shortcut safe-greedy --plot scores.png

python scripts/evaluate.py runs/es --no-mask: without action masks, so that moves that end the game at once are allowed

python scripts/evaluate.py random greedy --height 8 --width 8 --json
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import tyro
from rich.console import Console

from agents import Evaluation, evaluate
from scripts.common.command_line import check_seed, run_command
from scripts.common.tables import evaluation_table, print_table
from scripts.games.players import find_agent, given_rules, make_games, shared_rules
from scripts.games.score_plot import save_scores
from snake_env.endings import find_endings

PLOT_SUFFIXES = (".png", ".svg", ".pdf")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which agents play which games."""

    agents: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Run folders, files of weights, names of shipped agents, or scripted players: random, greedy, safe-greedy, cycle,
    shortcut."""
    games: int = 200
    """Games that each agent plays."""
    seed: int = 0
    """Of the first game; the others follow."""
    json: bool = False
    """Print one JSON array instead of a table."""
    plot: Path | None = None
    """Picture of how the scores are distributed: a name that ends in .png, .svg or .pdf."""
    mask: bool = True
    """Whether agents are told which moves kill at once; scripted players see that for themselves, but for random."""
    height: int | None = None
    """Rows of the board; by default those the first learned agent was trained on, or 10."""
    width: int | None = None
    """Columns of the board; by default as for the rows."""
    walls: str | None = None
    """solid or wrap."""
    obstacles: str | None = None
    """Name of a layout: cross, pillars, rooms or corners."""
    food: int | None = None
    """Pieces of food at a time."""
    hunger_limit: int | None = None
    """Steps without food that end a game."""


def main(config: Config) -> list[dict[str, Any]]:
    """Play the games, print the table, and return one row per agent."""
    if not config.agents:
        raise ValueError("no agent given; name run folders, files of weights or scripted players")
    check_seed(config.seed)
    if config.games < 1:
        raise ValueError(f"games is {config.games}; play at least one")
    if config.plot and config.plot.suffix not in PLOT_SUFFIXES:
        raise ValueError(f"plot is {config.plot}; choose a name that ends in {', '.join(PLOT_SUFFIXES)}")
    learned = (shared_rules(name) for name in config.agents)
    rules = next((found for found in learned if found), {}) | given_rules(
        height=config.height,
        width=config.width,
        walls=config.walls,
        obstacles=config.obstacles,
        food=config.food,
        hunger_limit=config.hunger_limit,
    )
    results: list[Evaluation] = []
    for name in config.agents:
        agent = find_agent(name, rules)
        envs = make_games(agent, rules, config.games)
        result = evaluate(
            agent,
            envs,
            games=config.games,
            seed=config.seed,
            rng=np.random.default_rng(config.seed),
            masked=config.mask,
            ending=find_endings,
        )
        results.append(replace(result, agent=name))
    rows = [result.row() for result in results]
    title = f"{config.games} games, seeds {config.seed} to {config.seed + config.games - 1}"
    title += "" if config.mask else ", without action masks"
    if config.json:
        print(json.dumps(rows, indent=2))
    else:
        print_table(Console(markup=False), evaluation_table(results, title))
    if config.plot:
        save_scores(results, title, config.plot)
    return rows


def parse(arguments: Sequence[str]) -> Config:
    """The configuration from a command line."""
    return tyro.cli(Config, args=arguments, description=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
