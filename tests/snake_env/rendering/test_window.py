"""The window, on a virtual display."""

import importlib
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
from gymnasium.error import DependencyNotInstalled

pygame = pytest.importorskip("pygame")

from snake_env.rendering.window import BACKGROUND, Window  # noqa: E402  (needs pygame)

RED, BLUE = (200, 30, 40), (20, 40, 220)


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    window = Window("a title", (300, 200), fps=0)
    yield window
    window.close()


def frame(height: int, width: int) -> np.ndarray:
    """The left half red, the right half blue."""
    picture = np.empty((height, width, 3), dtype=np.uint8)
    picture[:, : width // 2], picture[:, width // 2 :] = RED, BLUE
    return picture


def pixel(x: int, y: int) -> tuple[int, ...]:
    return tuple(pygame.display.get_surface().get_at((x, y)))[:3]


def test_a_frame_of_the_windows_size_is_shown_as_it_is(window: Window) -> None:
    assert window.show(frame(200, 300)) == []
    shown = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
    np.testing.assert_array_equal(shown, frame(200, 300))
    assert pygame.display.get_caption()[0] == "a title"


@pytest.mark.parametrize(("height", "width"), [(50, 50), (400, 400)])
def test_other_frames_keep_their_proportions(window: Window, height: int, width: int) -> None:
    window.show(frame(height, width))  # a square of 200 in the middle
    assert pixel(60, 5) == pixel(140, 195) == RED
    assert pixel(160, 5) == pixel(240, 195) == BLUE
    assert pixel(40, 100) == pixel(260, 100) == BACKGROUND


def test_the_user_closes_it(window: Window) -> None:
    window.show(frame(20, 30))
    assert not window.closed
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert window.show(frame(20, 30)) == []
    assert window.closed
    assert window.show(frame(20, 30)) == []
    assert not pygame.display.get_init()


def test_closing_twice(window: Window) -> None:
    window.close()
    window.close()
    assert window.closed


def test_a_closed_window_leaves_a_later_one_alone(window: Window) -> None:
    window.close()
    later = Window("later", (30, 20), fps=0)
    window.close()
    window.show(frame(20, 30))
    later.show(frame(20, 30))
    assert not later.closed
    later.close()


def test_a_window_whose_place_was_taken_leaves_the_other_alone(window: Window) -> None:
    later = Window("later", (30, 20), fps=0)
    window.show(frame(200, 300))
    assert window.closed
    window.close()
    later.show(frame(20, 30))
    assert not later.closed
    later.close()


def test_a_window_whose_display_is_gone_counts_as_closed(window: Window) -> None:
    pygame.display.quit()
    assert window.show(frame(20, 30)) == []
    assert window.closed


def test_keys_are_named(window: Window) -> None:
    for key in (pygame.K_LEFT, pygame.K_SPACE, pygame.K_a):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))
    assert window.show(frame(20, 30)) == ["left", "space", "a"]
    assert window.show(frame(20, 30)) == []


def test_it_keeps_the_frame_rate(window: Window) -> None:
    window.fps = 50
    window.show(frame(20, 30))
    start = time.perf_counter()
    for _ in range(5):
        window.show(frame(20, 30))
    assert time.perf_counter() - start > 0.08


@pytest.mark.parametrize("bad", [np.zeros((4, 5, 3)), np.zeros((4, 5), np.uint8), np.zeros((4, 5, 4), np.uint8)])
def test_a_bad_frame_is_named(window: Window, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"the frame is .* give uint8 \(height, width, 3\)"):
        window.show(bad)


def test_without_a_display_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "nowhere")
    with pytest.raises(RuntimeError, match="SDL_VIDEODRIVER=dummy"):
        Window("unseen", (30, 20), fps=0)


def test_without_pygame_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    monkeypatch.delitem(sys.modules, "snake_env.rendering.window")
    with pytest.raises(DependencyNotInstalled, match=r'pip install "gymnasium-snake\[render\]"'):
        importlib.import_module("snake_env.rendering.window")
