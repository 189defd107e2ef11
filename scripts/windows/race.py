"""The games of play.py as time passes: the person's, and the opponent's with the same rules, seed and food."""

from collections.abc import Callable, Mapping
from typing import Any

from agents import Agent
from scripts.games.human_game import HumanGame
from scripts.games.playback_game import PlaybackGame
from scripts.ui.background_worker import BackgroundWorker

FAST_FORWARD = 6  # factor of the speed once only the opponent still plays
MOVES_AHEAD = 20  # that the opponent has played before they are shown


class Race:
    """One game of the person, alone or beside one of an opponent. It begins with the person's first key.

    Args:
        rules: of both games.
        seed: of both games.
        opponent: name and agent; None to play alone.
        worker: plays the opponent's game.

    Attributes:
        game: of the person.
        opponent_game: played ahead in the background; None before it starts, and without an opponent.
        shown: position of the opponent's game that is shown.
        waiting: whether the person has not yet pressed a key.
        paused: whether the games are paused.
    """

    def __init__(
        self, rules: Mapping[str, Any], seed: int, opponent: tuple[str, Agent] | None, worker: BackgroundWorker
    ) -> None:
        self.game, self._worker = HumanGame(rules, seed), worker
        self.opponent_game: PlaybackGame | None = None
        self.shown, self.waiting, self.paused = 0, True, False
        self._due = 0.0
        if opponent is not None:  # in the background, where the agent may still be in use
            worker.ask("start", lambda: PlaybackGame(*opponent, rules, seed, same_food=True), self._join)

    @property
    def over(self) -> bool:
        """Whether both games are over and shown to their ends."""
        return self.game.over and (
            self.opponent_game is None
            or (self.opponent_game.over and self.shown >= len(self.opponent_game.timesteps) - 1)
        )

    def advance(self, moves: float) -> None:
        """Let both games go on by some moves; the opponent's goes on faster once the person's is over."""
        self._play_ahead()
        if self.waiting or self.paused:
            return
        self._due += moves * (FAST_FORWARD if self.game.over else 1)
        while self._due >= 1 and not self.over:
            self._due -= 1
            if self.opponent_game is not None:
                self.shown = min(self.shown + 1, len(self.opponent_game.timesteps) - 1)
            self.game.step()

    def steer(self, turn: Callable[[], bool]) -> None:
        """Turn the snake, and let the games begin or go on, unless it cannot go that way."""
        if turn():
            self.waiting = self.paused = False

    def toggle_pause(self) -> None:
        """Pause or continue; a game that waits begins, straight on."""
        if self.waiting:
            self.waiting = False
        else:
            self.paused = not self.paused and not self.game.over

    def outcome(self) -> str:
        """Return the result of a race that is over."""
        if self.opponent_game is None:
            return "The board is full" if self.game.ending == "full" else "Game over"
        mine, theirs = self.game.score, int(self.opponent_game.timesteps[-1].state.score[0])
        if mine == theirs:
            return f"A draw: {mine} each"
        if mine > theirs:
            return f"You win, {mine} to {theirs}"
        return f"{self.opponent_game.name} wins, {theirs} to {mine}"

    def _join(self, opponent_game: PlaybackGame) -> None:
        self.opponent_game = opponent_game

    def _play_ahead(self) -> None:
        game = self.opponent_game
        if game is None or game.over or len(game.timesteps) > self.shown + MOVES_AHEAD or self._worker.busy("play"):
            return

        def play() -> None:
            for _ in range(MOVES_AHEAD):
                game.step()

        self._worker.ask("play", play, lambda _: None)
