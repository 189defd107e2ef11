"""The window of play.py, in which a person plays: keys, scores and layout."""

import datetime
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from pygame import Rect

from agents import Agent
from scripts.games.episode import rules_of
from scripts.games.high_scores import HighScores, Score, kind_of_game
from scripts.games.human_game import DIRECTIONS
from scripts.ui.app import View
from scripts.ui.canvas import SMALL, TITLE, Canvas
from scripts.ui.keys import Key
from scripts.ui.layout import columns, rows, take_bottom, take_right, take_top
from scripts.windows.board_picture import BoardPictures
from scripts.windows.play_boards import Player, draw_players
from scripts.windows.play_panel import (
    FASTEST,
    SLOWEST,
    draw_buttons,
    draw_figures,
    draw_high_scores,
    draw_speed,
    draw_steering,
)
from scripts.windows.race import Race

LETTERS = tuple(zip(DIRECTIONS, "wdsa", strict=True))
SECONDS_AT_END = 1.0  # before the next one of --games
PANEL_WIDTH, BOARD_WIDTH = 22, 24  # units; with less room than this for each board, the panel moves or is left out
PANEL_HEIGHT = 18  # units of a panel below the boards


class PlayWindow(View):
    """Shows the person's game, and beside it the opponent's game with the same rules, seed and food.

    Args:
        rules: of all games.
        scores: high scores, to which new ones are added.
        opponent: name and agent; None to play alone.
        seed: of the first game, the next games count up from it; None for random seeds.
        fps: moves per second.
        relative: whether the keys left and right turn the snake relative to its heading.
        games: after how many the window closes; None for no limit.

    Attributes:
        race: the games.
        seed: of the games.
        boards: draws the boards.
        message_area: where the last message was drawn, below the boards.
        finished: the score of each finished game.
        place: of the last score among the high scores, or None.
        remark: what `say` shows.
    """

    title = "Snake: play"
    alternatives = (
        "let an agent play in the terminal with watch.py AGENT --text, "
        "or set the environment variable SDL_VIDEODRIVER=dummy to run without a display"
    )

    def __init__(
        self,
        rules: Mapping[str, Any],
        scores: HighScores,
        opponent: tuple[str, Agent] | None = None,
        *,
        seed: int | None = None,
        fps: float = 6,
        relative: bool = False,
        games: int | None = None,
    ) -> None:
        super().__init__()
        self._rules, self._opponent, self._random, self._games = rules, opponent, seed is None, games
        self._hunger_limit = rules_of(rules).steps_to_starve
        self._kind, self.scores = kind_of_game(rules), scores
        self.boards, self.message_area = BoardPictures(self.worker), Rect(0, 0, 0, 0)
        self.relative, self.speed = relative, float(fps)
        self.finished: list[int] = []
        self.place: int | None = None
        self._kept, self._since_end, self.remark = False, 0.0, ""  # _kept: whether this game's score was kept
        self._start(secrets.randbits(31) if seed is None else seed)
        self.keys = [
            *(Key(f"{name} {letter}", f"go {name}", self._steer(i)) for i, (name, letter) in enumerate(LETTERS)),
            Key("space", "pause or continue", lambda: self.race.toggle_pause()),
            Key("n return", "new game", lambda: self._start(self._next_seed)),
            Key("r", "same game again", lambda: self._start(self.seed)),
            Key("m", "absolute or relative steering", self._toggle_steering),
            Key("+ =", "faster", lambda: self._change_speed(1), repeats=True),
            Key("-", "slower", lambda: self._change_speed(-1), repeats=True),
        ]

    def update(self, seconds: float) -> None:
        """Advance both games, keep the score, and start the next one of --games."""
        self.race.advance(seconds * self.speed)
        if self.race.game.over and not self._kept:
            self._kept = True
            self._keep_score()
        if self.race.over and self._games is not None:
            self._since_end += seconds
            if self._since_end > SECONDS_AT_END and len(self.finished) >= self._games:
                self.closed = True
            elif self._since_end > SECONDS_AT_END:
                self._start(self._next_seed)

    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame."""
        area, panel = self._arrange(canvas, area)
        self.message_area, area = take_bottom(area, canvas.line_height(TITLE) + canvas.line_height(), canvas.gap)
        game, opponent = self.race.game, self.race.opponent_game
        players = [Player("you", game.state, game.ending)]
        if self._opponent is not None:
            now = opponent.timestep(self.race.shown) if opponent is not None else None
            players.append(
                Player(self._opponent[0], now.state if now else self._first_state, now.ending if now else "")
            )
        wrap = self._rules["walls"] == "wrap"
        draw_players(canvas, area, self.boards, players, wrap=wrap, hunger_limit=self._hunger_limit)
        title, detail = self.message()
        if title:
            canvas.box(self.message_area, radius=0.6, line=canvas.theme.accent)
        head, rest = take_top(self.message_area, canvas.line_height(TITLE))
        canvas.text(title, head, size=TITLE, bold=True, align="centre")
        canvas.text(detail, rest if title else self.message_area, align="centre", colour=canvas.theme.quiet)
        if panel:
            self._draw_panel(canvas, panel)

    def say(self, text: str) -> None:
        """Show a line below the boards, where it covers none, until the next turn or game."""
        self.remark = text

    def message(self) -> tuple[str, str]:
        """Return the two lines below the boards; the first is empty while the game goes on."""
        again = self.remark or ("" if self._games else "N: new game   R: same game again")
        if self.race.over:
            place = f"place {self.place} of the high scores   " if self.place is not None else ""
            return self.race.outcome(), place + again
        if self.race.game.over and self.race.opponent_game is not None:
            return f"{self.race.opponent_game.name} still plays", again
        if self.race.waiting:
            keys = "left, right or up" if self.relative else "an arrow key"
            return f"Press {keys} to start", self.remark or "the snake waits for your first key"
        if self.race.paused:
            return "Paused", self.remark or "Space: continue"
        return "", self.remark or "Space: pause   ?: help"

    def _arrange(self, canvas: Canvas, area: Rect) -> tuple[Rect, list[Rect]]:
        """Return the area for boards and message, and the columns of the panel: beside it, below it, or none."""
        unit, boards = canvas.unit, 1 if self._opponent is None else 2
        if area.width >= (PANEL_WIDTH + BOARD_WIDTH * boards) * unit:
            panel, area = take_right(area, PANEL_WIDTH * unit, unit)
            return area, [panel]
        if area.height >= area.width + PANEL_HEIGHT * unit:
            panel, area = take_bottom(area, PANEL_HEIGHT * unit, unit)
            return area, columns(panel, [1, 1], unit)
        return area, []

    def _draw_panel(self, canvas: Canvas, parts: list[Rect]) -> None:
        unit, line, gap = canvas.unit, 2.2 * canvas.unit, canvas.gap
        best = self.scores.of(self._kind)
        figures, scores = take_top(parts[0], 6 * unit, gap)
        height = 3 * line + canvas.line_height(SMALL) + 3 * gap
        controls, scores = (
            take_bottom(scores, height, gap) if len(parts) == 1 else (take_top(parts[1], height)[0], scores)
        )
        draw_figures(canvas, figures, self.race.game, best)
        draw_high_scores(canvas, scores, self._kind, best, self.place)
        buttons, steering, speed = rows(take_top(controls, 3 * line + 2 * gap)[0], [1, 1, 1], gap)
        clicked = draw_buttons(canvas, buttons, paused=self.race.paused, over=self.race.game.over)
        if clicked == "new":
            self._start(self._next_seed)
        elif clicked == "pause":
            self.race.toggle_pause()
        self.relative = draw_steering(canvas, steering, relative=self.relative)
        self.speed = draw_speed(canvas, speed, self.speed)
        foot = take_bottom(controls, canvas.line_height(SMALL))[0]
        canvas.text(f"seed {self.seed}", foot, size=SMALL, colour=canvas.theme.quiet)
        canvas.text("? for help", foot, size=SMALL, colour=canvas.theme.quiet, align="right")

    @property
    def _next_seed(self) -> int:
        return secrets.randbits(31) if self._random else self.seed + 1

    def _start(self, seed: int) -> None:
        self.seed, self.race = seed, Race(self._rules, seed, self._opponent, self.worker)
        self._first_state = self.race.game.state
        self.place, self._kept, self._since_end, self.remark = None, False, 0.0, ""

    def _keep_score(self) -> None:
        game = self.race.game
        self.finished.append(game.score)
        if game.score:
            day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
            try:
                self.place = self.scores.add(self._kind, Score(game.score, game.moves, day))
            except (OSError, ValueError) as error:  # ValueError: the file was damaged meanwhile
                why = error.strerror if isinstance(error, OSError) else error
                self.say(f"cannot save this score in {self.scores.path}: {why}")
        print(f"score {game.score}" + (", and the board is full" if game.ending == "full" else ""))

    def _steer(self, direction: int) -> Callable[[], None]:
        side = {"left": -1, "up": 0, "right": 1}.get(DIRECTIONS[direction])

        def steer() -> None:
            game = self.race.game
            self.remark = self.remark if game.over else ""
            if not self.relative:
                self.race.steer(lambda: game.turn(direction))
            elif side is not None:
                self.race.steer(lambda: game.turn_relative(side))

        return steer

    def _toggle_steering(self) -> None:
        self.relative = not self.relative
        self.say("left and right turn the snake" if self.relative else "keys are directions on the board")

    def _change_speed(self, by: int) -> None:
        self.speed = min(max(self.speed + by, SLOWEST), FASTEST)
