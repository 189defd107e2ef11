"""Windows driven by synthetic keys and mouse, for the tests of each of them."""

import time
from collections.abc import Callable

import numpy as np
import pygame
from numpy.typing import NDArray

from scripts.ui.app import App

UNICODE = {"space": " ", "return": "\r"}


def press(app: App, name: str, *, control: bool = False) -> None:
    """Press and release a key, by pygame's name or the character that it types, and draw a frame."""
    code = pygame.key.key_code("/" if name == "?" else name)
    text = UNICODE.get(name, name if len(name) == 1 else "")
    mod = pygame.KMOD_CTRL if control else 0
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, unicode="" if control else text, mod=mod))
    pygame.event.post(pygame.event.Event(pygame.KEYUP, key=code, mod=mod))
    app.frame()


def write(app: App, text: str) -> None:
    """Type characters one after another."""
    for character in text:
        press(app, character)


def click(app: App, position: tuple[int, int]) -> None:
    """Press and release the left button there."""
    drag(app, [position])


def drag(app: App, path: list[tuple[int, int]]) -> None:
    """Press the left button at the first position, move to the others, and release it at the last."""
    post = pygame.event.post
    post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=path[0]))
    app.frame()
    for position in path[1:]:
        post(pygame.event.Event(pygame.MOUSEMOTION, pos=position, rel=(0, 0), buttons=(1, 0, 0)))
        app.frame()
    post(pygame.event.Event(pygame.MOUSEBUTTONUP, button=1, pos=path[-1]))
    app.frame()


def wait(app: App, done: Callable[[], bool], seconds: float = 60) -> None:
    """Draw frames until something has happened."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        assert app.frame(), "the window closed"
        time.sleep(0.001)


def shot(area: pygame.Rect | None = None) -> NDArray[np.uint8]:
    """(height, width, 3) what the window shows, or a part of it."""
    surface = pygame.display.get_surface()
    assert surface is not None
    pixels: NDArray[np.uint8] = pygame.surfarray.array3d(surface).swapaxes(0, 1)
    if area is not None:
        pixels = pixels[area.top : area.bottom, area.left : area.right]
    return pixels


def settle(app: App, *jobs: str) -> None:
    """Draw frames until the worker has done these jobs, and those that follow from them, and all is shown."""
    for _ in range(2):
        app.frame()
        wait(app, lambda: not any(app.view.worker.busy(job) for job in jobs))
    app.frame()


def pixels(colour: tuple[int, int, int], area: pygame.Rect | None = None, within: int = 0) -> int:
    """How many pixels of the window have this colour; thin letters have it only roughly."""
    return int((np.abs(shot(area).astype(int) - colour) <= within).all(axis=-1).sum())
