"""Playback of a match in a terminal: in place, in colours, the games side by side."""

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator

from scripts.common.terminal import lost_output
from scripts.games.playback_game import PlaybackGame
from scripts.games.playback_match import PlaybackMatch
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
MIN_WIDTH = len("score 9999  length 9999")


def play_in_terminal(match: PlaybackMatch, fps: int, games: int | None) -> int:
    """Play until Ctrl-C, or until `games` games are over; return how many positions were shown.

    In a pipe, and in a terminal that cannot move its cursor, the positions follow each other as plain text.

    Raises:
        ValueError: the terminal is too small for the boards.
    """
    shown, terminal = 0, sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if terminal:
        _check_room(match)
        sys.stdout.write(HIDE_CURSOR + CLEAR_SCREEN)
    try:
        while True:
            for position in _positions(match):
                lines = match_lines(match, position, colours=terminal and not os.environ.get("NO_COLOR"))
                if terminal:
                    # Written over the position before, so that nothing flickers.
                    sys.stdout.write(HOME + "".join(line + CLEAR_LINE + "\n" for line in lines) + CLEAR_BELOW)
                else:
                    sys.stdout.write("\n".join(lines) + "\n")
                sys.stdout.flush()
                if lost_output():  # nobody sees what follows
                    return shown
                shown += 1
                time.sleep(1 / fps)
            games = None if games is None else games - 1
            if games == 0 or match.is_replay:
                return shown
            match = match.rematch(match.seed + 1)
    finally:
        if terminal:
            sys.stdout.write(PLAIN + SHOW_CURSOR)
            sys.stdout.flush()


def match_lines(match: PlaybackMatch, position: int, *, colours: bool) -> list[str]:
    """Return the lines that show all games of a match after `position` moves, side by side."""
    boards = [_board(game, position, colours=colours) for game in match.games]
    return [GAP.join(lines) for lines in zip(*boards, strict=True)]


def _positions(match: PlaybackMatch) -> Iterator[int]:
    """Yield 0, 1, ... while the match is played to its end."""
    position = 0
    while position < match.length:
        yield position
        position += 1
        match.play(position + 1)


def _board(game: PlaybackGame, position: int, *, colours: bool) -> list[str]:
    board, score = render_text(game.timestep(position).state, wrap=game.rules.walls == "wrap").rsplit("\n", 1)
    score, length, *ending = score.split("  ")
    lines = board.split("\n")
    width = max(len(lines[0]), MIN_WIDTH)
    filling = " " * (width - len(lines[0]))
    written = [(SIGNS.sub(_colour, line) if colours else line) + filling for line in lines]
    below = [f"{score}  {length}".ljust(width), "".join(ending).ljust(width)]
    return [game.name[:width].ljust(width), *written, *below]


def _colour(found: re.Match[str]) -> str:
    codes = list(COLOURS.values())
    assert found.lastindex is not None
    return f"\x1b[{codes[found.lastindex - 1]}m{found[0]}{PLAIN}"


def _check_room(match: PlaybackMatch) -> None:
    lines = match_lines(match, 0, colours=False)
    needed, room = (len(lines[0]), len(lines) + 1), shutil.get_terminal_size()
    if needed[0] > room.columns or needed[1] > room.lines:
        raise ValueError(
            f"the boards need {needed[0]} columns and {needed[1]} lines, the terminal has {room.columns} and "
            f"{room.lines}; make it larger, or show fewer agents or a smaller board"
        )
