"""The best scores of people, for each kind of game, in a small JSON file that is read strictly."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from nn.atomic_file import atomic_file

FORMAT = 1
KEPT = 10  # scores for each kind of game


class Score(NamedTuple):
    """One game that somebody played."""

    food: int
    moves: int
    day: str  # 2026-11-24

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        """Whether the other one is better: more food, or as much in fewer moves."""
        return (self.food, -self.moves) < (other[0], -other[1])


class HighScores:
    """The scores in a file; they are written back with each new one.

    Args:
        path: of the file, which need not be there yet; by default one in the user's data folder.

    Raises:
        ValueError: the file holds something else; the message names it.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path or platformdirs.user_data_path("snake-env", appauthor=False) / "high_scores.json"
        self._scores = _read(self.path)

    def of(self, game: str) -> list[Score]:
        """The scores in games of a kind (see `kind_of_game`), the best first."""
        return list(self._scores.get(game, ()))

    def add(self, game: str, score: Score) -> int | None:
        """Keep a score if it is one of the best; its place, 1 for the best, or None.

        Raises:
            ValueError: the file holds something else by now.
        """
        self._scores = _read(self.path)  # another window may have written meanwhile
        ranked = sorted([*self.of(game), score], reverse=True)
        place = next(number for number, other in enumerate(ranked, start=1) if other is score)
        if place > KEPT:
            return None
        self._scores[game] = ranked[:KEPT]
        content = {kind: [score._asdict() for score in scores] for kind, scores in self._scores.items()}
        with atomic_file(self.path) as file:
            file.write_text(json.dumps({"format": FORMAT, "scores": content}, indent=1) + "\n", encoding="utf-8")
        return place


def kind_of_game(rules: Mapping[str, Any]) -> str:
    """The rules that scores are comparable under, in words: "10 x 10, solid walls, 1 food"."""
    words = [f"{rules['height']} x {rules['width']}", f"{rules['walls']} walls", f"{rules['food']} food"]
    return ", ".join([*words, str(rules["obstacles"])] if rules.get("obstacles") else words)


def _read(path: Path) -> dict[str, list[Score]]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if set(content) != {"format", "scores"} or content["format"] != FORMAT:
            raise ValueError(f"it is no JSON object of format {FORMAT} with scores")
        return {kind: [_score(entry) for entry in entries] for kind, entries in content["scores"].items()}
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise ValueError(
            f"{path} holds no high scores ({error}); repair it, move it away, or give another file with --scores"
        ) from None


def _score(entry: dict[str, Any]) -> Score:
    score = Score(**entry)
    counts = (score.food, score.moves)
    if not all(type(count) is int and count >= 0 for count in counts) or not isinstance(score.day, str):
        raise ValueError(f"{entry} is no score of food, moves and day")
    return score
