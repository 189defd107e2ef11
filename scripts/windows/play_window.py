"""The window in which a person plays: state, keys, and one function that draws it."""

import datetime
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from pygame import Rect

from agents import Agent
from scripts.games.high_scores import HighScores, Score, kind_of_game
from scripts.games.human_game import DIRECTIONS, PlayerGame
from scripts.games.playback_match import Game, ending_of
from scripts.games.replay import rules_of
from scripts.ui.app import View
from scripts.ui.canvas import HUGE, SMALL, TITLE, Canvas
from scripts.ui.keys import Key
from scripts.ui.layout import columns, take_bottom, take_left, take_right, take_top
from scripts.ui.widgets import button, choice, slider
from scripts.windows.board_picture import BoardPictures

SLOWEST, FASTEST = 1, 30  # moves a second that can be chosen in the window
READY = 0.8  # seconds before the first move, to find the snake
AFTERWARDS = 1.0  # seconds before the next of --games
ALONE = 6  # times as fast an opponent goes on alone
AHEAD = 20  # moves that the opponent is played ahead of what is shown


class PlayWindow(View):
    """Shows the player's game, and beside it the opponent's under the same rules with the same seed.

    Args:
        rules: of all games, complete.
        scores: to keep the best in.
        opponent: who plays along, and under which name; None to play alone.
        seed: of the first game, the next ones follow; None for a new one each time.
        fps: moves a second.
        relative: whether keys turn the snake as it sees them.
        games: how many to play before the window closes; None for no end.

    Attributes:
        game: the player's.
        rival: the opponent's game, which the worker begins and plays ahead; None until then, and without opponent.
        shown: positions of the opponent's that have been shown.
        paused: whether time stands still.
        finished: the score of each game that has ended.
        place: of the last score among the high scores, or None.
    """

    title = "Snake: play"
    alternatives = (
        "let an agent play in the terminal with watch.py AGENT --text, "
        "or set the environment variable SDL_VIDEODRIVER=dummy to go on without seeing it"
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
        self._complete_rules = rules_of(rules)
        self._kind, self.scores = kind_of_game(rules), scores
        self.boards = BoardPictures(self.worker)
        self.relative, self.speed = relative, float(fps)
        self.finished: list[int] = []
        self.rival: Game | None = None
        self._start(secrets.randbits(31) if seed is None else seed)
        self.keys = [
            *(Key(f"{name} {letter}", f"go {name}", self._steer(i)) for i, (name, letter) in enumerate(LETTERS)),
            Key("space", "pause, or go on", self._toggle_pause),
            Key("n return", "new game", lambda: self._start(self._next_seed)),
            Key("r", "the same game again", lambda: self._start(self.game.seed)),
            Key("m", "steer by the board, or as the snake sees it", self._toggle_steering),
            Key("+ =", "faster", lambda: self._change_speed(1), repeats=True),
            Key("-", "slower", lambda: self._change_speed(-1), repeats=True),
        ]

    @property
    def over(self) -> bool:
        """Whether all games are, and have been shown."""
        return self.game.over and (
            self.rival is None or (self.rival.over and self.shown >= len(self.rival.moments) - 1)
        )

    def update(self, seconds: float) -> None:
        """Let moves pass, the opponent's with the player's; alone it goes on faster."""
        self._play_ahead()
        if self.over:
            self._since_end += seconds
            if self._games is not None and self._since_end > AFTERWARDS:
                if len(self.finished) >= self._games:
                    self.closed = True
                else:
                    self._start(self._next_seed)
            return
        if self.paused:
            return
        self._due += seconds * self.speed * (ALONE if self.game.over else 1)
        while self._due >= 1 and not self.over:
            self._due -= 1
            self._move()

    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame."""
        panel, area = take_right(area, 22 * canvas.unit, canvas.unit)
        states, names = [self.game.state], ["you"]
        if self._opponent is not None:
            rival = self.rival.moment(self.shown).state if self.rival is not None else self._first
            states, names = [*states, rival], [*names, self._opponent[0]]
        line = canvas.line_height(TITLE) + canvas.gap
        parts = columns(area, [1] * len(states), canvas.unit)
        rooms = [take_top(part, line)[1] for part in parts]
        self.boards.draw(canvas, rooms, states, wrap=self._rules["walls"] == "wrap")
        for place, state, name in zip(self.boards.places, states, names, strict=True):
            caption = Rect(place.x, place.y - line, place.width, canvas.line_height(TITLE))
            score, left = take_right(caption, canvas.width(f"{state.score[0]}", size=TITLE, bold=True), canvas.gap)
            who = f"{name}  {ending_of(state, self._complete_rules)}"
            canvas.text(who, left, colour=canvas.theme.text if name == "you" else canvas.theme.quiet)
            canvas.text(f"{state.score[0]}", score, size=TITLE, bold=True, align="right")
        self._draw_message(canvas, self.boards.places[0])
        self._draw_panel(canvas, panel)

    def _draw_message(self, canvas: Canvas, board: Rect) -> None:
        lines = self._message()
        if not lines:
            return
        width = max(canvas.width(lines[0], size=TITLE, bold=True), *(canvas.width(line) for line in lines))
        height = canvas.line_height(TITLE) + (len(lines) - 1) * canvas.line_height()
        box = Rect(0, 0, width + 3 * canvas.unit, height + 2 * canvas.unit)
        box.center = board.center
        canvas.box(box, radius=0.6, line=canvas.theme.accent)
        row, rest = take_top(box.inflate(0, -2 * canvas.unit), canvas.line_height(TITLE))
        canvas.text(lines[0], row, size=TITLE, bold=True, align="centre")
        for text in lines[1:]:
            row, rest = take_top(rest, canvas.line_height())
            canvas.text(text, row, align="centre", colour=canvas.theme.quiet)

    def _message(self) -> list[str]:
        """What lies over the board, in lines; none while the game goes on."""
        again = [] if self._games else ["N: new game   R: the same again"]
        if self.over:
            place = [f"place {self.place} of the high scores"] if self.place is not None else list[str]()
            return [self._outcome(), *place, *again]
        if self.game.over and self.rival is not None:
            return [f"{self.rival.name} goes on", *again]
        if self.paused:
            return ["Paused", "Space: go on"]
        return ["Ready"] if self._due < 0 else []

    def _outcome(self) -> str:
        if self.rival is None:
            return "The board is full" if self.game.won else "Game over"
        mine, theirs = self.game.score, int(self.rival.moments[-1].state.score[0])
        if mine == theirs:
            return f"A draw: {mine} each"
        return f"You win, {mine} to {theirs}" if mine > theirs else f"{self.rival.name} wins, {theirs} to {mine}"

    def _draw_panel(self, canvas: Canvas, area: Rect) -> None:
        theme, line = canvas.theme, 2.2 * canvas.unit
        hint, area = take_top(area, canvas.line_height(SMALL), canvas.gap)
        canvas.text("? for help", hint, size=SMALL, colour=theme.quiet, align="right")
        figures, area = take_top(area, 7 * canvas.unit, canvas.gap)
        best = self.scores.of(self._kind)
        for part, (name, value) in zip(
            columns(canvas.panel(figures), [1, 1, 1]),
            {"food": self.game.score, "best": best[0].food if best else 0, "moves": self.game.moves}.items(),
            strict=True,
        ):
            label, rest = take_top(part, canvas.line_height(SMALL))
            canvas.text(name.upper(), label, size=SMALL, colour=theme.quiet, bold=True)
            canvas.text(f"{value}", rest, size=HUGE if value < 1000 else TITLE, bold=True)
        controls, area = take_bottom(area, 5 * line + 4 * canvas.gap, canvas.gap)
        inside = canvas.panel(area, "high scores", self._kind)
        shown = inside.height // canvas.line_height()
        for number, score in enumerate(best[:shown], start=1):
            row, inside = take_top(inside, canvas.line_height())
            fresh = self.game.over and number == self.place
            colour = theme.accent if fresh else theme.text
            canvas.text(f"{number}", take_left(row, 2 * canvas.unit)[0], bold=fresh, colour=theme.quiet)
            canvas.text(f"{score.food} food", take_left(row, 2 * canvas.unit)[1], bold=fresh, colour=colour)
            canvas.text(f"{score.moves} moves, {score.day}", row, size=SMALL, colour=theme.quiet, align="right")
        if not best:
            canvas.text("none yet", take_top(inside, canvas.line_height())[0], colour=theme.quiet)
        self._draw_controls(canvas, controls)

    def _draw_controls(self, canvas: Canvas, area: Rect) -> None:
        line = 2.2 * canvas.unit
        row, area = take_top(area, line, canvas.gap)
        new, pause = columns(row, [1, 1], canvas.gap)
        if button(canvas, new, "New game"):
            self._start(self._next_seed)
        if button(canvas, pause, "Go on" if self.paused else "Pause", chosen=self.paused, disabled=self.game.over):
            self._toggle_pause()
        row, area = take_top(area, line, canvas.gap)
        canvas.text("left and right are", row, size=SMALL, colour=canvas.theme.quiet)
        row, area = take_top(area, line, canvas.gap)
        clicked = choice(canvas, row, "steering", ["the board's", "the snake's"], int(self.relative))
        self.relative = self.relative if clicked is None else bool(clicked)
        row, area = take_top(area, line, canvas.gap)
        word, row = take_left(row, canvas.width("speed", size=SMALL), canvas.gap)
        canvas.text("speed", word, size=SMALL, colour=canvas.theme.quiet)
        speed = f"{self.speed:.0f} moves/s"
        figure, row = take_right(row, max(canvas.width(speed), canvas.width("30 moves/s")), canvas.gap)
        canvas.text(speed, figure, align="right")
        dragged = slider(canvas, row, "speed", self.speed, SLOWEST, FASTEST)
        self.speed = self.speed if dragged is None else float(round(dragged))
        row, area = take_top(area, line)
        canvas.text(f"game of seed {self.game.seed}", row, size=SMALL, colour=canvas.theme.quiet)

    @property
    def _next_seed(self) -> int:
        return secrets.randbits(31) if self._random else self.game.seed + 1

    def _start(self, seed: int) -> None:
        self.game = PlayerGame(self._rules, seed)
        self.rival, self._first = None, self.game.state
        opponent = self._opponent
        if opponent is not None:  # it begins in the worker, where it may still be at work
            self.worker.ask("begin", lambda: Game(*opponent, self._rules, seed, same_food=True), self._join)
        self.shown, self.paused, self.place = 0, False, None
        self._due, self._since_end = -READY * self.speed, 0.0

    def _join(self, rival: Game) -> None:
        if rival.seed == self.game.seed:
            self.rival = rival

    def _play_ahead(self) -> None:
        rival = self.rival
        if rival is None or rival.over or len(rival.moments) > self.shown + AHEAD or self.worker.busy("rival"):
            return

        def play() -> None:
            for _ in range(AHEAD):
                rival.step()

        self.worker.ask("rival", play, lambda _: None)

    def _move(self) -> None:
        if self.rival is not None:
            self.shown = min(self.shown + 1, len(self.rival.moments) - 1)
        if self.game.over:
            return
        self.game.step()
        if self.game.over:
            self.finished.append(self.game.score)
            print(f"score {self.game.score}" + (", and the board is full" if self.game.won else ""))
            if self.game.score:
                day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
                try:
                    self.place = self.scores.add(self._kind, Score(self.game.score, self.game.moves, day))
                except (OSError, ValueError) as error:  # ValueError: the file has been damaged meanwhile
                    why = error.strerror if isinstance(error, OSError) else error
                    self.say(f"this score cannot be kept in {self.scores.path}: {why}")

    def _steer(self, direction: int) -> Callable[[], None]:
        def steer() -> None:
            if not self.relative:
                self.game.turn(direction)
            elif DIRECTIONS[direction] in ("left", "right"):
                self.game.turn_aside(1 if DIRECTIONS[direction] == "right" else -1)
            self._due = max(self._due, 0.0)  # who steers is ready
            self.paused = False

        return steer

    def _toggle_pause(self) -> None:
        self.paused = not self.paused and not self.game.over

    def _toggle_steering(self) -> None:
        self.relative = not self.relative
        self.say("left and right are the snake's now" if self.relative else "keys are directions on the board now")

    def _change_speed(self, by: int) -> None:
        self.speed = min(max(self.speed + by, SLOWEST), FASTEST)


LETTERS = tuple(zip(DIRECTIONS, "wdsa", strict=True))
