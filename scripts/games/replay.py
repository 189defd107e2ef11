"""Replays: a game as a small file from which it can be played again, bit for bit.

A game follows from its rules, its seed and its actions alone, and from whether others played with it on the same food.
So that is all that the file holds, with the agent's name and the final score, by which a replay of other rules than
today's is recognised:

    {"format": 1, "rules": {"height": 10, ...}, "seed": 7, "same_food": false, "actions": "0112...",
     "agent": "shortcut", "score": 97}
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import gymnasium as gym

from nn.atomic_file import atomic_file
from scripts.games.players import ENVIRONMENT_ID
from scripts.games.shared_food import seed_food
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
    """A game that was played.

    Attributes:
        rules: arguments of `snake_env.engine.rules.Rules`, all of them.
        seed: of the game.
        same_food: whether food came as to others who played with it (see `shared_food`).
        actions: what was done, in order; each as its number.
        agent: the name of who played.
        score: food eaten after the last action.
    """

    rules: Mapping[str, Any]
    seed: int
    same_food: bool
    actions: tuple[int, ...]
    agent: str
    score: int

    def states(self) -> Iterator[State]:
        """The positions of the game, from the first to the last.

        Raises:
            ValueError: an action that there is not, or that comes after the end of the game.
        """
        base: Any = gym.make(ENVIRONMENT_ID, **self.rules).unwrapped
        base.reset(seed=self.seed)
        over = False
        yield State(**base.get_state())
        for number, action in enumerate(self.actions):
            if over:
                raise ValueError(f"the game is over after {number} of {len(self.actions)} actions")
            if self.same_food:
                seed_food(base, self.seed)
            _, _, terminated, truncated, _ = base.step(action)
            over = terminated or truncated
            yield State(**base.get_state())


def rules_of(environment: Mapping[str, Any]) -> Rules:
    """The rules among an environment's arguments, which also say how the game is observed and rewarded."""
    return Rules(**{field.name: environment[field.name] for field in fields(Rules) if field.name in environment})


def save_replay(replay: Replay, path: Path) -> None:
    """Write a replay to a file; its folder is made."""
    content = asdict(replay) | {"actions": "".join(map(str, replay.actions))}
    with atomic_file(path) as file:
        file.write_text(json.dumps({"format": FORMAT} | content) + "\n", encoding="utf-8")


def open_replay(path: Path) -> Replay:
    """The replay in a file, checked by playing it once.

    Raises:
        ValueError: there is no such file, it holds something else, or another game comes out; the message names it.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}; give a replay that watch.py saved") from None
    except (ValueError, RecursionError):  # of JSON, or of bytes that are no text
        raise ValueError(f"{path} is no replay: it is not JSON; give a file that watch.py saved") from None
    problem = _problem(content)
    if problem:
        raise ValueError(f"{path} is no replay: {problem}; give a file that watch.py saved")
    actions = tuple(map(int, content["actions"]))
    replay = Replay(**{name: content[name] for name in TYPES if name != "format"} | {"actions": actions})
    try:
        rules_of(replay.rules)
        *_, last = replay.states()
    except (TypeError, ValueError) as error:  # rules of any kind may stand in a file
        raise ValueError(f"{path} cannot be replayed: {error}") from None
    if last.score[0] != replay.score:
        raise ValueError(
            f"{path} cannot be replayed: its score is {replay.score}, but {last.score[0]} comes out; "
            "it was changed, or written under other rules"
        )
    return replay


def _problem(content: Any) -> str:  # noqa: ANN401  whatever a file may hold
    """What keeps a file's content from being a replay; empty for nothing."""
    if not isinstance(content, dict):
        return "it holds no object"
    if content.get("format") != FORMAT:
        return f"its format is {content.get('format')!r}, known is {FORMAT}"
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
