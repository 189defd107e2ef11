"""The windows' toolkit: a small view on a virtual screen, driven by keys and mouse."""

import shutil
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

pygame = pytest.importorskip("pygame")

from pygame import Rect  # noqa: E402  (needs pygame)

from tests.windows import click, drag, press, shot, wait, write  # noqa: E402
from ui.app import App, View  # noqa: E402
from ui.canvas import Canvas, shorten  # noqa: E402
from ui.charts import Bar, Curve, bars, curves  # noqa: E402
from ui.keys import Key  # noqa: E402
from ui.layout import columns, fit, rows, take_bottom, take_left, take_right, take_top  # noqa: E402
from ui.pictures import maps, picture  # noqa: E402
from ui.theme import DARK, LIGHT, ramp  # noqa: E402
from ui.widgets import button, choice, slider, text_field  # noqa: E402

pytestmark = pytest.mark.usefixtures("screen")

Drawing = Callable[[Canvas], None]


class Page(View):
    """Draws what a test wants, and notes which keys were pressed."""

    title = "a page"
    alternatives = "read a book"

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self.drawing, self.heard = drawing, ""
        self.keys = [
            Key("space", "a space", lambda: self.hear("_")),
            Key("right .", "right", lambda: self.hear(">"), repeats=True),
            Key("ctrl+s", "save", lambda: self.hear("S")),
        ]

    def hear(self, sign: str) -> None:
        self.heard += sign

    def draw(self, canvas: Canvas, area: Rect) -> None:
        self.drawing(canvas)

    def dropped(self, path: Path) -> None:
        self.heard += path.name


@pytest.fixture
def show() -> Iterator[Callable[[Drawing], App]]:
    apps: list[App] = []

    def open_window(drawing: Drawing) -> App:
        apps.append(App(Page(drawing), (640, 480)))
        apps[-1].frame()
        return apps[-1]

    yield open_window
    for app in apps:
        app.close()


def page(app: App) -> Page:
    assert isinstance(app.view, Page)
    return app.view


def nothing(canvas: Canvas) -> None:
    pass


def pixel(x: int, y: int) -> tuple[int, ...]:
    return tuple(shot()[y, x].tolist())


def test_keys_do_what_they_say(show: Callable[[Drawing], App]) -> None:
    app = show(nothing)
    for name in ("space", "right", ".", "s", "x"):
        press(app, name)
    press(app, "s", control=True)
    assert page(app).heard == "_>>S"


def test_only_some_keys_repeat_while_they_are_held(show: Callable[[Drawing], App]) -> None:
    app = show(nothing)
    for name in ("space", "right"):
        for _ in range(3):
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.key.key_code(name), unicode="", mod=0))
    app.frame()
    assert page(app).heard == "_>>>"


def test_characters_count_on_any_keyboard(show: Callable[[Drawing], App]) -> None:
    """On a German one a bracket is AltGr and 8, which some systems report as Ctrl and Alt."""
    app = show(nothing)
    for mod in (pygame.KMOD_RALT, pygame.KMOD_MODE, pygame.KMOD_LCTRL | pygame.KMOD_RALT):
        event = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_8, unicode="[", mod=mod)
        assert Key("[", "", nothing).matches(event)  # type: ignore[arg-type]
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_MINUS, unicode="?", mod=pygame.KMOD_LSHIFT))
    app.frame()
    assert app.helping


def test_the_help_lists_the_keys_and_goes_away(show: Callable[[Drawing], App]) -> None:
    app = show(nothing)
    before = shot()
    press(app, "?")
    assert (shot() != before).any(axis=2).mean() > 0.1
    press(app, "escape")  # closes the help, not the window
    np.testing.assert_array_equal(shot(), before)
    assert app.frame()
    assert Key("right ctrl+s ? f11 .", "", nothing).signs() == ["→", "Ctrl+S", "?", "F11", "."]  # type: ignore[arg-type]


def test_themes(show: Callable[[Drawing], App]) -> None:
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


def test_a_button_is_clicked_where_it_lies(show: Callable[[Drawing], App]) -> None:
    clicks: list[bool] = []

    def drawing(canvas: Canvas) -> None:
        clicks.append(button(canvas, Rect(100, 100, 80, 30), "Go"))
        clicks.append(button(canvas, Rect(200, 100, 80, 30), "Never", disabled=True))

    app = show(drawing)
    click(app, (300, 300))
    click(app, (240, 110))
    drag(app, [(110, 110), (300, 300)])  # let go elsewhere
    drag(app, [(300, 300), (110, 110)])  # pressed elsewhere
    assert not any(clicks)
    click(app, (110, 110))
    assert sum(clicks) == 1


