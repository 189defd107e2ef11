"""Which key does what, declared once: the window obeys it, and the help is made from it."""

from collections.abc import Callable
from dataclasses import dataclass

import pygame

SIGNS = {"left": "←", "right": "→", "up": "↑", "down": "↓", "space": "Space", "escape": "Esc", "return": "Enter"}


@dataclass(frozen=True)
class Key:
    """Keys, what they do in words, and what they do.

    Args:
        names: pygame's names or the characters, with spaces between them: "right .", "ctrl+s", "?".
        help: what they do, for the help; an empty one is not shown there.
        action: is called when one of them is pressed.
        repeats: whether holding the key calls it again and again.
    """

    names: str
    help: str
    action: Callable[[], None]
    repeats: bool = False

    def matches(self, event: pygame.event.Event) -> bool:
        """Whether the event, a key that went down, is one of these keys."""
        name = pygame.key.name(event.key)
        modifiers = getattr(event, "mod", 0)
        control = modifiers & (pygame.KMOD_CTRL | pygame.KMOD_META)  # Ctrl, and Command on a Mac
        graph = modifiers & (pygame.KMOD_ALT | pygame.KMOD_MODE)  # AltGr, by which some keyboards type brackets
        if control and not graph:
            return f"ctrl+{name}" in self.names.split()
        typed = getattr(event, "unicode", "")
        return name in self.names.split() or (bool(typed.strip()) and typed in self.names.split())

    def signs(self) -> list[str]:
        """The keys as the help shows them."""
        return ["+".join(_sign(part) for part in name.split("+")) for name in self.names.split()]


def _sign(name: str) -> str:
    return SIGNS.get(name, name.upper() if len(name) == 1 or name[1:].isdigit() else name.capitalize())
