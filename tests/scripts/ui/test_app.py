"""The windows' toolkit: a small view on a virtual screen, driven by keys and mouse."""

import shutil

import numpy as np
import pytest

pytest.importorskip("pygame")

import pygame

from scripts.ui.app import App
from scripts.ui.canvas import Canvas
from scripts.ui.keys import Key
from scripts.ui.theme import DARK, LIGHT
from tests.support.ui.pages import Page, Show, nothing, page, pixel
from tests.support.ui.windows import press, shot

pytestmark = pytest.mark.usefixtures("screen")


def test_keys_do_what_they_say(show: Show) -> None:
    app = show(nothing)
    for name in ("space", "right", ".", "s", "x"):
        press(app, name)
    press(app, "s", control=True)
    assert page(app).heard == "_>>S"


def test_only_some_keys_repeat_while_they_are_held(show: Show) -> None:
    app = show(nothing)
    for name in ("space", "right"):
        for _ in range(3):
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.key.key_code(name), unicode="", mod=0))
    app.frame()
    assert page(app).heard == "_>>>"


def test_characters_count_on_any_keyboard(show: Show) -> None:
    """On a German one a bracket is AltGr and 8, which some systems report as Ctrl and Alt."""
    app = show(nothing)
    for mod in (pygame.KMOD_RALT, pygame.KMOD_MODE, pygame.KMOD_LCTRL | pygame.KMOD_RALT):
        event = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_8, unicode="[", mod=mod)
        assert Key("[", "", nothing).matches(event)  # type: ignore[arg-type]
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_MINUS, unicode="?", mod=pygame.KMOD_LSHIFT))
    app.frame()
    assert app.helping


def test_the_help_lists_the_keys_and_goes_away(show: Show) -> None:
    app = show(nothing)
    before = shot()
    press(app, "?")
    assert (shot() != before).any(axis=2).mean() > 0.1
    press(app, "escape")  # closes the help, not the window
    np.testing.assert_array_equal(shot(), before)
    assert app.frame()
    assert Key("right ctrl+s ? f11 .", "", nothing).signs() == ["→", "Ctrl+S", "?", "F11", "."]  # type: ignore[arg-type]


def test_themes(show: Show) -> None:
    app = show(nothing)
    assert pixel(5, 5) == DARK.background
    press(app, "t")
    assert pixel(5, 5) == LIGHT.background


def test_texts_have_enough_contrast() -> None:
    """4.5 to 1 for what is read (WCAG 2.1, 1.4.3)."""

    def luminance(colour: tuple[int, int, int]) -> float:
        c = np.array(colour) / 255
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    for theme in (DARK, LIGHT):
        for ink, paper in [
            (theme.text, theme.panel),
            (theme.text, theme.raised),
            (theme.quiet, theme.panel),
            (theme.quiet, theme.background),
            (theme.on_accent, theme.accent),
        ]:
            light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (theme.name, ink, paper)


def test_notices_and_dropped_files(show: Show) -> None:
    app = show(nothing)
    before = shot()
    app.view.say("wrote game.gif")
    app.frame()
    assert (shot() != before).any()
    pygame.event.post(pygame.event.Event(pygame.DROPFILE, file="/some/game.json"))
    app.frame()
    assert page(app).heard == "game.json"


@pytest.mark.parametrize("way", ["q", "escape", "cross", "view"])
def test_ways_to_close(show: Show, way: str) -> None:
    app = show(nothing)
    if way == "cross":
        pygame.event.post(pygame.event.Event(pygame.QUIT))
    elif way == "view":
        app.view.closed = True
    else:
        press(app, way)
    assert not app.frame()
    app.run()  # ends at once, and closes
    assert not pygame.display.get_init()


def test_ctrl_c_closes(show: Show) -> None:
    frames = []

    def interrupt(canvas: Canvas) -> None:
        frames.append(canvas)
        if len(frames) == 3:
            raise KeyboardInterrupt

    app = show(interrupt)
    with pytest.raises(KeyboardInterrupt):
        app.run()
    assert not pygame.display.get_init()


def test_without_a_display_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "nowhere")
    with pytest.raises(RuntimeError, match=r"no window can be opened here \(.*\); read a book"):
        App(Page(nothing))


def test_the_screen_of_tests_is_a_real_one_where_that_can_be(show: Show) -> None:
    show(nothing)
    assert pygame.display.get_driver() == ("x11" if shutil.which("Xvfb") else "dummy")


def test_a_window_in_which_nothing_can_be_read_says_so_until_it_is_larger(show: Show) -> None:
    drawn: list[tuple[int, int]] = []
    app = show(lambda canvas: drawn.append(canvas.area.size))
    pygame.display.set_mode((300, 200), pygame.RESIZABLE)
    assert app.frame()
    assert (shot() != DARK.background).any()
    pygame.display.set_mode((480, 320), pygame.RESIZABLE)
    assert app.frame()
    assert drawn == [(640, 480), (480, 320)]


@pytest.mark.parametrize("size", [(480, 320), (640, 480), (1600, 1000)])
def test_the_unit_grows_with_the_window(show: Show, size: tuple[int, int]) -> None:
    units: list[int] = []
    app = show(lambda canvas: units.append(canvas.unit))
    pygame.display.set_mode(size, pygame.RESIZABLE)
    app.frame()
    assert units[-1] == {480: 11, 640: 11, 1600: 18}[size[0]]


def test_full_screen_prints_nothing(show: Show, capfd: pytest.CaptureFixture[str]) -> None:
    app = show(lambda _: None)
    capfd.readouterr()
    for _ in range(2):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_F11, unicode="", mod=0))
        pygame.event.post(pygame.event.Event(pygame.KEYUP, key=pygame.K_F11, unicode="", mod=0))
        assert app.frame()
    assert capfd.readouterr() == ("", "")


def test_any_name_can_be_drawn(show: Show) -> None:
    name = "caf\udce9 \0 蛇"

    def draw(canvas: Canvas) -> None:
        canvas.text(name, canvas.area)
        assert canvas.width(name) > 0

    assert show(draw).frame()
