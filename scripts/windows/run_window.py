"""The window that shows a training: state, keys, and one function that draws it."""

import numpy as np
from pygame import Rect

from agents import Agent
from scripts.common.learning_curves import food_curve, moving_band
from scripts.games.live_run import LiveRun, News
from scripts.games.playback_match import Game, Match, ending_of
from scripts.ui.app import View
from scripts.ui.canvas import SMALL, TITLE, Canvas
from scripts.ui.charts import Curve, curves
from scripts.ui.keys import Key
from scripts.ui.layout import columns, take_bottom, take_left, take_right, take_top
from scripts.ui.widgets import button
from scripts.windows.board_picture import BoardPictures
from scripts.windows.playback import Playback
from scripts.windows.playback_controls import draw_speed

BETWEEN_LOOKS = 1.0  # seconds


class RunWindow(View):
    """Shows the best agent of a run so far, game after game, and how the run goes.

    Args:
        run: what is watched.
        fps: moves a second.

    Attributes:
        playback: of the game that is shown; None until there is an agent.
        metrics: rows of the run so far.
        result: its final figures, once it is over.
    """

    title = "Snake: training"
    alternatives = "a training goes on without it, and compare.py RUN draws its curve"

    def __init__(self, run: LiveRun, fps: float) -> None:
        super().__init__()
        self.run, self._fps = run, fps
        self.boards = BoardPictures(self.worker)
        self.playback: Playback | None = None
        self._agent: Agent | None = None
        self.metrics: list[dict[str, float]] = []
        self.result: dict[str, float] | None = None
        self._curves: list[Curve] = []
        self._seed, self._next_look = 0, 0.0
        self.keys = [
            Key("space", "play or pause", self._toggle),
            Key("n", "next game", lambda: self._start(self._seed + 1)),
            Key("up", "faster", lambda: self._change_speed(1.5), repeats=True),
            Key("down", "slower", lambda: self._change_speed(1 / 1.5), repeats=True),
        ]

    def update(self, seconds: float) -> None:
        """Look for news now and then, and let moves pass."""
        self._next_look -= seconds
        if self._next_look <= 0 and not self.worker.busy("look"):
            self._next_look = BETWEEN_LOOKS
            self.worker.ask("look", self.run.look, self._take)
        if self.playback is None:
            return
        self.playback.update(seconds, self.worker)
        if self.playback.done and not self.worker.busy("start"):
            self._start(self._seed + 1)

    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame."""
        foot, area = take_bottom(area, 2.2 * canvas.unit, canvas.unit)
        left, right = columns(area, [1, 1], canvas.unit)
        if self.playback is None:
            inside = canvas.panel(left)
            canvas.text("the first agent is still being trained", inside, colour=canvas.theme.quiet, align="centre")
        else:
            self._draw_game(canvas, left, self.playback)
        figures, chart = take_top(right, 8.6 * canvas.unit, canvas.gap)
        self._draw_figures(canvas, figures)
        inside = canvas.panel(chart, "food eaten")
        if self._curves:
            curves(canvas, inside, self._curves, levels=self._levels(), x_label="seconds of training")
        else:
            canvas.text("no figures yet", inside, colour=canvas.theme.quiet, align="centre")
        self._draw_controls(canvas, foot)

    def _draw_game(self, canvas: Canvas, area: Rect, playback: Playback) -> None:
        game = playback.match.games[0]
        state = game.moment(playback.position).state
        line = canvas.line_height(TITLE) + canvas.gap
        self.boards.draw(canvas, [take_top(area, line)[1]], [state], wrap=game.rules.walls == "wrap")
        place = self.boards.places[0]
        caption = Rect(place.x, place.y - line, place.width, canvas.line_height(TITLE))
        ending = ending_of(state, game.rules)
        canvas.text(f"the best agent so far, seed {game.seed}", caption, colour=canvas.theme.quiet)
        score = f"{state.score[0]}" + (f", {ending}" if ending else "")
        canvas.text(score, caption, size=TITLE, bold=True, align="right")

    def _draw_figures(self, canvas: Canvas, area: Rect) -> None:
        config = self.run.config
        inside = canvas.panel(
            area, "training", f"{self.run.path}: {config['kind']}, {config['height']} x {config['width']}"
        )
        shown = self._figures()
        for part, pair in zip(columns(inside, [1] * len(shown), canvas.gap), shown, strict=True):
            label, rest = take_top(part, canvas.line_height(SMALL))
            canvas.text(pair[0].upper(), label, size=SMALL, bold=True, colour=canvas.theme.quiet)
            row, rest = take_top(rest, canvas.line_height(1.8))
            canvas.text(pair[1], row, size=1.8, bold=True)
            canvas.text(pair[2], take_top(rest, canvas.line_height(SMALL))[0], size=SMALL, colour=canvas.theme.quiet)

    def _figures(self) -> list[tuple[str, str, str]]:
        """What stands in the panel: a name, a figure, and what it is of."""
        if not self.metrics:
            return [("time", "-", ""), ("steps", "-", ""), ("food", "-", "")]
        last, (_, food) = self.metrics[-1], food_curve(self.metrics)
        seconds, steps = last["seconds"], last["steps"]
        time = f"{seconds / 60:.1f} min" if seconds >= 100 else f"{seconds:.0f} s"
        amount = f"{steps / 1e6:.2f} M" if steps >= 1e5 else f"{steps:,.0f}"
        if self.result is None:
            reached = ("best", f"{food.max():.1f}" if len(food) else "-", "food, on validation games")
        else:
            reached = ("reached", f"{self.result['mean']:.1f}", f"food; boards full: {self.result['full']:.0%}")
        state = "training" if self.result is None else "training is over"
        return [("time", time, state), ("steps", amount, f"{steps / max(seconds, 1e-9):,.0f} a second"), reached]

    def _draw_controls(self, canvas: Canvas, area: Rect) -> None:
        play, area = take_left(area, 6 * canvas.unit, canvas.gap)
        paused = self.playback is not None and not self.playback.playing
        if button(canvas, play, "Play" if paused else "Pause", chosen=paused, disabled=self.playback is None):
            self._toggle()
        skip, area = take_left(area, 8 * canvas.unit, canvas.unit)
        if button(canvas, skip, "Next game", disabled=self.playback is None):
            self._start(self._seed + 1)
        hint, area = take_right(area, canvas.width("? for help", size=SMALL), canvas.unit)
        canvas.text("? for help", hint, size=SMALL, colour=canvas.theme.quiet)
        if self.playback is not None:
            draw_speed(canvas, area, self.playback)

    def _levels(self) -> dict[str, float]:
        """How much food there is: where the board is full."""
        if self.playback is None:
            return {}
        game = self.playback.match.games[0]
        return {"board full": float(len(game.rules.open_cells) - game.moments[0].state.length[0])}

    def _take(self, news: News) -> None:
        if news.metrics:
            self.metrics, self._curves = news.metrics, _curves_of(news.metrics)
        self.result = news.result
        if news.agent is not None:
            self._agent = news.agent
            self._start(self._seed)

    def _start(self, seed: int) -> None:
        """Let the best agent begin a game; it is the one of this seed again if there is a new best one."""
        agent, self._seed = self._agent, seed
        if agent is not None:  # it begins in the worker, where its network may be at work
            self.worker.ask("start", lambda: Match([Game("best", agent, {}, seed)]), self._show)

    def _show(self, match: Match) -> None:
        before = self.playback
        self.playback = Playback(match, self._fps if before is None else before.speed)
        self.playback.playing = before is None or before.playing

    def _toggle(self) -> None:
        if self.playback is not None:
            self.playback.toggle()

    def _change_speed(self, factor: float) -> None:
        if self.playback is not None:
            self.playback.change_speed(factor)


def _curves_of(metrics: list[dict[str, float]]) -> list[Curve]:
    """The curves of a run: what was measured, and what is known of training."""
    x, food = food_curve(metrics)
    if "champion" in metrics[-1]:
        seconds = [row["seconds"] for row in metrics]
        others = {"best of the population": "best", "its mean": "mean"}
        beside = [Curve(name, seconds, [row[column] for row in metrics]) for name, column in others.items()]
        return [Curve("champion", x.tolist(), food.tolist()), *beside]
    finite = [row for row in metrics if np.isfinite(row["score"])]
    scores = np.array([row["score"] for row in finite])
    mean = moving_band(scores, max(1, len(scores) // 25))[0]
    training = Curve("training games", [row["seconds"] for row in finite], mean.tolist())
    return [Curve("agent, on validation games", x.tolist(), food.tolist()), training]
