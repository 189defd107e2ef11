"""Compare agents on the same games: mean with interval, median, full boards, steps per food, causes of death.

Examples:
    # A run beside scripted players, and a plot of all scores
    python scripts/evaluate.py runs/es cycle shortcut --plot scores.png

    # Without action masks: moves that end the game at once are allowed
    python scripts/evaluate.py runs/es --no-mask

    # Another board, as JSON
    python scripts/evaluate.py random greedy --height 8 --width 8 --json
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages of this checkout come first
if __name__ == "__main__":
    import scripts

    scripts.end_at_once_on_ctrl_c()

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from agents import Evaluation, evaluate
from scripts.common import cli
from scripts.common.board_options import BoardOptions
from scripts.common.command_line import check_seed, run_command
from scripts.common.tables import evaluation_table, print_table
from scripts.common.terminal import make_console
from scripts.games.players import find_agent, make_games, shared_rules
from scripts.games.score_plot import save_scores
from snake_env.endings import find_endings

PLOT_SUFFIXES = (".png", ".svg", ".pdf")


@dataclass(frozen=True, kw_only=True)
class Options(BoardOptions):
    """The agents, and the games that they play."""

    group: ClassVar[str] = "Main"

    agents: Annotated[tuple[str, ...], cli.POSITIONAL, cli.PATHS] = ()
    """Run folders, files of weights, names of shipped agents, or scripted players: random, greedy, safe-greedy, cycle,
    shortcut."""
    games: int = 200
    """Games that each agent plays."""
    seed: int = 0
    """Seed of the first game; the others get the following seeds."""
    json: bool = False
    """Print one JSON array instead of a table."""
    plot: Path | None = None
    """Write a plot of all scores to this file, whose name ends in .png, .svg or .pdf."""
    mask: bool = True
    """Give agents the action mask, which forbids moves that end the game at once."""


def main(options: Options) -> list[dict[str, Any]]:
    """Play the games, print the table, and return one row per agent."""
    if not options.agents:
        raise ValueError("no agent given; name run folders, files of weights or scripted players")
    check_seed(options.seed)
    if options.games < 1:
        raise ValueError(f"games is {options.games}; play at least one")
    if options.plot and options.plot.suffix not in PLOT_SUFFIXES:
        raise ValueError(f"plot is {options.plot}; choose a name that ends in {', '.join(PLOT_SUFFIXES)}")
    learned = (shared_rules(name) for name in options.agents)
    rules = next((found for found in learned if found), {}) | options.rules
    results: list[Evaluation] = []
    for name in options.agents:
        agent = find_agent(name, rules)
        envs = make_games(agent, rules, options.games)
        result = evaluate(
            agent,
            envs,
            games=options.games,
            seed=options.seed,
            masked=options.mask,
            ending=find_endings,
        )
        results.append(replace(result, agent=name))
    rows = [result.row() for result in results]
    title = f"{options.games} games, seeds {options.seed} to {options.seed + options.games - 1}"
    title += "" if options.mask else ", without action masks"
    try:
        if options.plot:
            save_scores(results, title, options.plot)
    finally:  # neither the file nor the table depends on the other
        if options.json:
            print(json.dumps(rows, indent=2))
        else:
            print_table(make_console(), evaluation_table(results, title))
    return rows


def parse(arguments: Sequence[str]) -> Options:
    """Return the options from the words of a command line."""
    return cli.parse(Options, arguments, doc=__doc__)


if __name__ == "__main__":
    run_command(main, parse)
