"""The window of images.py, driven by synthetic keys on a virtual screen."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest
from numpy.typing import NDArray
from PIL import Image
from pygame import Rect

from scripts.ui.app import App
from scripts.ui.theme import DARK
from scripts.vision.classifier import Classifier, load_classifiers
from scripts.vision.image_source import ImageFiles
from scripts.windows.images_window import ImagesWindow
from tests.support.colours import red_or_blue
from tests.support.paths import DATA, SCRIPTS
from tests.support.ui.windows import pixels, press, settle, shot, wait

VEHICLES = DATA / "vehicles" / "test"
RED, BLUE = (250, 0, 0), (0, 0, 250)

pytestmark = pytest.mark.usefixtures("screen")
JOBS = ("view", "thumbnails")
Open = Callable[..., tuple[App, ImagesWindow]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """blue: a blue image and a red one, red: a red one, and a broken one."""
    for name, colour in {"blue/1.png": BLUE, "blue/2.png": RED, "red/3.png": RED}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 20), colour).save(tmp_path / name)
    (tmp_path / "red" / "4.png").write_bytes(b"\x89PNG")
    return tmp_path


@pytest.fixture
def open_window() -> Iterator[Open]:
    apps: list[App] = []

    def open_one(
        place: Path, classifiers: dict[str, Classifier] | None = None, size: tuple[int, int] = (900, 600)
    ) -> tuple[App, ImagesWindow]:
        classifiers = classifiers or {"colours": red_or_blue()}
        window = ImagesWindow(classifiers, ImageFiles(list(classifiers.values()), place))
        apps.append(App(window, size))
        settle(apps[-1], *JOBS)
        return apps[-1], window

    yield open_one
    for app in apps:
        app.close()


def all_predicted(window: ImagesWindow) -> bool:
    return window.browser is not None and window.browser.n_predicted == len(window.browser)


def test_correct_and_wrong_predictions_are_marked_if_folders_give_classes(folder: Path, open_window: Open) -> None:
    app, window = open_window(folder)
    wait(app, lambda: all_predicted(window))
    app.frame()
    panel, verdict = Rect(450, 45, 450, 100), Rect(460, 75, 440, 28)
    assert window.image_view.name == str(Path("blue/1.png"))
    assert pixels(DARK.good, panel) > 100
    assert pixels(DARK.good, verdict, within=50) > 50
    assert pixels(DARK.bad, panel) == 0
    press(app, "right")
    settle(app, *JOBS)
    assert pixels(DARK.bad, panel) > 100
    assert pixels(DARK.bad, verdict, within=50) > 50
    assert window.progress() == "1 of 4 wrong"


def test_the_image_is_enlarged_in_its_proportions(folder: Path, open_window: Open) -> None:
    open_window(folder)
    left = shot(Rect(0, 45, 445, 390))
    rows, columns = np.nonzero((left == BLUE).all(axis=-1))
    height, width = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    assert width == 2 * height == 400  # ten pixels for one: the largest integer that fits
    assert len(rows) == width * height


def test_steps_wrong_ones_and_broken_ones(folder: Path, open_window: Open) -> None:
    app, window = open_window(folder)
    wait(app, lambda: all_predicted(window))
    press(app, "w")
    settle(app, *JOBS)
    assert window.image_view.name == str(Path("blue/2.png"))
    press(app, "w")
    press(app, "down")
    settle(app, *JOBS)
    assert window.image_view.problem.startswith("4.png cannot be read")
    press(app, "left")
    settle(app, *JOBS)
    assert window.image_view.name == str(Path("red/3.png"))
    assert not window.image_view.problem


def test_without_class_folders_nothing_is_marked(tmp_path: Path, open_window: Open) -> None:
    Image.new("RGB", (40, 20), RED).save(tmp_path / "a.png")
    app, window = open_window(tmp_path)
    wait(app, lambda: all_predicted(window))
    app.frame()
    assert pixels(DARK.good) == pixels(DARK.bad) == 0
    assert window.progress() == "1 images that cannot be judged"
    press(app, "w")
    assert window.notice == "these images cannot be judged: no folder of theirs has the name of a class"


def test_a_dropped_file_is_opened_and_a_missing_one_is_reported(folder: Path, open_window: Open) -> None:
    app, window = open_window(folder)
    pygame.event.post(pygame.event.Event(pygame.DROPFILE, file=str(folder / "red" / "3.png")))
    settle(app, *JOBS)
    assert window.image_view.title == "image 1 of 1"
    pygame.event.post(pygame.event.Event(pygame.DROPFILE, file=str(folder / "nothing")))
    app.frame()
    assert window.notice.endswith("nothing does not exist; give a folder of images, or an image file")
    assert window.image_view.title == "image 1 of 1"


def test_another_folder_can_be_opened_during_predictions_for_the_first(
    tmp_path: Path, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, colours in {"one": (RED,), "two": (BLUE, RED)}.items():
        (tmp_path / name).mkdir()
        for n in range(150):
            Image.new("RGB", (8, 8), colours[n % len(colours)]).save(tmp_path / name / f"{n:03}.png")
    predict = ImageFiles.predict

    def slowly(self: ImageFiles, start: int, stop: int) -> NDArray[np.int64]:
        time.sleep(0.05)
        return predict(self, start, stop)

    monkeypatch.setattr(ImageFiles, "predict", slowly)
    app, window = open_window(tmp_path / "one")
    assert not all_predicted(window)
    press(app, "w")
    assert window.notice == "these images cannot be judged: no folder of theirs has the name of a class"
    window.dropped(tmp_path / "two")
    press(app, "right")
    press(app, "left")
    press(app, "left")
    assert window.notice == "this is the first image"
    wait(app, lambda: all_predicted(window))
    for _ in range(10):  # what came too late would come now
        app.frame()
        time.sleep(0.02)
    assert window.browser is not None
    assert window.browser.n_predicted == 150
    assert window.browser.predicted[0].tolist() == [1, 0] * 75


def test_two_networks_side_by_side(folder: Path, open_window: Open) -> None:
    app, window = open_window(folder, {"small": red_or_blue(4), "large": red_or_blue(6)}, (1200, 700))
    assert [prediction.image.shape[0] for prediction in window.image_view.predictions] == [4, 6]
    wait(app, lambda: all_predicted(window))
    assert window.browser is not None
    assert window.browser.count_correct(0) == window.browser.count_correct(1) == (2, 3)


@pytest.mark.parametrize("size", [(900, 600), (1600, 1000)])
def test_planes_ships_and_cars(open_window: Open, size: tuple[int, int]) -> None:
    if not VEHICLES.is_dir():
        pytest.skip("the images are not beside the checkout")
    app, window = open_window(VEHICLES, load_classifiers([Path("vehicles-cnn")], digits=False), size)
    browser = window.browser
    assert browser is not None
    wait(app, lambda: browser.n_predicted >= 120)
    right, of = browser.count_correct(0)
    assert right / of > 0.8
    shapes = [layer.maps.shape for layer in window.image_view.predictions[0].layers]
    assert shapes == [*[(32, 32, 32)] * 2, *[(64, 16, 16)] * 2, *[(128, 8, 8)] * 2, (128, 1, 1)]
    before = shot(Rect(size[0] // 2, 200, size[0] // 2, 300))
    press(app, "right")
    settle(app, *JOBS)
    assert (shot(Rect(size[0] // 2, 200, size[0] // 2, 300)) != before).any(axis=-1).mean() > 0.1  # other maps


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "nowhere does not exist"),
        ([str(SCRIPTS)], "holds no image file"),
        ([__file__], "is not an image file"),
        ([".", "--networks", "digits-cnn"], "digits-cnn was trained on digits"),
        (["IMAGE"], "no window can be opened here"),
    ],
)
def test_errors_are_one_line(arguments: list[str], says: str, folder: Path) -> None:
    arguments = [str(folder) if word == "IMAGE" else word for word in arguments]
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = [sys.executable, str(SCRIPTS / "images.py"), *arguments]
    environment = kept | {"SDL_VIDEODRIVER": "x11"}
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert ended.returncode == 1
    assert not ended.stdout
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert says in line
