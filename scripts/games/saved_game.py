"""Files of a match in the folder that one works in: a moving picture, or a replay of each game."""

from pathlib import Path

from scripts.common.video import save_video
from scripts.games.playback_match import Match
from scripts.games.replay import save_replay
from scripts.games.side_by_side import match_frames

TILE = 24  # pixels of a cell


def save_match_video(match: Match, ending: str, fps: int) -> Path:
    """Write all that was played as .gif or .mp4, the games side by side; gives back the file."""
    names = "-".join(Path(game.name).name for game in match.games)
    path = _free(Path(f"{names}-seed{match.seed}{ending}"))
    save_video(match_frames(match, tile=TILE), path, fps)
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
