"""A match saved in the working folder: as a video, or as a replay of each game."""

from pathlib import Path

from scripts.common.video import save_video
from scripts.games.playback_match import PlaybackMatch
from scripts.games.replay import save_replay
from scripts.games.side_by_side import match_frames

TILE = 24  # side of a cell in pixels


def save_match_video(match: PlaybackMatch, suffix: str, fps: int) -> Path:
    """Write the games so far, side by side, as a file with the suffix .gif or .mp4; return its path."""
    names = "-".join(Path(game.name).name for game in match.games)
    path = _free(Path(f"{names}-seed{match.seed}{suffix}"))
    save_video(match_frames(match, tile=TILE), path, fps)
    return path


def save_match_replays(match: PlaybackMatch) -> list[Path]:
    """Write a replay of each game so far; return the paths."""
    paths = []
    for game in match.games:
        paths.append(_free(Path(f"{Path(game.name).name}-seed{game.seed}.json")))
        save_replay(game.replay(), paths[-1])
    return paths


def _free(path: Path) -> Path:
    """Return the path, or if it is taken, the first of NAME-2, NAME-3, ... that is free."""
    number, free = 2, path
    while free.exists():
        free, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    return free
