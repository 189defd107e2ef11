"""The application window: handles events and draws a `View` frame by frame until it is closed."""

import os
import sys
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import pygame
from pygame import Rect

from scripts.ui.background_worker import BackgroundWorker
from scripts.ui.canvas import BODY, SMALL, TITLE, Canvas
from scripts.ui.keys import Key
from scripts.ui.layout import shrink
from scripts.ui.pointer import Pointer
from scripts.ui.theme import DARK, LIGHT

FPS = 60
SMALLEST = (400, 280)  # pixels: smaller windows are not readable
NOTICE_SECONDS = 5.0
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")  # environment variables that name a display on Linux


class View(ABC):
    """Content of a window: what is drawn, and the keys.

    Attributes:
        title: of the window.
        alternatives: advice for machines without a display, as the end of a sentence.
        keys: key bindings, in the order in which the help lists them.
        pointer: mouse and typed text.
        worker: for jobs that would take longer than a frame.
        closed: set it to True to close the window.
    """

    title = "Snake"
    alternatives = "work on a machine with a display"
    keys: Sequence[Key] = ()

    def __init__(self) -> None:
        self.pointer, self.worker = Pointer(), BackgroundWorker()
        self.closed = False
        self._notice, self._notice_ends = "", 0.0

    @abstractmethod
    def draw(self, canvas: Canvas, area: Rect) -> None:
        """Draw one frame, and handle the widgets, whose functions return what happened to them."""

    def update(self, seconds: float) -> None:  # noqa: B027  optional
        """Advance by the seconds since the last frame."""

    def dropped(self, path: Path) -> None:  # noqa: B027  optional
        """Handle a file that was dropped on the window."""

    def say(self, text: str) -> None:
        """Show a line at the bottom of the window for a few seconds."""
        self._notice, self._notice_ends = text, time.monotonic() + NOTICE_SECONDS

    @property
    def notice(self) -> str:
        """The line of the last `say`, "" once it is no longer shown."""
        return self._notice if time.monotonic() < self._notice_ends else ""


class App:
    """A desktop window with a view. Commands call `run`; tests call `frame` for each frame.

    Args:
        view: that is shown.
        size: first width and height in pixels.

    Attributes:
        theme: DARK or LIGHT.
        helping: whether the help is shown.

    Raises:
        RuntimeError: there is no display.
    """

    def __init__(self, view: View, size: tuple[int, int] = (1200, 760)) -> None:
        self.view, self.theme, self.helping = view, DARK, False
        self._keys = [
            *view.keys,
            Key("?", "show or hide this help", self._toggle_help),
            Key("t", "dark or light theme", self._toggle_theme),
            Key("f11", "full screen", self._toggle_fullscreen),
            Key("q escape", "close", self._close),
        ]
        self._held: set[int] = set()  # keys that are down: a further KEYDOWN of one of them is a repetition
        self._clock = pygame.time.Clock()
        try:
            if sys.platform == "linux" and not any(map(os.environ.get, DISPLAYS)):
                raise pygame.error("no display found")  # else SDL tries Wayland, which prints a line
            pygame.display.init()
            if pygame.display.get_driver() == "offscreen" and "SDL_VIDEODRIVER" not in os.environ:
                raise pygame.error("no display found")  # SDL would run without a visible window
            pygame.display.set_mode(size, pygame.RESIZABLE)
        except pygame.error as error:
            self.close()
            raise RuntimeError(f"no window can be opened here ({error}); {view.alternatives}") from None
        pygame.display.set_caption(view.title)
        pygame.key.set_repeat(350, 45)  # milliseconds

    def frame(self) -> bool:
        """Handle the pending events and draw one frame; return whether the window is still open."""
        view = self.view
        seconds = self._clock.tick() / 1000
        view.pointer.start_frame()
        for event in pygame.event.get():
            self._take(event)
        view.worker.deliver()
        view.update(0.0 if self.helping else seconds)  # time stands still behind the help
        surface = pygame.display.get_surface()
        if view.closed or surface is None:
            return False
        canvas = Canvas(surface, self.theme, view.pointer)
        surface.fill(self.theme.background)
        if canvas.area.width < SMALLEST[0] or canvas.area.height < SMALLEST[1]:
            canvas.text("window too small", canvas.area, align="centre")
            pygame.display.flip()
            return True
        view.draw(canvas, shrink(canvas.area, canvas.unit))
        if view.notice:
            _draw_notice(canvas, view.notice)
        if self.helping:
            _draw_help(canvas, view.title, self._keys)
        pygame.display.flip()
        return True

    def run(self, fps: float = FPS) -> None:
        """Draw `fps` frames per second until the window is closed, or Ctrl-C."""
        clock = pygame.time.Clock()
        try:
            while self.frame():
                clock.tick(fps)
        finally:
            self.close()

    def close(self) -> None:
        """Close the window."""
        self.view.closed = True
        self.view.worker.close()
        pygame.display.quit()

    def _take(self, event: pygame.event.Event) -> None:
        if event.type == pygame.QUIT:
            self._close()
        elif event.type == pygame.DROPFILE:
            self.view.dropped(Path(event.file))
        elif event.type == pygame.KEYUP:
            self._held.discard(event.key)
        if self.view.pointer.take(event) or event.type != pygame.KEYDOWN:
            return
        repeated = event.key in self._held
        self._held.add(event.key)
        if self.helping and event.key == pygame.K_ESCAPE:
            self.helping = False
            return
        for key in self._keys:
            if key.matches(event) and (key.repeats or not repeated):
                key.action()
                return

    def _toggle_help(self) -> None:
        self.helping = not self.helping

    def _toggle_theme(self) -> None:
        self.theme = LIGHT if self.theme is DARK else DARK

    def _toggle_fullscreen(self) -> None:
        with warnings.catch_warnings(action="ignore"):  # that the window is made anew
            pygame.display.toggle_fullscreen()

    def _close(self) -> None:
        self.view.closed = True


