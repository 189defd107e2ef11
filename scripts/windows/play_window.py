"""The window of play.py, in which a person plays: state, keys and drawing."""

import datetime
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from pygame import Rect

from agents import Agent
from scripts.games.episode import ENDING_LABELS
from scripts.games.high_scores import HighScores, Score, kind_of_game
from scripts.games.human_game import DIRECTIONS, HumanGame
from scripts.games.playback_game import PlaybackGame
from scripts.ui.app import View
from scripts.ui.canvas import HUGE, SMALL, TITLE, Canvas
from scripts.ui.keys import Key
from scripts.ui.layout import columns, take_bottom, take_left, take_right, take_top
from scripts.ui.widgets import button, choice, slider
from scripts.windows.board_picture import BoardPictures

SLOWEST, FASTEST = 1, 30  # moves per second that can be chosen in the window
SECONDS_BEFORE_START = 0.8  # to find the snake
SECONDS_AT_END = 1.0  # before the next one of --games
FAST_FORWARD = 6  # factor of the speed once only the opponent still plays
MOVES_AHEAD = 20  # that the opponent has played before they are shown


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
        game: of the person.
        opponent_game: played ahead in the background; None before it starts, and without an opponent.
        shown: position of the opponent's game that is shown.
        paused: whether the games are paused.
        finished: the score of each finished game.
        place: of the last score among the high scores, or None.
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
        self._kind, self.scores = kind_of_game(rules), scores
        self.boards = BoardPictures(self.worker)
        self.relative, self.speed = relative, float(fps)
        self.finished: list[int] = []
        self.opponent_game: PlaybackGame | None = None
        self._start(secrets.randbits(31) if seed is None else seed)
        self.keys = [
            *(Key(f"{name} {letter}", f"go {name}", self._steer(i)) for i, (name, letter) in enumerate(LETTERS)),
            Key("space", "pause or continue", self._toggle_pause),
            Key("n return", "new game", lambda: self._start(self._next_seed)),
            Key("r", "same game again", lambda: self._start(self.game.seed)),
            Key("m", "absolute or relative steering", self._toggle_steering),
            Key("+ =", "faster", lambda: self._change_speed(1), repeats=True),
            Key("-", "slower", lambda: self._change_speed(-1), repeats=True),
        ]

    @property
    def over(self) -> bool:
        """Whether both games are over and shown to their ends."""
        return self.game.over and (
            self.opponent_game is None
            or (self.opponent_game.over and self.shown >= len(self.opponent_game.timesteps) - 1)
        )

    def update(self, seconds: float) -> None:
        """Advance both games; the opponent's goes on faster once the person's is over."""
        self._play_ahead()
        if self.over:
            self._since_end += seconds
            if self._games is not None and self._since_end > SECONDS_AT_END:
                if len(self.finished) >= self._games:
                    self.closed = True
                else:
                    self._start(self._next_seed)
            return
        if self.paused:
            return
        self._due += seconds * self.speed * (FAST_FORWARD if self.game.over else 1)
        while self._due >= 1 and not self.over:
            self._due -= 1
            self._move()

    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame."""
        panel, area = take_right(area, 22 * canvas.unit, canvas.unit)
        states, names, endings = [self.game.state], ["you"], [self.game.ending]
        if self._opponent is not None:
            names.append(self._opponent[0])
            now = self.opponent_game.timestep(self.shown) if self.opponent_game is not None else None
            states.append(now.state if now else self._first_state)
            endings.append(now.ending if now else "")
        line = canvas.line_height(TITLE) + canvas.gap
        parts = columns(area, [1] * len(states), canvas.unit)
        rooms = [take_top(part, line)[1] for part in parts]
        self.boards.draw(canvas, rooms, states, wrap=self._rules["walls"] == "wrap")
        for place, state, name, ending in zip(self.boards.places, states, names, endings, strict=True):
            caption = Rect(place.x, place.y - line, place.width, canvas.line_height(TITLE))
            score, left = take_right(caption, canvas.width(f"{state.score[0]}", size=TITLE, bold=True), canvas.gap)
            canvas.text(
                f"{name}  {ENDING_LABELS[ending]}",
                left,
                colour=canvas.theme.text if name == "you" else canvas.theme.quiet,
            )
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
        """Return the lines of the message over the board; none while the game goes on."""
        again = [] if self._games else ["N: new game   R: same game again"]
        if self.over:
            place = [f"place {self.place} of the high scores"] if self.place is not None else list[str]()
            return [self._outcome(), *place, *again]
        if self.game.over and self.opponent_game is not None:
            return [f"{self.opponent_game.name} still plays", *again]
        if self.paused:
            return ["Paused", "Space: continue"]
        return ["Ready"] if self._due < 0 else []

    def _outcome(self) -> str:
        if self.opponent_game is None:
            return "The board is full" if self.game.ending == "full" else "Game over"
        mine, theirs = self.game.score, int(self.opponent_game.timesteps[-1].state.score[0])
        if mine == theirs:
            return f"A draw: {mine} each"
        return (
            f"You win, {mine} to {theirs}" if mine > theirs else f"{self.opponent_game.name} wins, {theirs} to {mine}"
        )

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
        kind, inside = take_top(canvas.panel(area, "high scores"), canvas.line_height(SMALL), canvas.gap)
        canvas.text(self._kind, kind, size=SMALL, colour=theme.quiet)
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
        if button(canvas, pause, "Continue" if self.paused else "Pause", chosen=self.paused, disabled=self.game.over):
            self._toggle_pause()
        row, area = take_top(area, line, canvas.gap)
        canvas.text("steering", row, size=SMALL, colour=canvas.theme.quiet)
        row, area = take_top(area, line, canvas.gap)
        clicked = choice(canvas, row, "steering", ["absolute", "relative"], int(self.relative))
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
        canvas.text(f"seed {self.game.seed}", row, size=SMALL, colour=canvas.theme.quiet)

    @property
    def _next_seed(self) -> int:
        return secrets.randbits(31) if self._random else self.game.seed + 1

    def _start(self, seed: int) -> None:
        self.game = HumanGame(self._rules, seed)
        self.opponent_game, self._first_state = None, self.game.state
        opponent = self._opponent
        if opponent is not None:  # in the background, where the agent may still be in use
            self.worker.ask("start", lambda: PlaybackGame(*opponent, self._rules, seed, same_food=True), self._join)
        self.shown, self.paused, self.place = 0, False, None
        self._due, self._since_end = -SECONDS_BEFORE_START * self.speed, 0.0

    def _join(self, opponent_game: PlaybackGame) -> None:
        if opponent_game.seed == self.game.seed:
            self.opponent_game = opponent_game

    def _play_ahead(self) -> None:
        game = self.opponent_game
        if game is None or game.over or len(game.timesteps) > self.shown + MOVES_AHEAD or self.worker.busy("play"):
            return

        def play() -> None:
            for _ in range(MOVES_AHEAD):
                game.step()

        self.worker.ask("play", play, lambda _: None)

    def _move(self) -> None:
        if self.opponent_game is not None:
            self.shown = min(self.shown + 1, len(self.opponent_game.timesteps) - 1)
        if self.game.over:
            return
        self.game.step()
        if self.game.over:
            self.finished.append(self.game.score)
            print(f"score {self.game.score}" + (", and the board is full" if self.game.ending == "full" else ""))
            if self.game.score:
                day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
                try:
                    self.place = self.scores.add(self._kind, Score(self.game.score, self.game.moves, day))
                except (OSError, ValueError) as error:  # ValueError: the file was damaged meanwhile
                    why = error.strerror if isinstance(error, OSError) else error
                    self.say(f"cannot save this score in {self.scores.path}: {why}")

    def _steer(self, direction: int) -> Callable[[], None]:
        def steer() -> None:
            if not self.relative:
                self.game.turn(direction)
            elif DIRECTIONS[direction] in ("left", "right"):
                self.game.turn_relative(1 if DIRECTIONS[direction] == "right" else -1)
            self._due = max(self._due, 0.0)  # the first key ends the wait
            self.paused = False

        return steer

    def _toggle_pause(self) -> None:
        self.paused = not self.paused and not self.game.over

    def _toggle_steering(self) -> None:
        self.relative = not self.relative
        self.say(
            "relative steering: left and right turn the snake"
            if self.relative
            else "absolute steering: keys are directions on the board"
        )

    def _change_speed(self, by: int) -> None:
        self.speed = min(max(self.speed + by, SLOWEST), FASTEST)


LETTERS = tuple(zip(DIRECTIONS, "wdsa", strict=True))
