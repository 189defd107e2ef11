"""State of mouse and keyboard during one frame, for the widgets."""

import pygame

Point = tuple[int, int]


class Pointer:
    """Mouse position, buttons and typed text, and the widgets that hold them.

    Attributes:
        position: of the mouse, (x, y).
        pressed: whether the left button went down in this frame.
        released: whether it came up in this frame.
        down: whether it is down.
        path: positions that the mouse passed in this frame while the button was down, for strokes.
        grabbed: the name of the widget that the button went down on, until it comes up.
        focus: the name of the text field that has the keyboard focus, or "".
        typed: the text in that field.
        entered: the name of the text field in which Enter was pressed in this frame, or "".
    """

    def __init__(self) -> None:
        self.position: Point = (-1, -1)
        self.pressed = self.released = self.down = False
        self.path: list[Point] = []
        self.grabbed = self.focus = self.entered = ""
        self.typed = ""

    def start_frame(self) -> None:
        """Clear the events of the previous frame."""
        if not self.down:
            self.grabbed = ""
        self.pressed = self.released = False
        self.entered = ""
        self.path = []

    def take(self, event: pygame.event.Event) -> bool:
        """Record an event; return whether a text field consumed it, so that key bindings must ignore it."""
        if event.type in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP) and event.button == 1:
            self.position = event.pos
            self.down = event.type == pygame.MOUSEBUTTONDOWN
            self.pressed, self.released = self.pressed or self.down, self.released or not self.down
            self.path.append(event.pos)
            if self.down:
                self.focus = ""  # a field under the mouse takes the focus back when it is drawn
        elif event.type == pygame.MOUSEMOTION:
            self.position = event.pos
            if self.down:
                self.path.append(event.pos)
        elif event.type == pygame.KEYDOWN and self.focus:
            self._type(event)
            return True
        return False

    def start_typing(self, field: str, text: str = "") -> None:
        """Give the keyboard focus to the text field of this name."""
        self.focus, self.typed = field, text

    def grabs(self, name: str, area: pygame.Rect) -> bool:
        """Return whether a widget has grabbed the mouse: the button went down on it, and is down or just came up."""
        if self.pressed and not self.grabbed and area.collidepoint(self.path[0] if self.path else self.position):
            self.grabbed = name
        return self.grabbed == name

    def clicks(self, name: str, area: pygame.Rect) -> bool:
        """Return whether a widget was clicked: the button went down on it and just came up on it."""
        return self.grabs(name, area) and self.released and area.collidepoint(self.position)

    def _type(self, event: pygame.event.Event) -> None:
        if event.key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            self.entered, self.focus = self.focus, ""
        elif event.key == pygame.K_ESCAPE:
            self.focus = ""
        elif event.key == pygame.K_BACKSPACE:
            self.typed = self.typed[:-1]
        elif event.key == pygame.K_v and getattr(event, "mod", 0) & (pygame.KMOD_CTRL | pygame.KMOD_META):
            self.typed += pygame.scrap.get_text().strip() if pygame.scrap.has_text() else ""
        elif getattr(event, "unicode", "").isprintable():
            self.typed += event.unicode
