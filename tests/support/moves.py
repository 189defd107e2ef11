"""Moves on boards drawn by hand, by either engine."""

from collections.abc import Callable
from typing import NamedTuple, Unpack

import numpy as np

from snake_env import State
from snake_env.engine.batch import Batch
from snake_env.engine.game import Game
from snake_env.task import RuleArguments
from tests.support.boards import drawing, repeated, rules_of, state_of


class Moved(NamedTuple):
    """The state after some moves, and the events of the last one."""

    state: State
    safe: set[str]  # actions that do not kill
    events: set[str]  # of ate, died, won, starved

    @property
    def snake(self) -> list[str]:
        return drawing(self.state, food=False)

    @property
    def goes_on(self) -> bool:
        return not self.events and not self.state.over[0]


Move = Callable[..., Moved]
EVENTS = ("ate", "died", "won", "starved")


def move_game(text: str, *moves: str, hunger: int = 0, **rules: Unpack[RuleArguments]) -> Moved:
    """Play a drawn board with the engine for one game."""
    these = rules_of(text, **rules)
    game = Game(these)
    game.set_state(state_of(text, hunger=hunger))
    for action in moves:
        game.step(these.action_names.index(action))
    safe = {name for i, name in enumerate(these.action_names) if game.legal >> i & 1}
    return Moved(game.state(), safe, {event for event in EVENTS if getattr(game, event)})


def move_batch(text: str, *moves: str, hunger: int = 0, **rules: Unpack[RuleArguments]) -> Moved:
    """Play a drawn board with the engine for many games: the board is the middle one of three."""
    these = rules_of(text, **rules)
    batch = Batch(these, 3)
    batch.start(np.arange(3), np.arange(3, dtype=np.uint64))
    batch.set_state(repeated(state_of(text, hunger=hunger), np.zeros(3, dtype=np.uint64)))
    events: set[str] = set()
    for action in moves:
        outcome = batch.step(np.full(3, these.action_names.index(action)))
        ended = {event for event in EVENTS[1:] if getattr(outcome, event)[1]}
        events = ended | ({"ate"} if 1 in outcome.meals else set())
    safe = {name for i, name in enumerate(these.action_names) if batch.action_mask[1, i]}
    return Moved(batch.state().only(np.array([1])), safe, events)


RING = "...... .^c... .ab... *....."
