"""The window of watch_run.py, which shows a training: state, keys and drawing."""

import numpy as np
from pygame import Rect

from agents import Agent
from scripts.common.learning_curves import food_curve, moving_band
from scripts.games.episode import ENDING_LABELS
from scripts.games.live_run import LiveRun, RunUpdate
from scripts.games.playback_game import PlaybackGame
from scripts.games.playback_match import PlaybackMatch
from scripts.ui.app import View
from scripts.ui.canvas import SMALL, TITLE, Canvas
from scripts.ui.charts import ChartLine, lines
from scripts.ui.keys import Key
from scripts.ui.layout import columns, take_bottom, take_left, take_right, take_top
from scripts.ui.widgets import button
from scripts.windows.board_picture import BoardPictures
from scripts.windows.playback import Playback
from scripts.windows.playback_controls import draw_speed

POLL_INTERVAL = 1.0  # seconds


class RunWindow(View):
    """Shows games of the best agent of a run so far, and the learning curve.

    Args:
        run: the run to watch.
        fps: moves per second.

    Attributes:
        playback: of the game that is shown; None until there is an agent.
        metrics: rows of metrics so far.
        result: final figures, once the training is over.
        running: whether a process trains the run.
    """

    title = "Snake: training"
    alternatives = "a training goes on without it, and compare.py RUN draws its learning curve"

    def __init__(self, run: LiveRun, fps: float) -> None:
        super().__init__()
        self.run, self._fps = run, fps
        self.boards = BoardPictures(self.worker)
        self.playback: Playback | None = None
        self._agent: Agent | None = None
        self.metrics: list[dict[str, float]] = []
        self.result: dict[str, float] | None = None
        self.running = True
        self._lines: list[ChartLine] = []
        self._seed, self._seconds_to_poll = 0, 0.0
        self.keys = [
            Key("space", "play or pause", self._toggle),
            Key("n", "next game", lambda: self._start(self._seed + 1)),
            Key("up", "faster", lambda: self._change_speed(1.5), repeats=True),
            Key("down", "slower", lambda: self._change_speed(1 / 1.5), repeats=True),
        ]

    def update(self, seconds: float) -> None:
        """Poll the run folder, and advance the playback."""
        self._seconds_to_poll -= seconds
        if self._seconds_to_poll <= 0 and not self.worker.busy("poll"):
            self._seconds_to_poll = POLL_INTERVAL
            self.worker.ask("poll", self.run.poll, self._apply)
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
            canvas.text("waiting for the first agent", inside, colour=canvas.theme.quiet, align="centre")
        else:
            self._draw_game(canvas, left, self.playback)
        figures, chart = take_top(right, 8.6 * canvas.unit, canvas.gap)
        self._draw_figures(canvas, figures)
        inside = canvas.panel(chart, "food eaten")
        if self._lines:
            lines(canvas, inside, self._lines, levels=self._levels(), x_label="seconds of training")
        else:
            canvas.text("no metrics yet", inside, colour=canvas.theme.quiet, align="centre")
        self._draw_controls(canvas, foot)

    def _draw_game(self, canvas: Canvas, area: Rect, playback: Playback) -> None:
        game = playback.match.games[0]
        now = game.timestep(playback.position)
        line = canvas.line_height(TITLE) + canvas.gap
        self.boards.draw(canvas, [take_top(area, line)[1]], [now.state], wrap=game.rules.walls == "wrap")
        place = self.boards.places[0]
        caption = Rect(place.x, place.y - line, place.width, canvas.line_height(TITLE))
        canvas.text(f"best agent so far, seed {game.seed}", caption, colour=canvas.theme.quiet)
        score = f"{now.state.score[0]}" + (f", {ENDING_LABELS[now.ending]}" if now.ending else "")
        canvas.text(score, caption, size=TITLE, bold=True, align="right")

    def _draw_figures(self, canvas: Canvas, area: Rect) -> None:
        config = self.run.config
        inside = canvas.panel(
            area, "training", f"{self.run.path}: {config['kind']}, {config['height']} x {config['width']}"
        )
        shown = self._figures()
        for part, (name, value, note) in zip(columns(inside, [1] * len(shown), canvas.gap), shown, strict=True):
            label, rest = take_top(part, canvas.line_height(SMALL))
            canvas.text(name.upper(), label, size=SMALL, bold=True, colour=canvas.theme.quiet)
            row, rest = take_top(rest, canvas.line_height(1.8))
            canvas.text(value, row, size=1.8, bold=True)
            canvas.text(note, take_top(rest, canvas.line_height(SMALL))[0], size=SMALL, colour=canvas.theme.quiet)

    def _figures(self) -> list[tuple[str, str, str]]:
        """Return name, figure and explanation for each part of the panel."""
        if not self.metrics:
            return [("time", "-", ""), ("steps", "-", ""), ("food", "-", "")]
        last, (_, food) = self.metrics[-1], food_curve(self.metrics)
        seconds, steps = last["seconds"], last["timesteps"]
        time = f"{seconds / 60:.1f} min" if seconds >= 100 else f"{seconds:.0f} s"
        amount = f"{steps / 1e6:.2f} M" if steps >= 1e5 else f"{steps:,.0f}"
        if self.result is None:
            reached = ("best", f"{food.max():.1f}" if len(food) else "-", "food, validation games")
        else:
            reached = ("reached", f"{self.result['mean']:.1f}", f"food; full boards: {self.result['full']:.0%}")
        state = "training" if self.running else "stopped" if self.result is None else "training is over"
        return [("time", time, state), ("steps", amount, f"{steps / max(seconds, 1e-9):,.0f} per second"), reached]

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
        """The level of a full board: the food that can be eaten."""
        if self.playback is None:
            return {}
        game = self.playback.match.games[0]
        return {"board full": float(len(game.rules.open_cells) - game.timesteps[0].state.length[0])}

    def _apply(self, update: RunUpdate) -> None:
        if update.metrics:
            self.metrics, self._lines = update.metrics, _chart_lines(update.metrics)
        self.result, self.running = update.result, update.running
        if update.agent is not None:
            self._agent = update.agent
            self._start(self._seed)

    def _start(self, seed: int) -> None:
        """Start a game of the best agent with this seed."""
        agent, self._seed = self._agent, seed
        if agent is not None:  # on the worker thread, which alone uses the network
            self.worker.ask("start", lambda: PlaybackMatch([PlaybackGame("best", agent, {}, seed)]), self._show)

    def _show(self, match: PlaybackMatch) -> None:
        before = self.playback
        self.playback = Playback(match, self._fps if before is None else before.speed)
        self.playback.playing = before is None or before.playing

    def _toggle(self) -> None:
        if self.playback is not None:
            self.playback.toggle()

    def _change_speed(self, factor: float) -> None:
        if self.playback is not None:
            self.playback.change_speed(factor)


def _chart_lines(metrics: list[dict[str, float]]) -> list[ChartLine]:
    """Return the lines of the chart: validation games, and what is known of the training games."""
    x, food = food_curve(metrics)
    if "generation" in metrics[-1]:
        seconds = [row["seconds"] for row in metrics]
        others = {"best of the population": "best_score", "mean of the population": "mean_score"}
        beside = [ChartLine(name, seconds, [row[column] for row in metrics]) for name, column in others.items()]
        return [ChartLine("champion, validation games", x.tolist(), food.tolist()), *beside]
    finite = [row for row in metrics if np.isfinite(row["episode_score"])]
    scores = np.array([row["episode_score"] for row in finite])
    mean = moving_band(scores, max(1, len(scores) // 25))[0]
    training = ChartLine("training games", [row["seconds"] for row in finite], mean.tolist())
    return [ChartLine("agent, validation games", x.tolist(), food.tolist()), training]
