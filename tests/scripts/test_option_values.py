"""Numbers that no option can have: every script answers with one line that names the option, or works."""

import dataclasses
import typing
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pygame")

from scripts import evaluate, play, record, train, train_images, train_mnist, watch
from scripts.common.cli import HIDDEN, option_name
from scripts.training import snake_run
from scripts.ui.app import App
from tests.support.digits import small_mnist
from tests.support.ui.windows import press

TINY = {"height": 5, "width": 6, "threads": 1, "workers": 1, "n_envs": 8, "n_steps": 16, "batch_size": 16}
TINY |= {"hidden": 8, "channels": 4, "games": 1, "fps": 100000, "population_size": 6, "elite": 2, "tournament_size": 2}
TINY |= {"n_episodes": 2, "validation_games": 2, "buffer_size": 512, "learning_starts": 64, "size": 8, "final_games": 2}
PLAYERS: list[tuple[str, ModuleType, type[Any], str]] = [
    ("evaluate", evaluate, evaluate.Options, "greedy"),
    ("record", record, record.Options, "greedy --out game.gif"),
    ("watch", watch, watch.Options, "greedy --text"),
    ("play", play, play.Options, "--scores scores.json"),
]
TRAININGS: list[tuple[str, ModuleType, type[Any], str]] = [
    *((kind, train, options, kind) for kind, options in snake_run.KINDS.items()),
    *((kind, train_mnist, options, f"{kind} --data-dir data") for kind, options in train_mnist.KINDS.items()),
    ("images", train_images, train_images.ImageOptions, "pictures"),
]
ENDLESS = {("watch", "games"), ("play", "games"), ("evaluate", "games")}  # where a huge number takes its time or memory


class Begun(Exception):  # noqa: N818  it is no error
    """The training would begin now."""


def number_type(hint: Any) -> type | None:
    """Whether an option is a number: int, float, or a choice or tuple of these."""
    if hint in (int, float):
        return typing.cast(type, hint)
    return next((found for found in map(number_type, typing.get_args(hint)) if found), None)


def numeric_options(options: type[Any]) -> dict[str, type]:
    hints = get_type_hints(options, include_extras=True)
    kinds = {field.name: hints[field.name] for field in dataclasses.fields(options)}
    shown = {name: hint for name, hint in kinds.items() if HIDDEN not in getattr(hint, "__metadata__", ())}
    return {name: kind for name, hint in shown.items() if (kind := number_type(hint))}


@pytest.fixture
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with pictures and digits; trainings end where they would begin."""
    rng = np.random.default_rng(0)
    for name in ("bar", "disc"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(6):
            picture = Image.fromarray(rng.integers(0, 256, (9, 8, 3), np.uint8))
            picture.save(tmp_path / "pictures" / name / f"{i}.png")
    (tmp_path / "data").mkdir()
    small_mnist(tmp_path / "data", monkeypatch)
    monkeypatch.chdir(tmp_path)

    def begin(*_: Any, **__: Any) -> None:
        raise Begun

    def start_and_run(app: App, *frames: float) -> None:
        press(app, "right")  # a game of play.py begins with the first key
        run(app, *frames)

    run = App.run
    monkeypatch.setattr(App, "run", start_and_run)
    monkeypatch.setattr(snake_run, "begin_run", begin)
    monkeypatch.setattr("scripts.training.classifier_run.begin_run", begin)


def answer(module: ModuleType, words: list[str]) -> str:
    """What a script says, "" if it works."""
    with warnings.catch_warnings(action="ignore"):  # numbers that overflow in float32
        try:
            module.main(module.parse(words))
        except (ValueError, RuntimeError, OSError, FloatingPointError) as error:
            return str(error)
        except (Begun, MemoryError):  # `run_command` names the largest number
            return ""
        except SystemExit:
            return "the command line"  # what it says is printed
    return ""


@pytest.mark.usefixtures("_place")
@pytest.mark.parametrize("script", [*PLAYERS, *TRAININGS], ids=lambda script: script[0])
def test_each_number_works_or_is_named(
    script: tuple[str, ModuleType, type[Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    name, module, options, words = script
    numbers = numeric_options(options)
    assert len(numbers) >= 3
    for number, kind in numbers.items():
        values = ["-1", "0", "1" + 30 * "0"] + (["nan", "inf", "1e300"] if kind is float else [])
        for value in values:
            if (name, number) in ENDLESS and value.startswith("10"):
                continue
            tiny = [f"{option_name(other)}={TINY[other]}" for other in numbers if other in TINY and other != number]
            said = answer(module, [*words.split(), *tiny, f"{option_name(number)}={value}"])
            named = number.replace("_", " ") in f"{said} {capsys.readouterr().err}".replace("_", " ").replace("-", " ")
            assert not said or named, f"{name} {option_name(number)}={value}: {said}"
            assert "games None" not in said
            assert "\n" not in said
