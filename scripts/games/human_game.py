"""A game that a person steers. No window here: turns in, states out."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import gymnasium as gym

from scripts.games.players import ENVIRONMENT_ID
from scripts.games.shared_food import seed_food
from snake_env.engine.state import State

DIRECTIONS = ("up", "right", "down", "left")  # absolute actions, clockwise
QUEUED = 3  # turns that are kept: quick players press two or three within one move


class PlayerGame:
    """One game, its position now, and the turns that wait to be made.

    Args:
        rules: environment arguments; what an action means is of no account.
        seed: of the game.

    Attributes:
        state: the position, N = 1.
        moves: that were made.
        over: whether the game is.
        won: whether the board is full.
    """

    def __init__(self, rules: Mapping[str, Any], seed: int) -> None:
        self.seed = seed
        self._env = gym.make(ENVIRONMENT_ID, **(dict(rules) | {"actions": "absolute"}))
        self._env.reset(seed=seed)
        self._turns: deque[int] = deque(maxlen=QUEUED)
        self.moves, self.over, self.won = 0, False, False
        self.state = self._read()

    @property
    def score(self) -> int:
        """Food eaten."""
        return int(self.state.score[0])

    @property
    def _heading(self) -> int:
        """Where the snake will look once all turns are made."""
        return self._turns[-1] if self._turns else int(self.state.heading[0])

    def turn(self, direction: int) -> None:
        """Go 0 up, 1 right, 2 down or 3 left; straight on and back into the neck are no turns."""
        if (direction - self._heading) % 2 == 1 and len(self._turns) < QUEUED:
            self._turns.append(direction)

    def turn_aside(self, side: int) -> None:
        """Turn by one quarter, as the snake sees it: to the right with 1, to the left with -1."""
        self.turn((self._heading + side) % 4)

    def step(self) -> None:
        """Make one move: the next turn that waits, or straight on; nothing happens in a game that is over."""
        if self.over:
            return
        seed_food(self._env, self.seed)
        action = self._turns.popleft() if self._turns else int(self.state.heading[0])
        _, _, terminated, truncated, info = self._env.step(action)
        self.moves += 1
        self.over, self.won = terminated or truncated, bool(info["won"])
        self.state = self._read()

    def _read(self) -> State:
        base: Any = self._env.unwrapped
        return State(**base.get_state())
