"""High scores of people, one table for each kind of game, in a small JSON file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nn.atomic_file import atomic_file
from scripts.common.user_folders import can_keep, data_folder
from scripts.games.episode import rules_of

FORMAT = 1
KEPT = 10  # scores in each table


class Score(NamedTuple):
    """The score of one game."""

    food: int
    moves: int
    day: str  # 2026-11-24

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        """Whether the other score is better: more food, or the same food in fewer moves."""
        return (self.food, -self.moves) < (other[0], -other[1])


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
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if set(content) != {"format", "scores"} or content["format"] != FORMAT:
            raise ValueError(f"not a JSON object of format {FORMAT} with scores")
        return {kind: [_score(entry) for entry in entries] for kind, entries in content["scores"].items()}
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise ValueError(
            f"{path} is no file of high scores ({error}); repair it, move it away, or give another file with --scores"
        ) from None


def _score(entry: dict[str, Any]) -> Score:
    score = Score(**entry)
    counts = (score.food, score.moves)
    if not all(type(count) is int and count >= 0 for count in counts) or not isinstance(score.day, str):
        raise ValueError(f"{entry} is not a score with food, moves and day")
    return score
