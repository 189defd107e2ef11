"""The window: events in, frames out. A script writes a `View`, and `run` shows it until it is closed."""

import os
import sys
import time
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
SMALLEST = (400, 280)  # pixels: in less, nothing can be read
NOTICE_SECONDS = 5.0
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")  # variables that lead to one on Linux


class View(ABC):
    """What a window shows, and the keys that it obeys.

    Attributes:
        title: what stands in the title bar.
        alternatives: what to do where no window can be opened, as the end of a sentence.
        keys: what the view's keys do; the help lists them in this order.
        pointer: mouse and typing.
        worker: computes what would take longer than a frame.
        closed: set it to close the window.
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
        """Draw one frame; widgets say what happens to them while they are drawn."""

    def update(self, seconds: float) -> None:  # noqa: B027  a view in which nothing moves needs none
        """Let time pass: so much since the last frame."""

    def dropped(self, path: Path) -> None:  # noqa: B027  most views take no files
        """A file was dropped on the window."""

    def say(self, text: str) -> None:
        """Show a line at the bottom of the window for a few seconds."""
        self._notice, self._notice_ends = text, time.monotonic() + NOTICE_SECONDS

    @property
    def notice(self) -> str:
        """What `say` said last, while it is shown."""
        return self._notice if time.monotonic() < self._notice_ends else ""


class App:
    """A window of the desktop that shows a view. `run` is all that scripts need; tests draw frame by frame.

    Args:
        view: what it shows.
        size: width and height in pixels at the start.

    Attributes:
        theme: DARK or LIGHT.
        helping: whether the help is shown.

    Raises:
        RuntimeError: there is no display to open a window on.
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
        self._held: set[int] = set()  # keys that are down: what comes again from them is a repetition
        self._clock = pygame.time.Clock()
        try:
            if sys.platform == "linux" and not any(map(os.environ.get, DISPLAYS)):
                raise pygame.error("no display found")  # asked, Wayland would print a line of its own
            pygame.display.init()
            if pygame.display.get_driver() == "offscreen" and "SDL_VIDEODRIVER" not in os.environ:
                raise pygame.error("no display found")  # SDL would go on unseen
            pygame.display.set_mode(size, pygame.RESIZABLE)
        except pygame.error as error:
            self.close()
            raise RuntimeError(f"no window can be opened here ({error}); {view.alternatives}") from None
        pygame.display.set_caption(view.title)
        pygame.key.set_repeat(350, 45)  # milliseconds

    def frame(self) -> bool:
        """Take the events that have come, and draw; whether the window is still open."""
        view = self.view
        seconds = self._clock.tick() / 1000
        view.pointer.start_frame()
        for event in pygame.event.get():
            self._take(event)
        view.worker.deliver()
        view.update(seconds)
        surface = pygame.display.get_surface()
        if view.closed or surface is None:
            return False
        canvas = Canvas(surface, self.theme, view.pointer)
        surface.fill(self.theme.background)
        if canvas.area.width < SMALLEST[0] or canvas.area.height < SMALLEST[1]:
            canvas.text("make it larger", canvas.area, align="centre")
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
        """Draw so many frames a second until the window is closed; Ctrl-C closes it too."""
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
        pygame.display.toggle_fullscreen()

    def _close(self) -> None:
        self.view.closed = True


def _draw_notice(canvas: Canvas, text: str) -> None:
    height = canvas.line_height() + canvas.unit
    width = min(canvas.width(text) + 3 * canvas.unit, canvas.area.width - 2 * canvas.unit)
    area = Rect(0, 0, width, height)
    area.midbottom = (canvas.area.centerx, canvas.area.bottom - 8 * canvas.unit)  # above what is often at the bottom
    canvas.box(area, canvas.theme.text, radius=0.6)
    inside = area.inflate(-2 * canvas.unit, 0)
    canvas.text(text, inside, colour=canvas.theme.background, align="centre")


def _draw_help(canvas: Canvas, title: str, keys: Sequence[Key]) -> None:
    """Dim the window and list the keys over it, in two columns if one is too high."""
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
