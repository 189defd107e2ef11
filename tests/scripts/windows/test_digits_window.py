"""The window of digits.py, driven by synthetic mouse and keys on a virtual screen."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest
from pygame import Rect

from scripts.ui.app import App
from scripts.ui.theme import DARK, LIGHT
from scripts.vision.classifier import load_classifiers
from scripts.vision.mnist import MNIST
from scripts.vision.prediction import Prediction, predict_image
from scripts.vision.strokes import CANVAS
from scripts.windows import digits_window
from scripts.windows.digits_window import DRAW, TEST, DigitsWindow
from tests.support.drawings import ONE, THREE, some_digits
from tests.support.paths import SCRIPTS
from tests.support.ui.windows import click, drag, pixels, press, settle, shot

NETWORKS = [Path("digits-mlp"), Path("digits-cnn")]

pytestmark = pytest.mark.usefixtures("screen")
JOBS = ("view", "load", "predict", "thumbnails")
Open = Callable[..., tuple[App, DigitsWindow]]


@pytest.fixture
def open_window() -> Iterator[Open]:
    apps: list[App] = []

    def open_one(size: tuple[int, int] = (900, 600), mode: int = DRAW) -> tuple[App, DigitsWindow]:
        window = DigitsWindow(load_classifiers(NETWORKS, digits=True), some_digits, mode)
        apps.append(App(window, size))
        settle(apps[-1], *JOBS)
        return apps[-1], window

    yield open_one
    for app in apps:
        app.close()


def draw(app: App, window: DigitsWindow, shape: list[tuple[float, float]]) -> None:
    sheet = window.sheet
    drag(app, [(sheet.x + int(x * sheet.width), sheet.y + int(y * sheet.height)) for x, y in shape])
    settle(app, *JOBS)


def predicted(window: DigitsWindow) -> list[int]:
    return [int(prediction.probabilities.argmax()) for prediction in window.image_view.predictions]


def beside(window: DigitsWindow) -> Rect:
    """The part of the window to the right of the sheet's panel."""
    whole = shot().shape
    left = window.sheet.right + 20
    return Rect(left, 0, whole[1] - left, whole[0])


@pytest.mark.parametrize("size", [(900, 600), (1600, 1000), (620, 420)])
def test_both_networks_predict_a_three_for_a_drawn_three(open_window: Open, size: tuple[int, int]) -> None:
    app, window = open_window(size)
    assert not window.image_view.predictions
    draw(app, window, THREE)
    assert predicted(window) == [3, 3]
    ink = shot(window.sheet)
    assert (ink > 200).all(axis=-1).mean() > 0.05  # it is seen, light on dark
    assert pixels(DARK.accent, beside(window)) > 100  # the longest bars


def test_bars_move_while_the_button_is_still_down(open_window: Open) -> None:
    app, window = open_window()
    path = [
        (window.sheet.x + int(x * window.sheet.width), window.sheet.y + int(y * window.sheet.height)) for x, y in THREE
    ]
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=path[0]))
    seen = []
    for part in (path[1:8], path[8:]):
        for position in part:
            pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=position, rel=(1, 1), buttons=(1, 0, 0)))
        settle(app, *JOBS)
        seen.append((window.image_view.predictions[1].probabilities, shot(beside(window))))
    assert not np.allclose(seen[0][0], seen[1][0])
    assert (seen[0][1] != seen[1][1]).any()
    assert predicted(window) == [3, 3]


def test_clearing_empties_the_bars_and_undo_brings_them_back(open_window: Open) -> None:
    app, window = open_window()
    empty = shot()
    draw(app, window, THREE)
    drawn = shot()
    assert (drawn[:, beside(window).x :] != empty[:, beside(window).x :]).any()
    press(app, "c")
    settle(app, *JOBS)
    assert not window.image_view.predictions
    np.testing.assert_array_equal(shot(), empty)
    press(app, "u")
    settle(app, *JOBS)
    np.testing.assert_array_equal(shot(), drawn)
    press(app, "z", control=True)
    settle(app, *JOBS)
    np.testing.assert_array_equal(shot(), empty)


def test_the_second_of_two_strokes_is_undone(open_window: Open) -> None:
    app, window = open_window()
    draw(app, window, ONE)
    one = shot()
    draw(app, window, [(0.2, 0.5), (0.8, 0.5)])
    assert (shot() != one).any()
    press(app, "backspace")
    settle(app, *JOBS)
    np.testing.assert_array_equal(shot(), one)


def test_the_buttons_do_what_the_keys_do(open_window: Open) -> None:
    app, window = open_window()
    draw(app, window, ONE)
    y = 11 + 12
    click(app, (244, y))  # Clear
    assert window.drawing.empty
    click(app, (306, y))  # Undo
    assert not window.drawing.empty
    click(app, (140, y))  # Test digits
    assert window.mode == TEST
    click(app, (45, y))  # Draw
    assert window.mode == DRAW


def test_a_press_beside_the_sheet_draws_nothing(open_window: Open) -> None:
    app, window = open_window()
    drag(app, [(window.sheet.right + 4, window.sheet.centery), window.sheet.center])
    assert window.drawing.empty


