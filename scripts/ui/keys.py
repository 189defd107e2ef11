"""Key bindings, declared once for the window and for its help."""

from collections.abc import Callable
from dataclasses import dataclass

import pygame

SIGNS = {"left": "←", "right": "→", "up": "↑", "down": "↓", "space": "Space", "escape": "Esc", "return": "Enter"}


@dataclass(frozen=True)
class Key:
    """One action and the keys that call it.

    Args:
        names: of the keys in pygame, or characters, separated by spaces: "right .", "ctrl+s", "?".
        help: text in the help; "" for a key that is not listed.
        action: called when one of the keys is pressed.
        repeats: whether the action is called repeatedly while the key is held.
    """

    names: str
    help: str
    action: Callable[[], None]
    repeats: bool = False

    def matches(self, event: pygame.event.Event) -> bool:
        """Return whether a KEYDOWN event is one of these keys."""
        name = pygame.key.name(event.key)
        modifiers = getattr(event, "mod", 0)
        control = modifiers & (pygame.KMOD_CTRL | pygame.KMOD_META)  # Ctrl, and Command on a Mac
        graph = modifiers & (pygame.KMOD_ALT | pygame.KMOD_MODE)  # AltGr, with which some keyboards type brackets
        if control and not graph:
            return f"ctrl+{name}" in self.names.split()
        typed = getattr(event, "unicode", "")
        return name in self.names.split() or (bool(typed.strip()) and typed in self.names.split())

    def signs(self) -> list[str]:
        """Return the keys as the help shows them."""
        return ["+".join(_sign(part) for part in name.split("+")) for name in self.names.split()]


def _sign(name: str) -> str:
    return SIGNS.get(name, name.upper() if len(name) == 1 or name[1:].isdigit() else name.capitalize())