def test_a_press_and_release_within_one_frame_is_a_click(show: Callable[[Drawing], App]) -> None:
    clicks: list[bool] = []
    app = show(lambda canvas: clicks.append(button(canvas, Rect(100, 100, 80, 30), "Go")))
    for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
        pygame.event.post(pygame.event.Event(kind, button=1, pos=(120, 120)))
    app.frame()
    app.frame()
    assert sum(clicks) == 1


def test_a_slider_follows_the_mouse_also_outside(show: Callable[[Drawing], App]) -> None:
    values: list[float | None] = []
    app = show(lambda canvas: values.append(slider(canvas, Rect(100, 100, 400, 30), "level", 3, 2, 10)))
    assert values == [None]
    drag(app, [(300, 110), (600, 300), (0, 0)])
    assert values[1] == pytest.approx(6, abs=0.05)
    assert 10 in values
    assert values[-1] == 2
    app.frame()
    assert values[-1] is None


def test_a_choice_says_which(show: Callable[[Drawing], App]) -> None:
    chosen: list[int | None] = []
    app = show(lambda canvas: chosen.append(choice(canvas, Rect(100, 100, 300, 30), "model", ["a", "b", "c"], 0)))
    click(app, (250, 110))
    assert [number for number in chosen if number is not None] == [1]


def test_a_text_field_takes_what_is_typed(show: Callable[[Drawing], App]) -> None:
    entered: list[str] = []

    def drawing(canvas: Canvas) -> None:
        typed = text_field(canvas, Rect(100, 100, 200, 30), "seed", "7")
        if typed is not None:
            entered.append(typed)

    app = show(drawing)
    click(app, (120, 110))
    write(app, "12x q?")  # q would close the window, and ? open the help
    for _ in range(4):
        press(app, "backspace")
    press(app, "return")
    assert entered == ["12"]
    assert page(app).heard == ""
    page(app).pointer.start_typing("seed")
    press(app, "5")
    press(app, "escape")
    press(app, "return")
    assert entered == ["12"]
    assert app.frame()


def test_a_text_field_takes_what_was_copied(show: Callable[[Drawing], App], monkeypatch: pytest.MonkeyPatch) -> None:
    app = show(lambda canvas: (text_field(canvas, Rect(100, 100, 200, 30), "file", ""), None)[1])
    monkeypatch.setattr(pygame.scrap, "has_text", lambda: True)
    monkeypatch.setattr(pygame.scrap, "get_text", lambda: "a file.json\n")
    app.view.pointer.start_typing("file", "to/")
    press(app, "v", control=True)
    assert app.view.pointer.typed == "to/a file.json"


def test_notices_and_dropped_files(show: Callable[[Drawing], App]) -> None:
    app = show(nothing)
    before = shot()
    app.view.say("wrote game.gif")
    app.frame()
    assert (shot() != before).any()
    pygame.event.post(pygame.event.Event(pygame.DROPFILE, file="/some/game.json"))
    app.frame()
    assert page(app).heard == "game.json"


@pytest.mark.parametrize("way", ["q", "escape", "cross", "view"])
def test_ways_to_close(show: Callable[[Drawing], App], way: str) -> None:
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


def test_ctrl_c_closes(show: Callable[[Drawing], App]) -> None:
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


def test_the_worker_computes_beside_the_frames(show: Callable[[Drawing], App]) -> None:
    results: list[str] = []
    app = show(nothing)
    worker = app.view.worker

    def slowly(result: str) -> Callable[[], str]:
        def job() -> str:
            time.sleep(0.1)
            return result

        return job

    for question in ("first", "second", "third"):
        worker.ask("question", slowly(question), results.append)
        if question == "first":
            time.sleep(0.03)  # it has begun; the second one still waits when the third comes
    worker.ask("other", slowly("other"), results.append)
    assert worker.busy("question")
    frames, start = 0, time.perf_counter()
    while len(results) < 3:
        app.frame()
        frames += 1
        assert time.perf_counter() - start < 5
    assert results == ["first", "third", "other"]
    assert frames > 5
    assert not worker.busy("question")


def test_what_a_job_raises_comes_up_in_the_window(show: Callable[[Drawing], App]) -> None:
    app = show(nothing)

    def fail() -> None:
        raise ValueError("no such agent")

    app.view.worker.ask("fail", fail, lambda _: None)
    with pytest.raises(ValueError, match="no such agent"):
        wait(app, lambda: False)


