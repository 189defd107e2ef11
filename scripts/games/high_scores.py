"""High scores of people, one table for each kind of game, in a small JSON file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from nn.atomic_file import atomic_file
from nn.file_error import reading
from nn.from_json import Count, from_json, parse
from scripts.common.user_folders import can_keep, data_folder
from scripts.games.episode import rules_of

FORMAT: Final = 1
KEPT = 10  # scores in each table


class Score(NamedTuple):
    """The score of one game."""

    food: Count
    moves: Count
    day: str  # 2026-11-24

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        """Whether the other score is better: more food, or the same food in fewer moves."""
        return (self.food, -self.moves) < (other[0], -other[1])


@dataclass(frozen=True)
class ScoreFile:
    """The content of the file."""

    format: Literal[1]
    scores: dict[str, list[Score]]


class HighScores:
    """The tables in a file, which is written again with each new score.

    Args:
        path: of the file, which need not exist yet; None for the one in the user's data folder. If there can be none,
            the tables last as long as this object.

    Raises:
        ValueError: the file exists and is no file of high scores; the message names it.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path or data_folder() / "high_scores.json"
        self._kept = path is not None or can_keep(data_folder(), "High scores are")
        self._scores = _read(self.path) if self._kept else {}

    def of(self, game: str) -> list[Score]:
        """Return the scores in games of a kind (see `kind_of_game`), the best first."""
        return list(self._scores.get(game, ()))

    def add(self, game: str, score: Score) -> int | None:
        """Add a score and return its place, 1 for the best, or None if it is not among the best.

        Raises:
            ValueError: the file is no longer one of high scores.
        """
        if self._kept:
            self._scores = _read(self.path)  # another window may have added scores meanwhile
        ranked = sorted([*self.of(game), score], reverse=True)
        place = next(number for number, other in enumerate(ranked, start=1) if other is score)
        if place > KEPT:
            return None
        self._scores[game] = ranked[:KEPT]
        if not self._kept:
            return place
        content = {kind: [score._asdict() for score in scores] for kind, scores in self._scores.items()}
        with atomic_file(self.path) as file:
            file.write_text(json.dumps({"format": FORMAT, "scores": content}, indent=1) + "\n", encoding="utf-8")
        return place


def kind_of_game(rules: Mapping[str, Any]) -> str:
    """Return the rules under which scores can be compared, in words: "10 x 10, solid walls, 1 food".

    Obstacles and the hunger limit follow where they are not the default.
    """
    words = [f"{rules['height']} x {rules['width']}", f"{rules['walls']} walls", f"{rules['food']} food"]
    if rules.get("obstacles"):
        words.append(str(rules["obstacles"]))
    hunger_limit = rules_of(rules).steps_to_starve
    if hunger_limit != rules_of({**rules, "hunger_limit": None}).steps_to_starve:
        words.append(f"hunger limit {hunger_limit}")
    return ", ".join(words)


def _read(path: Path) -> dict[str, list[Score]]:
    if not path.exists():
        return {}
    advice = "repair it, move it away, or give another file with --scores"
    try:
        with reading(path, "is no file of high scores", advice):
            return from_json(parse(path.read_bytes()), ScoreFile).scores
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}; {advice}") from None
