"""The report at the end of a player's training: final evaluation beside scripted baselines, curve, GIF, result.json."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console

from agents import Agent, Evaluation, evaluate
from scripts.common.board_options import BOARD
from scripts.common.learning_curves import save_player_curve
from scripts.common.paths import quoted, to_text
from scripts.common.tables import evaluation_table, print_table
from scripts.common.terminal import print_sentence
from scripts.common.video import save_video
from scripts.games.episode import play_episode
from scripts.games.players import find_agent, make_games
from scripts.training.progress_display import ProgressDisplay
from scripts.training.snake_options import SnakeOptions
from scripts.training.training_loop import TrainingLoop
from snake_env.endings import find_endings
from snake_env.rendering.renderer import render_frame

FIRST_SEED = 0  # of the final games
LEFT = "best.npz, last.npz, metrics.csv, curve.png, best_game.gif, result.json"
BASELINES = ("random", "greedy", "safe-greedy")
GIF_TILE, GIF_FPS, GIF_FRAMES = 20, 30, 600


def report(agent: Agent, options: SnakeOptions, loop: TrainingLoop, counts: Mapping[str, int]) -> dict[str, Any]:
    """Measure the agent and scripted players on fresh games; write the result, the curve and the best game.

    Args:
        agent: the best agent of the run.
        options: the options of the run.
        loop: the finished training loop.
        counts: more figures for result.json.
    """
    console, folder, rules = loop.console, loop.folder, options.rules
    place = quoted(folder.path)
    board = {name: rules[name] for name in BOARD}  # scripted players act as in evaluate.py, however the agent acts
    players = [*(find_agent(name, board) for name in BASELINES), agent]
    try:
        results = _play_final_games(players, board, options.final_games, console)
    except KeyboardInterrupt:
        save_player_curve(loop.rows, {}, folder.path / "curve.png")
        console.print(f"Skipped. Measure the agent later:  python scripts/evaluate.py {place}", soft_wrap=True)
        raise
    agent_result = results[-1]
    seconds = {"train_seconds": loop.rows[-1]["seconds"]}
    result = agent_result.row() | {"agent": to_text(folder.path)} | seconds | dict(counts)
    folder.write_json("result.json", result)
    save_player_curve(
        loop.rows, {baseline.agent: baseline.mean for baseline in results[:-1]}, folder.path / "curve.png"
    )
    # The best game: most food, then fewest steps. It is played under the rules that it was measured under.
    best_seed = FIRST_SEED + int(np.lexsort((agent_result.steps, -agent_result.scores))[0])
    states = list(play_episode(agent, rules, best_seed))
    shown = states[:: math.ceil(len(states) / GIF_FRAMES)] + states[-1:]
    frames = [render_frame(state, tile=GIF_TILE, wrap=options.walls == "wrap") for state in shown]
    save_video(frames, folder.path / "best_game.gif", GIF_FPS)
    title = f"{options.final_games} games, seeds {FIRST_SEED} to {FIRST_SEED + options.final_games - 1}"
    print_table(console, evaluation_table(results, title))  # after all files are written: printing may fail
    print_sentence(console, f"Left in {folder.path}: {LEFT}")
    console.print(f"Watch it play:    python scripts/watch.py {place}", soft_wrap=True)
    longer = math.ceil(2 * loop.rows[-1]["seconds"])  # a budget counts the seconds of all parts of the run
    console.print(f"Train it longer:  python scripts/train.py --resume {place} --budget {longer}s", soft_wrap=True)
    return result


def _play_final_games(
    players: Sequence[Agent], rules: dict[str, Any], games: int, console: Console
) -> list[Evaluation]:
    """Measure players on the same fresh games, and show how far they are."""
    console.print(f"Playing {games} fresh games with each of {len(players)} players; Ctrl-C skips them.")
    results: list[Evaluation] = []
    with ProgressDisplay(console, "final games") as display:
        for player in players:

            def show(ended: int, player: Agent = player) -> None:
                if display.due:
                    done = (len(results) + ended / games) / len(players)
                    display.update(done, None, f"{player.name}: {ended} of {games} games")

            envs = make_games(player, rules, games)
            results.append(evaluate(player, envs, games=games, seed=FIRST_SEED, ending=find_endings, callback=show))
    return results
