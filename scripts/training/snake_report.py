"""The report at the end of a player's training: final games beside scripted players, curve, GIF, result.json."""

import shlex
from collections.abc import Mapping
from typing import Any

import numpy as np

from agents import Agent, Evaluation, evaluate
from scripts.common.learning_curves import save_player_curve
from scripts.common.tables import evaluation_table, print_table
from scripts.common.video import save_video
from scripts.games.episode import play_episode
from scripts.games.players import find_agent, make_games
from scripts.training.snake_options import SnakeOptions
from scripts.training.training_loop import TrainingLoop
from snake_env.endings import find_endings
from snake_env.rendering.renderer import render_frame

BASELINES = ("random", "greedy", "safe-greedy")
GIF_TILE, GIF_FPS, GIF_FRAMES = 20, 30, 600


def report(agent: Agent, options: SnakeOptions, loop: TrainingLoop, counts: Mapping[str, int]) -> dict[str, Any]:
    """Measure the agent and scripted players on fresh games; write the result, the curve and the best game.

    Args:
        agent: the best one of the run.
        options: of the run.
        loop: of the run, which is over.
        counts: more figures for result.json.
    """
    console, folder, rules = loop.console, loop.folder, options.rules
    console.print(f"Playing {options.final_games} fresh games with the agent and with scripted players ...")
    players = [find_agent(name, rules) for name in BASELINES]
    results = [_measure(player, rules, options.final_games) for player in (*players, agent)]
    title = f"{options.final_games} games, seeds 0 to {options.final_games - 1}"
    print_table(console, evaluation_table(results, title))
    reached = results[-1]
    seconds = {"train_seconds": loop.rows[-1]["seconds"]}
    result = reached.row() | {"agent": str(folder.path)} | seconds | dict(counts)
    folder.write_json("result.json", result)
    save_player_curve(loop.rows, {result.agent: result.mean for result in results[:-1]}, folder.path / "curve.png")
    # The best game: most food, then fewest steps. It is played under the rules that it was measured under.
    best = int(np.lexsort((reached.steps, -reached.scores))[0])
    states = list(play_episode(agent, agent.environment | rules, best))
    shown = states[:: -(-len(states) // GIF_FRAMES)] + states[-1:]
    frames = [render_frame(state, tile=GIF_TILE, wrap=options.walls == "wrap") for state in shown]
    save_video(frames, folder.path / "best_game.gif", GIF_FPS)
    console.print(f"Left in {folder.path}: best.npz, last.npz, metrics.csv, curve.png, best_game.gif, result.json")
    console.print(f"Watch it play:      python scripts/watch.py {shlex.quote(str(folder.path))}")
    console.print(f"Train it longer:    python scripts/train.py --resume {shlex.quote(str(folder.path))} --budget 10m")
    return result


def _measure(player: Agent, rules: dict[str, Any], games: int) -> Evaluation:
    return evaluate(player, make_games(player, rules, games), games=games, seed=0, ending=find_endings)
