"""The window of watch.py, in which agents play: state, keys and drawing."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pygame import Rect

from agents import scripted
from scripts.games.episode import ENDING_LABELS
from scripts.games.playback_game import PlaybackGame
from scripts.games.playback_match import (
    MAX_GAMES,
    PlaybackMatch,
    match_with_next_agent,
    new_match,
    replayed_match,
)
from scripts.games.replay import open_replay
from scripts.games.saved_game import save_match_replays, save_match_video
from scripts.ui.app import View
from scripts.ui.canvas import SMALL, Canvas
from scripts.ui.keys import Key
from scripts.ui.layout import columns, take_bottom, take_left, take_right, take_top
from scripts.ui.widgets import button, text_field
from scripts.windows.analysis_worker import AnalysisWorker
from scripts.windows.board_picture import BoardPictures
from scripts.windows.playback import Playback
from scripts.windows.playback_controls import draw_scrubber, draw_speed
from scripts.windows.typed_values import parse_board, parse_seed
from scripts.windows.watch_panel import draw_panel


class WatchWindow(View):
    """Shows a match, move by move.

    Args:
        match: the first one.
        rules: that were given on the command line; they hold for agents that are chosen later too.
        fps: moves per second.
        games: after how many the window closes; None for no limit.

    Attributes:
        playback: of the match that is shown.
        chosen: index of the game whose panel is shown.
        boards: that are drawn.
        analysis_worker: analyses the position that is shown.
    """

    title = "Snake: watch"
    alternatives = (
        "play in the terminal with --text, write a GIF with record.py, "
        "or set the environment variable SDL_VIDEODRIVER=dummy to run without a display"
    )

    def __init__(self, match: PlaybackMatch, rules: Mapping[str, Any], *, fps: float, games: int | None = None) -> None:
        super().__init__()
        self.playback = Playback(match, fps)
        self.chosen, self._shown_before = 0, 0
        self._rules, self._games_left = dict(rules), games
        self.boards = BoardPictures(self.worker)
        self.analysis_worker = AnalysisWorker(self.worker)
        self.keys = [
            Key("space", "play or pause", lambda: self.playback.toggle()),
            Key("right .", "one step forward", lambda: self.playback.step(1), repeats=True),
            Key("left ,", "one step back", lambda: self.playback.step(-1), repeats=True),
            Key("home", "to the first move", lambda: self.playback.go(0)),
            Key("end", "to the last move so far", lambda: self.playback.go(self.playback.last)),
            Key("up", "faster", lambda: self.playback.change_speed(1.5), repeats=True),
            Key("down", "slower", lambda: self.playback.change_speed(1 / 1.5), repeats=True),
            Key("n", "new game with the next seed", lambda: self._rematch(self.match.seed + 1)),
            Key("r", "same game again", lambda: self._rematch(self.match.seed)),
            Key("e", "enter a seed", lambda: self.pointer.start_typing("seed")),
            Key("b", "enter a board size, such as 8 x 12", lambda: self.pointer.start_typing("board")),
            Key("a", f"enter 1 to {MAX_GAMES} agents", self._type_agents),
            Key("]", "next agent", lambda: self._switch(1)),
            Key("[", "previous agent", lambda: self._switch(-1)),
            Key("tab", "panel of the next game", lambda: self._choose(self.chosen + 1)),
            Key("g", "save as GIF", lambda: self._save_video(".gif")),
            Key("m", "save as MP4", lambda: self._save_video(".mp4")),
            Key("s", "save as a replay", self._save_replays),
            Key("o", "open a replay, or drop its file here", lambda: self.pointer.start_typing("open")),
        ]

    @property
    def match(self) -> PlaybackMatch:
        """The match that is shown."""
        return self.playback.match

    @property
    def moves(self) -> int:
        """Number of positions that were shown, in all matches."""
        return self._shown_before + self.playback.position + 1

    @property
    def game(self) -> PlaybackGame:
        """The game whose panel is shown."""
        return self.match.games[self.chosen]

    @property
    def settled(self) -> bool:
        """Whether the window shows everything about the position: no background job is missing."""
        analysed = self.analysis_worker.settled(self.game, self._position)
        return self.playback.settled and analysed and not self.worker.busy("tiles")

    def update(self, seconds: float) -> None:
        """Advance the playback and the analysis; start the next game after the end of this one."""
        playback = self.playback
        playback.update(seconds, self.worker)
        self.analysis_worker.update(self.game, self._position)
        if playback.done and not self.worker.busy("start"):
            self._next()

    def dropped(self, path: Path) -> None:
        """Open a replay."""
        self._start(lambda: replayed_match(open_replay(path)))

    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame."""
        line = 2.2 * canvas.unit
        head, area = take_top(area, line, canvas.unit)
        foot, area = take_bottom(area, 2 * line + canvas.gap, canvas.unit)
        self._draw_head(canvas, head)
        # The panel lies below the boards or beside them, wherever these have more room.
        rules = self.game.rules
        most = len(self.match.games) * (area.height * rules.width / rules.height + canvas.unit)
        boards, panel = take_left(area, min(most, 0.62 * area.width), canvas.unit)
        above, below = take_top(area, 0.5 * area.height, canvas.unit)
        if self._tile(above) > self._tile(boards):
            boards, panel = above, below
        self._draw_boards(canvas, boards)
        draw_panel(canvas, panel, self.game, self.playback.position, self.analysis_worker.latest(self.game))
        scrubber, buttons = take_top(foot, line, canvas.gap)
        draw_scrubber(canvas, scrubber, self.playback)
        self._draw_buttons(canvas, buttons)

    def _draw_head(self, canvas: Canvas, area: Rect) -> None:
        hint, area = take_right(area, canvas.width("? for help", size=SMALL), canvas.unit)
        canvas.text("? for help", hint, size=SMALL, colour=canvas.theme.quiet)
        rules = self.game.rules
        # By label: text, width in units (the field of the agents takes the rest), and what happens with the input.
        fields: dict[str, tuple[str, float, Callable[[str], None]]] = {
            "open": ("", 12, lambda typed: self.dropped(Path(typed))),
            "seed": (f"{self.match.seed}", 7, self._change_seed),
            "board": (f"{rules.height} x {rules.width}", 7, self._change_board),
            "agents": (" ".join(self._names), math.inf, lambda typed: self._change_agents(typed.split())),
        }
        for name, (value, width, use) in fields.items():
            opening = "open" in (self.pointer.focus, self.pointer.entered)
            if name == "open" and area.width < 55 * canvas.unit and not opening:
                continue  # shown once the key o is pressed
            words = canvas.width(name, size=SMALL)
            needed = words + canvas.gap + width * canvas.unit
            part, area = take_right(area, min(needed, area.width), canvas.unit if needed < area.width else 0)
            label, box = take_left(part, words, canvas.gap)
            canvas.text(name, label, size=SMALL, colour=canvas.theme.quiet)
            typed = text_field(canvas, box, name, value, hint="replay file" if name == "open" else "")
            if typed is not None and typed.strip():
                use(typed.strip())

    def _draw_boards(self, canvas: Canvas, area: Rect) -> None:
        games, position = self.match.games, self.playback.position
        areas = columns(area, [1.0] * len(games), canvas.unit)
        line = canvas.line_height() + canvas.gap if len(games) > 1 else 0
        states = [game.timestep(position).state for game in games]
        rooms = [take_top(part, line)[1] for part in areas]
        self.boards.draw(canvas, rooms, states, wrap=games[0].rules.walls == "wrap")
        for number, (game, part, place) in enumerate(zip(games, areas, self.boards.places, strict=True)):
            if self.pointer.clicks(f"game {number}", part):
                self._choose(number)
            if line:
                now = game.timestep(position)
                figure = f"{now.state.score[0]}" + (f", {ENDING_LABELS[now.ending]}" if now.ending else "")
                caption = Rect(place.x, place.y - line, place.width, canvas.line_height())
                score, left = take_right(caption, canvas.width(figure, bold=True), canvas.gap)
                chosen = number == self.chosen
                canvas.text(game.name, left, bold=chosen, colour=canvas.theme.accent if chosen else None)
                canvas.text(figure, score, bold=True, align="right")

    def _tile(self, area: Rect) -> float:
        """Side in pixels of the largest cell with which the boards fit side by side into an area."""
        rules = self.game.rules
        return min(area.width / len(self.match.games) / rules.width, area.height / rules.height)

    def _draw_buttons(self, canvas: Canvas, area: Rect) -> None:
        new, area = take_left(area, 8 * canvas.unit, canvas.unit)
        if button(canvas, new, "New game"):
            self._rematch(self.match.seed + 1)
        actions: dict[str, Callable[[], None]] = {
            "Replay": self._save_replays,
            "MP4": lambda: self._save_video(".mp4"),
            "GIF": lambda: self._save_video(".gif"),
        }
        for label, action in actions.items():
            part, area = take_right(area, (6 if label == "Replay" else 4.5) * canvas.unit, canvas.gap)
            if button(canvas, part, label):
                action()
        word, area = take_right(area, canvas.width("save as", size=SMALL), canvas.unit)
        canvas.text("save as", word, size=SMALL, colour=canvas.theme.quiet)
        if area.width > 20 * canvas.unit:  # else only the keys up and down change it
            draw_speed(canvas, area, self.playback)

    @property
    def _position(self) -> int:
        """The position in the game whose panel is shown; this game may have ended before the others."""
        return min(self.playback.position, len(self.game.timesteps) - 1)

    def _type_agents(self) -> None:
        self.pointer.start_typing("agents", " ".join(self._names))

    def _choose(self, number: int) -> None:
        self.chosen = number % len(self.match.games)

    @property
    def _names(self) -> list[str]:
        return [game.name for game in self.match.games]

    def _next(self) -> None:
        """Start the next game, or close the window after the last one."""
        if self._games_left is not None:
            self._games_left -= 1
            self.closed = self._games_left == 0
        if self.match.is_replay:
            self.playback.playing = False
        elif not self.closed:
            self._rematch(self.match.seed + 1)

    def _rematch(self, seed: int) -> None:
        self._start(lambda: self.match.rematch(seed))

    @property
    def _board(self) -> dict[str, Any]:
        """The rules of this match without `actions`, which differ between agents."""
        return {name: value for name, value in asdict(self.game.rules).items() if name != "actions"}

    def _start(self, make: Callable[[], PlaybackMatch]) -> None:
        """Make a match in the background and show it; after a ValueError show its message and keep this match."""

        def attempt() -> PlaybackMatch | str:
            try:
                return make()
            except ValueError as error:
                return str(error)

        self.worker.ask("start", attempt, self._show)

    def _show(self, made: PlaybackMatch | str) -> None:
        if isinstance(made, str):
            self.say(made)
            return
        self._shown_before += self.playback.position + 1
        playing = self.playback.playing or self.playback.at_end
        self.playback = Playback(made, self.playback.speed)
        self.playback.playing = playing
        self._choose(min(self.chosen, len(made.games) - 1))

    def _change_seed(self, typed: str) -> None:
        self._start(lambda: self.match.rematch(parse_seed(typed)))

    def _change_board(self, typed: str) -> None:
        self._start(lambda: self._new_match(self._names, self._board | parse_board(typed)))

    def _change_agents(self, names: list[str]) -> None:
        rules = {} if set(names) - set(scripted.SCRIPTED) else self._board
        self._start(lambda: self._new_match(names, rules))

    def _new_match(self, names: list[str], rules: Mapping[str, Any]) -> PlaybackMatch:
        return new_match(names, self._rules | dict(rules), self.match.seed)

    def _switch(self, step: int) -> None:
        """Replace the agent of the chosen game by the next one that can play."""
        names, seed, chosen = self._names, self.match.seed, self.chosen
        rules = self._rules | (self._board if len(names) > 1 else {})
        self._start(lambda: match_with_next_agent(names, chosen, step, rules, seed))

    def _save_replays(self) -> None:
        try:
            self.say("saved " + ", ".join(map(str, save_match_replays(self.match))))
        except OSError as error:
            self.say(f"cannot save: {error.strerror}")

    def _save_video(self, suffix: str) -> None:
        match, fps = self.match, max(1, round(self.playback.speed))
        self.say(f"writing {suffix[1:].upper()} ...")

        def save() -> str:
            try:
                return f"saved {save_match_video(match, suffix, fps)}"
            except OSError as error:
                return f"cannot save: {error.strerror}"

        self.worker.ask("save", save, self.say)