def _draw_notice(canvas: Canvas, text: str) -> None:
    height = canvas.line_height() + canvas.unit
    width = min(canvas.width(text) + 3 * canvas.unit, canvas.area.width - 2 * canvas.unit)
    area = Rect(0, 0, width, height)
    area.midbottom = (canvas.area.centerx, canvas.area.bottom - 8 * canvas.unit)  # above the buttons at the bottom
    canvas.box(area, canvas.theme.text, radius=0.6)
    inside = area.inflate(-2 * canvas.unit, 0)
    canvas.text(text, inside, colour=canvas.theme.background, align="centre")


def _draw_help(canvas: Canvas, title: str, keys: Sequence[Key]) -> None:
    """Dim the window and list the keys, in two columns if one is too high."""
    shade = pygame.Surface(canvas.area.size, pygame.SRCALPHA)
    shade.fill((*canvas.theme.background, 200))
    canvas.surface.blit(shade, (0, 0))
    listed = [key for key in keys if key.help]
    line = canvas.line_height() + canvas.gap // 2
    room = canvas.area.height - 8 * canvas.unit
    across = 1 if len(listed) * line <= room else 2
    down = -(-len(listed) // across)
    sign_width = max(sum(_cap_width(canvas, sign) + canvas.gap // 2 for sign in key.signs()) for key in listed)
    column = sign_width + canvas.unit + max(canvas.width(key.help) for key in listed)
    width = min(across * column + (across + 1) * 2 * canvas.unit, canvas.area.width - 2 * canvas.unit)
    area = Rect(0, 0, width, down * line + 6 * canvas.unit)
    area.center = canvas.area.center
    canvas.box(area, radius=0.8, line=canvas.theme.line)
    inside = shrink(area, 2 * canvas.unit)
    head = Rect(inside.x, area.y + canvas.unit, inside.width, 2 * canvas.unit)
    canvas.text(title, head, size=TITLE, bold=True)
    part = (inside.width + 2 * canvas.unit) // across
    for number, key in enumerate(listed):
        col, row = divmod(number, down)
        x, y = inside.x + col * part, head.bottom + canvas.unit + row * line
        for sign in key.signs():
            cap = Rect(x, y + 1, _cap_width(canvas, sign), line - canvas.gap // 2)
            canvas.box(cap, canvas.theme.raised, line=canvas.theme.line)
            canvas.text(sign, cap, size=SMALL, bold=True, align="centre")
            x = cap.right + canvas.gap // 2
        left = inside.x + col * part + sign_width + canvas.unit
        words = Rect(left, y, inside.x + (col + 1) * part - 2 * canvas.unit - left, line - canvas.gap // 2 + 2)
        canvas.text(key.help, words, size=BODY)


def _cap_width(canvas: Canvas, sign: str) -> int:
    return max(2 * canvas.unit, canvas.width(sign, size=SMALL, bold=True) + canvas.unit)