def test_areas_are_cut_without_loss() -> None:
    area = Rect(10, 20, 100, 50)
    left, rest = take_left(area, 30, 5)
    assert (left, rest) == (Rect(10, 20, 30, 50), Rect(45, 20, 65, 50))
    assert take_right(area, 30, 5) == (Rect(80, 20, 30, 50), Rect(10, 20, 65, 50))
    assert take_top(area, 10, 4) == (Rect(10, 20, 100, 10), Rect(10, 34, 100, 36))
    assert take_bottom(area, 10, 4) == (Rect(10, 60, 100, 10), Rect(10, 20, 100, 36))
    assert take_left(area, 500, 5)[0] == area
    assert take_left(area, 500, 5)[1].width == 0
    assert [part.width for part in columns(area, [1, 2, 1], 2)] == [24, 48, 24]
    parts = rows(area, [1, 1, 1], 1)
    assert (parts[0].top, parts[-1].bottom) == (20, 70)
    assert [after.top - before.bottom for before, after in pairwise(parts)] == [1, 1]
    assert fit(area, 1, 1) == Rect(35, 20, 50, 50)


def test_texts_are_shortened_to_their_room(show: Callable[[Drawing], App]) -> None:
    def drawing(canvas: Canvas) -> None:
        taken = canvas.text("a very long line of text", Rect(100, 100, 90, 20))
        assert taken.width <= 90
        right = canvas.text("short", Rect(100, 200, 90, 20), align="right")
        assert right.right == 190

    show(drawing)
    assert shorten("abcdef", 1000, 14, False) == "abcdef"
    assert shorten("abcdefghijkl", 40, 14, False).endswith("…")
    assert shorten("abcdefghijkl", 1, 14, False) == ""


def test_bars_are_as_long_as_their_values(show: Callable[[Drawing], App]) -> None:
    shown = [Bar("a", 1.0, "", marked=True), Bar("b", 0.25, "", marked=True), Bar("c", 1.0, "", disabled=True)]
    show(lambda canvas: bars(canvas, Rect(20, 20, 600, 90), shown))
    accent = (shot() == np.array(DARK.accent)).all(axis=2)
    lengths = [int(accent[20 + row * 24 : 44 + row * 24].sum(axis=1).max()) for row in range(3)]
    assert lengths[1] == pytest.approx(lengths[0] / 4, abs=3)
    assert lengths[0] > 400
    assert lengths[2] == 0


def test_bars_stay_in_place_while_their_numbers_change(show: Callable[[Drawing], App]) -> None:
    ends, shown = [], [Bar("a", 1.0, "")]
    app = show(lambda canvas: bars(canvas, Rect(20, 20, 600, 30), shown))
    for text in ("", "1.5%", "99.9%", "100.0%"):
        shown[0] = Bar("a", 1.0, text, marked=True)
        app.frame()
        ends.append(int((shot() == np.array(DARK.accent)).all(axis=2).any(axis=0).nonzero()[0].max()))
    assert len(set(ends)) == 1
    assert ends[0] > 300


def test_letters_have_the_same_shape_at_all_sizes(show: Callable[[Drawing], App]) -> None:
    """Letters that are fitted to pixels are wider at some sizes than at others, and an x gets feet."""
    words, widths = 5 * "10x10 straight right WANTS ", list[float]()

    def drawing(canvas: Canvas) -> None:
        widths[:] = [canvas.width(words, size=pixels / canvas.unit) / pixels for pixels in range(10, 30)]

    show(drawing)
    assert max(widths) < 1.01 * min(widths)


def test_the_screen_of_tests_is_a_real_one_where_that_can_be(show: Callable[[Drawing], App]) -> None:
    show(nothing)
    assert pygame.display.get_driver() == ("x11" if shutil.which("Xvfb") else "dummy")


def test_negative_bars_go_to_the_left(show: Callable[[Drawing], App]) -> None:
    shown = [Bar("a", 1.0, "", marked=True), Bar("b", -1.0, "", marked=True)]
    show(lambda canvas: bars(canvas, Rect(20, 20, 600, 60), shown, low=-1, high=1))
    accent = (shot() == np.array(DARK.accent)).all(axis=2)
    first, second = accent[20:44].any(axis=0).nonzero()[0], accent[44:70].any(axis=0).nonzero()[0]
    assert second.max() <= first.min() + 8  # round corners
    assert len(first) == pytest.approx(len(second), abs=3)


