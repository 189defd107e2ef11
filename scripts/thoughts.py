"""What agents think of the positions that a window shows, worked out beside it."""

from match import Game
from opinion import Opinion, meaning_of, opinion_of
from ui.worker import Worker


class Thoughts:
    """Asks the worker for one opinion after another, always about what is shown now.

    Args:
        worker: of the window.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._meanings: dict[str, str] = {}  # of each agent's numbers, by its name
        self._latest: tuple[Game, int, Opinion | None] | None = None  # about which game, after how many moves

    def update(self, game: Game, position: int) -> None:
        """Ask what the agent thinks after so many moves, unless that is known, or another question is on its way."""
        if not self.settled(game, position) and not self._worker.busy("thought"):
            self._worker.ask("thought", lambda: self._think(game, position), self._keep)

    def settled(self, game: Game, position: int) -> bool:
        """Whether the latest opinion is about this."""
        return self._latest is not None and self._latest[:2] == (game, position)

    def place(self, game: Game) -> int | None:
        """After how many moves of this game the latest opinion is; None before the first."""
        return self._latest[1] if self._latest is not None and self._latest[0] is game else None

    def latest(self, game: Game) -> Opinion | None:
        """The latest opinion of this game's agent; None before the first, or if it follows a rule."""
        return self._latest[2] if self._latest is not None and self._latest[0] is game else None

    def _think(self, game: Game, position: int) -> tuple[Game, int, Opinion | None]:
        if game.agent is not None and game.name not in self._meanings:
            self._meanings[game.name] = meaning_of(game.name)
        moment = game.moment(position)
        meaning = self._meanings.get(game.name, "")
        return game, position, opinion_of(game.agent, meaning, moment.observation, moment.mask)

    def _keep(self, thought: tuple[Game, int, Opinion | None]) -> None:
        self._latest = thought
