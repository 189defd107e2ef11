"""Going through a match: playing at some speed, pausing, stepping and scrubbing."""

from scripts.games.playback_match import Match
from scripts.ui.worker import Worker

SLOWEST, FASTEST = 1, 240  # moves a second
SECONDS_AT_END = 1.5  # to see how a game ended before the next one starts


class Playback:
    """Where in a match one is, and where one wants to be.

    The two differ only while moves are wanted that are not yet played: `wanted` says how many positions there should
    be, and a worker plays them.

    Attributes:
        match: what is shown.
        position: after how many moves.
        playing: whether moves follow by themselves.
        speed: moves a second.
    """

    def __init__(self, match: Match, speed: float) -> None:
        self.match, self.speed = match, speed
        self.position = self._target = 0
        self.playing = True
        self._due = self._seconds_at_end = 0.0

    @property
    def last(self) -> int:
        """The last position that there is."""
        return self.match.length - 1

    @property
    def at_end(self) -> bool:
        """Whether the last position of a match that is over is shown."""
        return self.match.over and self.position == self.last

    @property
    def wanted(self) -> int:
        """How many positions there should be.

        One after the target, so that what is done there is known, and while playing those of a tenth of a second more.
        """
        return self._target + 2 + (int(self.speed / 10) if self.playing else 0)

    @property
    def settled(self) -> bool:
        """Whether all wanted positions are there."""
        return self.match.over or self.match.length >= self.wanted

    @property
    def done(self) -> bool:
        """Whether the match has been played to its end, and that was shown for a while."""
        return self.playing and self._seconds_at_end > SECONDS_AT_END

    def update(self, seconds: float, worker: Worker) -> None:
        """Let time pass, and have the worker play what is missing."""
        if self.playing and self._target <= self.last:
            self._due += seconds * self.speed
            self._target += int(self._due)
            self._due %= 1
        if self.match.over:
            self._target = min(self._target, self.last)
        self.position = min(self._target, self.last)
        self._seconds_at_end = self._seconds_at_end + seconds if self.at_end else 0.0
        if not self.settled and not worker.busy("play"):
            match, length = self.match, self.wanted
            worker.ask("play", lambda: match.play(length), lambda _: None)

    def toggle(self) -> None:
        """Play or pause; a match that is over plays from its start again."""
        if self.at_end and not self.playing:
            self.go(0)
        self.playing = not self.playing

    def go(self, position: int) -> None:
        """Pause there; at a move that is not yet played as soon as it is."""
        self.playing = False
        self._target = max(position, 0)
        if self._target <= self.last:
            self.position = self._target

    def step(self, moves: int) -> None:
        """Pause so many moves further on, or back."""
        self.go(self.position + moves)

    def change_speed(self, factor: float) -> None:
        """Go faster or slower, within what can be seen."""
        self.speed = min(max(self.speed * factor, SLOWEST), FASTEST)
