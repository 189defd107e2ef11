"""Replay of a game: a small file from which the game can be played again, bit for bit.

The rules, the seed, the actions and `same_food` determine a game. The file holds these, the agent's name, and the final
score, which is compared when the file is opened:

    {"format": 1, "rules": {"height": 10, ...}, "seed": 7, "same_food": false, "actions": "0112...",
     "agent": "shortcut", "score": 97}
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from nn.atomic_file import atomic_file
from nn.file_error import reading
from nn.from_json import Count, call, from_json, parse
from scripts.games.episode import Episode
from snake_env.engine.rules import Rules
from snake_env.engine.state import State

FORMAT: Final = 1
ADVICE = "give a file that watch.py saved"


@dataclass(frozen=True, kw_only=True)
class ReplayFile:
    """The content of the file."""

    format: Literal[1]
    rules: dict[str, Any]
    seed: Count
    same_food: bool
    actions: str
    agent: str
    score: Count


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A game that was played, without its states.

    Attributes:
        rules: arguments of `snake_env.engine.rules.Rules`, all of them.
        seed: of the game.
        same_food: whether the food was that of all players with this seed (see `shared_food`).
        actions: in order.
        agent: name of the agent that played.
        score: food eaten after the last action.
    """

    rules: Mapping[str, Any]
    seed: int
    same_food: bool
    actions: tuple[int, ...]
    agent: str
    score: int

    def states(self) -> Iterator[State]:
        """Play the game again and yield its states, from the first to the last.

        Raises:
            ValueError: an action outside the action space, or after the end of the game.
        """
        episode = Episode(self.rules, self.seed, same_food=self.same_food)
        yield episode.current.state
        for number, action in enumerate(self.actions):
            if episode.over:
                raise ValueError(f"the game is over after {number} of {len(self.actions)} actions")
            yield episode.step(action).state


def save_replay(replay: Replay, path: Path) -> None:
    """Write a replay to a file; its folder is created."""
    content = asdict(replay) | {"actions": "".join(map(str, replay.actions))}
    with atomic_file(path) as file:
        file.write_text(json.dumps({"format": FORMAT} | content) + "\n", encoding="utf-8")


def open_replay(path: Path) -> Replay:
    """Read a replay from a file and check it by playing it once.

    Raises:
        ValueError: the file cannot be read, is no replay, or gives another score; the message names the file.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}; {ADVICE}") from None
    with reading(path, "is no replay", ADVICE):
        saved = from_json(parse(text), ReplayFile)
        call(Rules, saved.rules, "rules")
        missing = sorted({field.name for field in fields(Rules)} - set(saved.rules))
        if missing:
            raise ValueError(f"rules.{missing[0]} is missing")
        if not set(saved.actions) <= set("0123"):
            raise ValueError("actions are not digits from 0 to 3")
    replay = Replay(
        rules=saved.rules,
        seed=saved.seed,
        same_food=saved.same_food,
        actions=tuple(map(int, saved.actions)),
        agent=saved.agent,
        score=saved.score,
    )
    with reading(path, "cannot be replayed"):
        *_, last = replay.states()
        if last.score[0] != replay.score:
            raise ValueError(
                f"its score is {replay.score}, but its actions reach {last.score[0]}; "
                "the file was changed, or written by another version"
            )
    return replay
