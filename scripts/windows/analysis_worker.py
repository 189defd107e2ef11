"""What agents think of the positions that a window shows, worked out beside it."""

from typing import NamedTuple

from scripts.games.agent_analysis import Opinion, meaning_of, opinion_of
from scripts.games.playback_match import Game
from scripts.ui.worker import Worker


class Thought(NamedTuple):
    """What an agent makes of a game of its own after so many moves; without an opinion if it follows a rule."""

    game: Game
    position: int
    opinion: Opinion | None


class Thoughts:
    """Asks the worker for one opinion after another, always about what is shown now.

    Args:
        worker: of the window.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._meanings: dict[str, str] = {}  # of each agent's numbers, by its name
        self._latest: Thought | None = None

    def update(self, game: Game, position: int) -> None:
        """Ask what the agent thinks after so many moves, unless that is known, or another question is on its way."""
        if not self.settled(game, position) and not self._worker.busy("thought"):
            self._worker.ask("thought", lambda: self._think(game, position), self._keep)

    def settled(self, game: Game, position: int) -> bool:
        """Whether the latest opinion is about this."""
        return self._latest is not None and self._latest[:2] == (game, position)

    def latest(self, game: Game) -> Thought | None:
        """The latest about this game, which may be some moves ahead by now; None before the first."""
        return self._latest if self._latest is not None and self._latest.game is game else None

    def _think(self, game: Game, position: int) -> Thought:
        if game.agent is not None and game.name not in self._meanings:
            self._meanings[game.name] = meaning_of(game.name)
        moment = game.moment(position)
        meaning = self._meanings.get(game.name, "")
        return Thought(game, position, opinion_of(game.agent, meaning, moment.observation, moment.mask))

    def _keep(self, thought: Thought) -> None:
        self._latest = thought
