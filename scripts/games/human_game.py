"""A game that a person steers: turns in, states out. It knows no window."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from scripts.games.episode import Episode
from snake_env.engine.state import State

DIRECTIONS = ("up", "right", "down", "left")  # absolute actions, clockwise
MAX_QUEUED = 3  # turns that wait at most; quick players press two or three keys within one move


class HumanGame:
    """One game and the turns that wait to be made.

    Args:
        rules: environment arguments; actions are always absolute.
        seed: of the game. The food is that of all players with this seed (see `shared_food`).

    Attributes:
        moves: that were made.
    """

    def __init__(self, rules: Mapping[str, Any], seed: int) -> None:
        self.seed, self.moves = seed, 0
        self._episode = Episode(dict(rules) | {"actions": "absolute"}, seed, same_food=True)
        self._turns: deque[int] = deque()

    @property
    def state(self) -> State:
        """The state now, N = 1."""
        return self._episode.current.state

    @property
    def score(self) -> int:
        """Food eaten."""
        return int(self.state.score[0])

    @property
    def ending(self) -> str:
        """How the game ended, "" while it goes on (see `Timestep`)."""
        return self._episode.current.ending

    @property
    def over(self) -> bool:
        """Whether the game has ended."""
        return self._episode.over

    @property
    def _final_heading(self) -> int:
        """The heading after all queued turns."""
        return self._turns[-1] if self._turns else int(self.state.heading[0])

    def turn(self, direction: int) -> bool:
        """Queue a turn: 0 up, 1 right, 2 down, 3 left. Ignored if it is straight on, a reversal, or one too many.

        A snake without a neck may turn back, but only with its next move: later it may have grown one.

        Returns:
            Whether the snake can go that way, be it by a turn or straight on.
        """
        quarters = (direction - self._final_heading) % 4
        turns_back = quarters == 2 and not self._turns and self.state.length[0] == 1
        if (quarters % 2 == 1 or turns_back) and len(self._turns) < MAX_QUEUED:
            self._turns.append(direction)
        return quarters != 2 or turns_back

    def turn_relative(self, side: int) -> bool:
        """Queue a quarter turn as the snake sees it: 1 to the right, -1 to the left; 0 is straight on."""
        return self.turn((self._final_heading + side) % 4)

    def step(self) -> None:
        """Make one move: the next queued turn, or straight on. Does nothing once the game is over."""
        if self.over:
            return
        self._episode.step(self._turns.popleft() if self._turns else int(self.state.heading[0]))
        self.moves += 1
