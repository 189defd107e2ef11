"""Games in a terminal: in place, in colours, side by side."""

import re
import shutil
import sys
import time
from collections.abc import Iterator

from scripts.games.playback_match import Game, Match
from snake_env.rendering.renderer import render_text

HOME, CLEAR_BELOW, CLEAR_LINE = "\x1b[H", "\x1b[J", "\x1b[K"
HIDE_CURSOR, SHOW_CURSOR, CLEAR_SCREEN = "\x1b[?25l", "\x1b[?25h", "\x1b[2J"
PLAIN = "\x1b[0m"
# Colours of Okabe and Ito's set, which people with any colour vision tell apart.
COLOURS = {
    "[╰│╭╯─╮o]": "38;5;74",  # the body: sky blue
    r"[\^>v<]": "1;38;5;36",  # the head: bluish green
    "●": "1;38;5;208",  # food: orange
    "█": "38;5;245",
    "[·┄┊┌┐└┘]": "38;5;240",
}
SIGNS = re.compile("|".join(f"({sign}+)" for sign in COLOURS))
GAP = "   "  # between boards
LEAST_WIDTH = len("score 9999  length 9999")


def play_in_terminal(match: Match, fps: int, games: int | None) -> int:
    """Play until Ctrl-C or so many games are over; gives back how many positions were shown.

    Without a terminal, as in a pipe, positions follow each other as plain text.

    Raises:
        ValueError: a terminal in which the boards have no room.
    """
    shown, terminal = 0, sys.stdout.isatty()
    if terminal:
        _check_room(match)
        sys.stdout.write(HIDE_CURSOR + CLEAR_SCREEN)
    try:
        while True:
            for position in _positions(match):
                lines = picture(match, position, colours=terminal)
                if terminal:
                    # Written over what was there, so that nothing flickers.
                    sys.stdout.write(HOME + "".join(line + CLEAR_LINE + "\n" for line in lines) + CLEAR_BELOW)
                else:
                    sys.stdout.write("\n".join(lines) + "\n")
                sys.stdout.flush()
                shown += 1
                time.sleep(1 / fps)
            games = None if games is None else games - 1
            if games == 0 or match.recorded:
                return shown
            match = match.again(match.seed + 1)
    finally:
        if terminal:
            sys.stdout.write(PLAIN + SHOW_CURSOR)
            sys.stdout.flush()


def picture(match: Match, position: int, *, colours: bool) -> list[str]:
    """The lines that show all games of a match after so many moves, side by side."""
    boards = [_board(game, position, colours=colours) for game in match.games]
    return [GAP.join(lines) for lines in zip(*boards, strict=True)]


def _positions(match: Match) -> Iterator[int]:
    """0, 1, ... as the match is played to its end."""
    position = 0
    while position < match.length:
        yield position
        position += 1
        match.play(position + 1)


def _board(game: Game, position: int, *, colours: bool) -> list[str]:
    board, score = render_text(game.moment(position).state, wrap=game.rules.walls == "wrap").rsplit("\n", 1)
    score, length, *ending = score.split("  ")
    lines = board.split("\n")
    width = max(len(lines[0]), LEAST_WIDTH)
    filling = " " * (width - len(lines[0]))
    written = [(SIGNS.sub(_colour, line) if colours else line) + filling for line in lines]
    below = [f"{score}  {length}".ljust(width), "".join(ending).ljust(width)]
    return [game.name[:width].ljust(width), *written, *below]


def _colour(found: re.Match[str]) -> str:
    codes = list(COLOURS.values())
    assert found.lastindex is not None
    return f"\x1b[{codes[found.lastindex - 1]}m{found[0]}{PLAIN}"


def _check_room(match: Match) -> None:
    lines = picture(match, 0, colours=False)
    needed, room = (len(lines[0]), len(lines) + 1), shutil.get_terminal_size()
    if needed[0] > room.columns or needed[1] > room.lines:
        raise ValueError(
            f"the boards need {needed[0]} columns and {needed[1]} lines, the terminal has {room.columns} and "
            f"{room.lines}; make it larger, or show fewer agents or a smaller board"
        )