def test_stepping_through_test_digits_marks_right_and_wrong(open_window: Open) -> None:
    app, window = open_window(mode=TEST)
    assert (window.image_view.title, window.image_view.label, predicted(window)) == ("test digit 1 of 6", 3, [3, 3])
    right, verdicts = Rect(350, 45, 550, 555), Rect(350, 75, 550, 28)
    assert pixels(DARK.good, right) > 100
    assert pixels(DARK.good, verdicts, within=50) > 50
    assert pixels(DARK.bad, right) == 0
    press(app, "right")
    settle(app, *JOBS)
    assert (window.image_view.label, predicted(window)) == (7, [1, 1])
    assert pixels(DARK.bad, right) > 100  # the longest bars
    assert pixels(DARK.bad, verdicts, within=50) > 50
    assert pixels(DARK.good, verdicts, within=50) == 0
    assert window.browser is not None
    assert [window.browser.count_correct(network) for network in (0, 1)] == [(4, 6), (4, 6)]
    assert window.progress() == "2 of 6 wrong"


def test_only_the_wrong_ones(open_window: Open) -> None:
    app, window = open_window(mode=TEST)
    press(app, "w")
    settle(app, *JOBS)
    assert window.image_view.title == "test digit 2 of 6"
    press(app, "right")
    settle(app, *JOBS)
    assert window.image_view.title == "test digit 6 of 6"
    press(app, "right")
    assert window.notice == "this is the last wrong image"
    press(app, "w")
    press(app, "left")
    settle(app, *JOBS)
    assert window.image_view.title == "test digit 5 of 6"


def test_the_strip_shows_marked_thumbnails_and_a_click_shows_an_image(open_window: Open) -> None:
    app, window = open_window(mode=TEST)
    strip = Rect(0, 520, 340, 80)
    assert pixels(DARK.bad, strip, within=50) >= 2 * 4  # two crosses
    assert pixels(DARK.good, strip, within=50) >= 4 * 4
    xs = np.flatnonzero((shot(strip) == DARK.accent).all(axis=-1).any(axis=0))  # the frame of the first
    step = int(np.ptp(xs))
    click(app, (int(xs.min()) + step // 2 + 2 * step, 545))
    settle(app, *JOBS)
    assert window.image_view.title == "test digit 3 of 6"


def test_what_was_drawn_is_still_there_after_a_look_at_test_digits(open_window: Open) -> None:
    app, window = open_window()
    draw(app, window, THREE)
    before = shot(window.sheet)
    press(app, "tab")
    settle(app, *JOBS)
    assert window.image_view.title == "test digit 1 of 6"
    press(app, "right")
    press(app, "tab")
    settle(app, *JOBS)
    assert (window.image_view.title, predicted(window)) == ("", [3, 3])
    np.testing.assert_array_equal(shot(window.sheet), before)


def test_test_digits_that_come_after_one_draws_again_do_not_show_up(open_window: Open) -> None:
    app, window = open_window()
    draw(app, window, THREE)

    def late() -> MNIST:
        time.sleep(0.3)
        return some_digits()

    window._load = late
    press(app, "tab")
    press(app, "tab")
    settle(app, *JOBS)
    assert (window.source is not None, window.image_view.title, predicted(window)) == (True, "", [3, 3])


def test_missing_test_digits_are_reported_and_drawing_goes_on(open_window: Open) -> None:
    app, window = open_window()

    def fails() -> MNIST:
        raise ConnectionError("could not be downloaded:\n  no network")

    window._load = fails
    press(app, "tab")
    settle(app, *JOBS)
    advice = "no test digits; give their folder with --data-dir"
    assert window.notice == f"{advice} (could not be downloaded: no network)"
    draw(app, window, THREE)
    assert predicted(window) == [3, 3]


def test_a_slow_network_keeps_no_frame_waiting(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app, window = open_window()

    def slow(*arguments: object) -> Prediction:
        time.sleep(0.4)
        return predict_image(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(digits_window, "predict_image", slow)
    frames = []
    drawing = iter(THREE)
    window.drawing.press((100, 100))
    while not window.image_view.predictions:
        x, y = next(drawing, THREE[-1])
        window.drawing.move((CANVAS * x, CANVAS * y))
        start = time.perf_counter()
        app.frame()
        frames.append(time.perf_counter() - start)
    assert len(frames) > 5
    assert np.median(frames) < 0.1  # 0.8 seconds would go by, one network after the other


def test_themes_and_help(open_window: Open) -> None:
    app, _ = open_window()
    corner = Rect(0, 0, 8, 8)
    assert pixels(DARK.background, corner) == 64
    press(app, "t")
    assert pixels(LIGHT.background, corner) == 64
    plain = shot()
    press(app, "?")
    assert (shot() != plain).mean() > 0.5
    press(app, "?")
    np.testing.assert_array_equal(shot(), plain)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = [sys.executable, str(SCRIPTS / "digits.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=kept | environment)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "no weights at nowhere"),
        (["vehicles-cnn"], "vehicles-cnn was trained on other images"),
        (["--data-dir", "nowhere"], "nowhere holds no train-images"),
        ([], "no window can be opened here"),
    ],
)
def test_errors_are_one_line(arguments: list[str], says: str) -> None:
    ended = run(*arguments, SDL_VIDEODRIVER="x11")
    assert ended.returncode == 1
    assert not ended.stdout
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert says in line
