"""Files of a match in the folder that one works in: a moving picture, or a replay of each game."""

from pathlib import Path

from match import Match
from replay import save_replay
from side_by_side import side_by_side
from snake_env.renderer import render_frame
from snake_env.state import State
from video import save_video

TILE = 24  # pixels of a cell


def save_match_video(match: Match, ending: str, fps: int) -> Path:
    """Write all that was played as .gif or .mp4, the games side by side; gives back the file."""
    names = "-".join(Path(game.name).name for game in match.games)
    path = _free(Path(f"{names}-seed{match.seed}{ending}"))
    wrap = match.games[0].rules.walls == "wrap"
    games: dict[str, list[State]] = {}
    for number, game in enumerate(match.games, start=1):
        name = f"{game.name} {number}" if game.name in games else game.name  # an agent may play beside itself
        games[name] = [moment.state for moment in game.moments]
    if len(games) > 1:
        frames = list(side_by_side(games, tile=TILE, wrap=wrap))
    else:
        (states,) = games.values()
        frames = [render_frame(state, tile=TILE, wrap=wrap) for state in states]
    save_video(frames, path, fps)
    return path


def save_match_replays(match: Match) -> list[Path]:
    """Write a replay of each game so far; gives back the files."""
    paths = []
    for game in match.games:
        paths.append(_free(Path(f"{Path(game.name).name}-seed{game.seed}.json")))
        save_replay(game.replay(), paths[-1])
    return paths


def _free(path: Path) -> Path:
    """The path, or where there is a file already, the first of NAME-2, NAME-3, ... that is free."""
    number, free = 2, path
    while free.exists():
        free, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    return free