def test_maps_show_the_values_crisply(show: Callable[[Drawing], App]) -> None:
    values = np.zeros((2, 2, 3))
    values[0, 0, 0], values[1, 1, 2] = 1, -1
    places: list[Rect] = []

    def drawing(canvas: Canvas) -> None:
        places[:] = maps(canvas, Rect(0, 0, 640, 200), values)

    show(drawing)
    for place, map_values in zip(places, values, strict=True):
        seen = shot(place)
        assert place.width / place.height == pytest.approx(1.5, abs=0.02)
        for row in range(2):
            for col in range(3):
                value = map_values[row, col]
                colour = DARK.high if value > 0 else DARK.negative if value < 0 else DARK.low
                middle = seen[place.height * (2 * row + 1) // 4, place.width * (2 * col + 1) // 6]
                assert tuple(middle.tolist()) == colour
        assert len(np.unique(seen.reshape(-1, 3), axis=0)) == 2  # nothing between the colours


@pytest.mark.parametrize("size", [(100, 100), (333, 217), (640, 97)])
def test_all_numbers_of_a_map_are_squares_of_one_size(show: Callable[[Drawing], App], size: tuple[int, int]) -> None:
    values = (np.indices((5, 7)).sum(axis=0) % 2)[None].repeat(4, axis=0)  # a chessboard
    places: list[Rect] = []

    def drawing(canvas: Canvas) -> None:
        places[:] = maps(canvas, Rect((5, 5), size), values)

    show(drawing)
    assert len(places) == 4
    for place in places:
        side, rest = divmod(place.width, 7)
        assert (rest, place.height) == (0, 5 * side)
        bright = (shot(place) == np.array(DARK.high)).all(axis=2)
        np.testing.assert_array_equal(bright, values[0].astype(bool).repeat(side, axis=0).repeat(side, axis=1))


def test_the_ramp_is_darkest_at_nothing() -> None:
    for theme in (DARK, LIGHT):
        colours = ramp(theme)
        assert tuple(colours[255].tolist()) == theme.low
        assert (tuple(colours[0].tolist()), tuple(colours[-1].tolist())) == (theme.negative, theme.high)


def test_a_picture_of_the_right_size_is_shown_as_it_is(show: Callable[[Drawing], App]) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    show(lambda canvas: (picture(canvas, Rect(100, 50, 60, 40), frame), None)[1])
    np.testing.assert_array_equal(shot(Rect(100, 50, 60, 40)), frame)


def test_curves_rise_with_their_values(show: Callable[[Drawing], App]) -> None:
    curve = Curve("score", [0, 1, 2, 3], [0, 1, float("nan"), 3])
    show(lambda canvas: curves(canvas, Rect(20, 20, 400, 300), [curve], levels={"greedy": 2}, x_label="s"))
    drawn = np.abs(shot()[60:300, 20:420].astype(int) - DARK.series[0]).sum(axis=2) < 150  # smooth lines are mixed
    row, col = drawn.nonzero()
    assert np.corrcoef(row, col)[0, 1] < -0.9  # rows count downwards


def test_a_window_in_which_nothing_can_be_read_says_so_until_it_is_larger(show: Callable[[Drawing], App]) -> None:
    drawn: list[tuple[int, int]] = []
    app = show(lambda canvas: drawn.append(canvas.area.size))
    pygame.display.set_mode((300, 200), pygame.RESIZABLE)
    assert app.frame()
    assert (shot() != DARK.background).any()
    pygame.display.set_mode((480, 320), pygame.RESIZABLE)
    assert app.frame()
    assert drawn == [(640, 480), (480, 320)]


@pytest.mark.parametrize("size", [(480, 320), (640, 480), (1600, 1000)])
def test_the_unit_grows_with_the_window(show: Callable[[Drawing], App], size: tuple[int, int]) -> None:
    units: list[int] = []
    app = show(lambda canvas: units.append(canvas.unit))
    pygame.display.set_mode(size, pygame.RESIZABLE)
    app.frame()
    assert units[-1] == {480: 11, 640: 11, 1600: 18}[size[0]]


def test_a_view_without_curves_or_maps_draws_nothing_wrong(show: Callable[[Drawing], App]) -> None:
    def drawing(canvas: Canvas) -> None:
        curves(canvas, Rect(20, 20, 400, 300), [Curve("score", [], [])])
        bars(canvas, Rect(0, 0, 100, 10), [])
        assert maps(canvas, Rect(0, 0, 1, 1), np.zeros((3, 4, 4))) == []
        canvas.box(Rect(0, 0, 0, 10))

    assert show(drawing).frame()
