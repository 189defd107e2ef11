"""A window that shows frames and returns the keys pressed; the only module of the package that imports pygame."""

import os
from typing import ClassVar

import numpy as np
from gymnasium.error import DependencyNotInstalled
from numpy.typing import NDArray

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # pygame would print a greeting
try:
    import pygame
except ImportError as error:
    raise DependencyNotInstalled(
        'a window needs pygame, which is not installed; run: pip install "gymnasium-snake[render]", '
        "or use render_mode='rgb_array', which needs no window"
    ) from error

BACKGROUND = (14, 16, 24)


class Window:
    """A window on the desktop. The constructor opens it.

    pygame has one window at a time: a second one replaces the first.

    Args:
        title: text of the title bar.
        size: width and height in pixels; the user can resize the window.
        fps: frames per second to which `show` waits; 0 for no limit. The attribute may be changed at any time.

    Raises:
        RuntimeError: there is no display for the window.
    """

    _open: ClassVar["Window | None"] = None

    def __init__(self, title: str, size: tuple[int, int], fps: float) -> None:
        self.fps = fps
        self._closed = False
        self._clock = pygame.time.Clock()
        try:
            pygame.display.init()
            if pygame.display.get_driver() == "offscreen" and "SDL_VIDEODRIVER" not in os.environ:
                raise pygame.error("no display found")  # SDL would continue without a visible window
            pygame.display.set_mode(size, pygame.RESIZABLE)
        except pygame.error as error:
            pygame.display.quit()
            raise RuntimeError(
                f"no window can be opened here ({error}); use render_mode='rgb_array', "
                "or set the environment variable SDL_VIDEODRIVER=dummy to continue without a visible window"
            ) from error
        pygame.display.set_caption(title)
        Window._open = self

    @property
    def closed(self) -> bool:
        """Whether the user or `close` has closed the window."""
        return self._closed

    def show(self, frame: NDArray[np.uint8]) -> list[str]:
        """Show a frame, (height, width, 3) uint8, scaled to the window, and wait until the next frame is due.

        Returns:
            The names of the keys pressed since the last call, as pygame has them: "left", "space", "a". A closed window
            shows nothing and returns an empty list.

        Raises:
            ValueError: the frame has a wrong shape or dtype.
        """
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
            raise ValueError(f"the frame is {frame.dtype} {frame.shape}; give uint8 (height, width, 3)")
        screen = pygame.display.get_surface() if Window._open is self else None
        if screen is None:  # closed, or replaced by another window
            self._closed = True
            return []
        events = pygame.event.get()
        if any(event.type == pygame.QUIT for event in events):
            self.close()
            return []
        screen.fill(BACKGROUND)
        image = pygame.image.frombuffer(frame.tobytes(), (frame.shape[1], frame.shape[0]), "RGB")
        box = image.get_rect().fit(screen.get_rect())
        screen.blit(image if box.size == image.get_size() else pygame.transform.smoothscale(image, box.size), box)
        pygame.display.flip()
        self._clock.tick(self.fps)
        return [pygame.key.name(event.key) for event in events if event.type == pygame.KEYDOWN]

    def close(self) -> None:
        """Close the window. It cannot be opened again."""
        self._closed = True
        if Window._open is self:
            Window._open = None
            pygame.display.quit()
