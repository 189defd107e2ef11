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
from typing import Any

from scripts.common.atomic_file import whole_file
from scripts.games.episode import Episode, rules_of
from snake_env.engine.rules import Rules
from snake_env.engine.state import State

FORMAT = 1
TYPES = {
    "format": int,
    "rules": dict,
    "seed": int,
    "same_food": bool,
    "actions": str,
    "agent": str,
    "score": int,
}


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
    with whole_file(path) as file:
        file.write_text(json.dumps({"format": FORMAT} | content) + "\n", encoding="utf-8")


def open_replay(path: Path) -> Replay:
    """Read a replay from a file and check it by playing it once.

    Raises:
        ValueError: the file cannot be read, is no replay, or gives another score; the message names the file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}; give a replay that watch.py saved") from None
    except (ValueError, RecursionError):  # no JSON, or no text at all
        raise ValueError(f"{path} is no replay: it is not JSON; give a file that watch.py saved") from None
    problem = _problem(content)
    if problem:
        raise ValueError(f"{path} is no replay: {problem}; give a file that watch.py saved")
    actions = tuple(map(int, content["actions"]))
    replay = Replay(**{name: content[name] for name in TYPES if name != "format"} | {"actions": actions})
    try:
        rules_of(replay.rules)
        *_, last = replay.states()
    except (TypeError, ValueError) as error:  # a file may hold any rules
        raise ValueError(f"{path} cannot be replayed: {error}") from None
    if last.score[0] != replay.score:
        raise ValueError(
            f"{path} cannot be replayed: its score is {replay.score}, but its actions reach {last.score[0]}; "
            "the file was changed, or written by another version"
        )
    return replay


def _problem(content: Any) -> str:  # noqa: ANN401  any JSON
    """Return why the content of a file is no replay, or "" if it is one."""
    if not isinstance(content, dict):
        return "it is not a JSON object"
    if content.get("format") != FORMAT:
        return f"its format is {content.get('format')!r}, not {FORMAT}"
    if set(content) != set(TYPES):
        return f"it has {', '.join(sorted(content))}; a replay has {', '.join(sorted(TYPES))}"
    for name, kind in TYPES.items():
        if type(content[name]) is not kind:
            return f"its {name} is {content[name]!r:.60}, which should be {kind.__name__}"
    if content["seed"] < 0:
        return f"its seed is {content['seed']}, which should be 0 or more"
    if set(content["rules"]) != {field.name for field in fields(Rules)}:
        return f"its rules are {', '.join(sorted(content['rules']))}"
    if not set(content["actions"]) <= set("0123"):
        return "its actions are not digits from 0 to 3"
    return ""
