"""Analysis of the position that a window shows, computed in the background."""

from typing import NamedTuple

from scripts.games.agent_analysis import AgentAnalysis, analyse_agent, score_kind_of
from scripts.games.playback_game import PlaybackGame
from scripts.ui.background_worker import BackgroundWorker


class PositionAnalysis(NamedTuple):
    """The analysis of a game after `position` moves by the agent that plays it."""

    game: PlaybackGame
    position: int
    analysis: AgentAnalysis | None  # None for an agent without scores, such as a scripted one


class AnalysisWorker:
    """Analyses one position after another, always the one that is shown.

    Args:
        worker: of the window.
    """

    def __init__(self, worker: BackgroundWorker) -> None:
        self._worker = worker
        self._score_kinds: dict[str, str] = {}  # by the name of the agent
        self._latest: PositionAnalysis | None = None

    def update(self, game: PlaybackGame, position: int) -> None:
        """Start the analysis of a position, unless it is there already or another analysis is still running."""
        if not self.settled(game, position) and not self._worker.busy("analysis"):
            self._worker.ask("analysis", lambda: self._analyse(game, position), self._keep)

    def settled(self, game: PlaybackGame, position: int) -> bool:
        """Whether the latest analysis is of this position."""
        return self._latest is not None and self._latest[:2] == (game, position)

    def latest(self, game: PlaybackGame) -> PositionAnalysis | None:
        """The latest analysis of this game, None before the first. The game may be some moves further by now."""
        return self._latest if self._latest is not None and self._latest.game is game else None

    def _analyse(self, game: PlaybackGame, position: int) -> PositionAnalysis:
        if game.agent is not None and game.name not in self._score_kinds:
            self._score_kinds[game.name] = score_kind_of(game.name)
        now, score_kind = game.timestep(position), self._score_kinds.get(game.name, "")
        return PositionAnalysis(game, position, analyse_agent(game.agent, score_kind, now.observation, now.action_mask))

    def _keep(self, latest: PositionAnalysis) -> None:
        self._latest = latest
