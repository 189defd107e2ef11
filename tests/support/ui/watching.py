"""A watch window with helpers for tests."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scripts.games.playback_match import PlaybackMatch
from scripts.ui.app import App
from scripts.windows.watch_window import WatchWindow
from tests.support.ui.windows import shot, wait

BOARD = {"height": 8, "width": 6}


class Watch:
    """A window on a match."""

    def __init__(
        self, match: PlaybackMatch, size: tuple[int, int] = (900, 600), fps: float = 60, games: int | None = None
    ) -> None:
        self.view = WatchWindow(match, {}, fps=fps, games=games)
        self.app = App(self.view, size)

    @property
    def position(self) -> int:
        return self.view.playback.position

    def until(self, done: Callable[[], bool]) -> None:
        wait(self.app, done)

    def pause_at(self, position: int) -> None:
        self.view.playback.go(position)
        self.until(lambda: self.position == position and self.view.settled)
        self.app.frame()

    def board(self, number: int = 0) -> NDArray[np.uint8]:
        return shot(self.view.boards.places[number])

    def panel(self) -> NDArray[np.uint8]:
        """What lies right of the board, and above the scrubber."""
        place = self.view.boards.places[-1]
        return shot()[place.top : place.bottom, place.right + 40 :]


OpenWatch = Callable[..., Watch]  # what the fixture `open_watch` gives
