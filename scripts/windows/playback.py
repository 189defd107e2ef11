"""Playback of a match: play at some speed, pause, step and scrub."""

from scripts.games.playback_match import PlaybackMatch
from scripts.ui.background_worker import BackgroundWorker

SLOWEST, FASTEST = 1, 240  # moves per second
SECONDS_AT_END = 1.5  # before the next game starts, to see how this one ended


class Playback:
    """The position in a match that is shown, and the position to be shown.

    They differ only while the moves between them are not yet played. The background worker plays them, until the match
    has `wanted` time steps.

    Attributes:
        match: that is shown.
        position: number of moves before what is shown.
        playing: whether the position advances by itself.
        speed: moves per second.
    """

    def __init__(self, match: PlaybackMatch, speed: float) -> None:
        self.match, self.speed = match, speed
        self.position = self._target = 0
        self.playing = True
        self._due = self._seconds_at_end = 0.0

    @property
    def last(self) -> int:
        """The last position played so far."""
        return self.match.length - 1

    @property
    def at_end(self) -> bool:
        """Whether the last position of a match that is over is shown."""
        return self.match.over and self.position == self.last

    @property
    def wanted(self) -> int:
        """Number of time steps that the match should have.

        One after the target, so that the action there is known, and while playing those of the next tenth of a second.
        """
        return self._target + 2 + (int(self.speed / 10) if self.playing else 0)

    @property
    def settled(self) -> bool:
        """Whether all wanted time steps are played."""
        return self.match.over or self.match.length >= self.wanted

    @property
    def done(self) -> bool:
        """Whether playback has shown the end of the match for SECONDS_AT_END."""
        return self.playing and self._seconds_at_end > SECONDS_AT_END

    def update(self, seconds: float, worker: BackgroundWorker) -> None:
        """Advance by `seconds`, and let the worker play the moves that are missing."""
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
        """Play or pause; at the end of the match, play from the start."""
        if self.at_end and not self.playing:
            self.go(0)
        self.playing = not self.playing

    def go(self, position: int) -> None:
        """Pause at a position, as soon as it is played."""
        self.playing = False
        self._target = max(position, 0)
        if self._target <= self.last:
            self.position = self._target

    def step(self, moves: int) -> None:
        """Pause, `moves` moves later, or earlier if negative."""
        self.go(self.position + moves)

    def change_speed(self, factor: float) -> None:
        """Multiply the speed by a factor, within SLOWEST and FASTEST."""
        self.speed = min(max(self.speed * factor, SLOWEST), FASTEST)
