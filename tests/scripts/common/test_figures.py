"""Curves, comparisons and filters: the numbers behind them, and every picture opened again."""

import json
import math
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

import nn
from scripts import compare
from scripts.common.learning_curves import (
    COLOURS,
    Curve,
    food_curve,
    moving_band,
    save_comparison,
    save_curve,
    save_training_curve,
)
from scripts.common.run_folder import RunFolder
from scripts.vision.figures import save_filters

EVOLUTION = [
    {"seconds": 10.0 * i, "steps": 100.0 * i, "mean": i, "best": 3.0 * i, "champion": 2.0 * i, "generation": float(i)}
    for i in (1, 2, 3)
]
VALIDATION = (math.nan, math.nan, 5.0, 5.0, 5.0, 9.0, 9.0, 7.0)
LEARNER = [
    {"seconds": 5.0 * i, "steps": 64.0 * i, "score": math.nan if i == 3 else float(i), "validation": v}
    for i, v in enumerate(VALIDATION)
]
NOISY = [{"seconds": float(i), "score": i % 7 + i / 9, "validation": float(i // 20)} for i in range(80)]
CLASSIFIER = [{"epoch": float(i), "step": 10.0 * i, "seconds": 2.0 * i, "loss": 1 / i} for i in (1, 2, 3)]


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def near(picture: NDArray[np.uint8], colour: str) -> int:
    """How many pixels have about this colour of matplotlib's."""
    wanted = np.array(matplotlib.colors.to_rgb(colour)) * 255
    return int((np.abs(picture - wanted).max(axis=-1) < 12).sum())


def write_run(path: Path, kind: str, metrics: list[dict[str, Any]], result: dict[str, Any] | None = None) -> Path:
    path.mkdir()
    folder = RunFolder(path)
    folder.write_json("config.json", {"kind": kind, "height": 5, "width": 8})
    if metrics:
        folder.write_metrics(metrics)
    if result is not None:
        folder.write_json("result.json", result)
    return path


def test_the_food_of_a_learner_is_what_was_measured_when_it_was() -> None:
    x, y = food_curve(LEARNER)
    assert x.tolist() == [10, 25, 35]
    assert y.tolist() == [5, 9, 7]
    assert food_curve(LEARNER, "steps")[0].tolist() == [128, 320, 448]
    assert [values.tolist() for values in food_curve(EVOLUTION)] == [[10, 20, 30], [2, 4, 6]]


def test_a_learner_that_was_not_measured_yet_has_no_points(tmp_path: Path) -> None:
    x, y = food_curve(LEARNER[:2])
    assert len(x) == len(y) == 0
    save_curve(LEARNER[:1], {}, tmp_path / "curve.png")
    assert pixels(tmp_path / "curve.png").shape == (540, 960, 3)


def test_a_moving_band_is_that_of_the_neighbours() -> None:
    values = np.random.default_rng(1).normal(size=40)
    mean, low, high = moving_band(values, 5)
    for i in range(2, 38):
        around = values[i - 2 : i + 3]
        assert mean[i] == pytest.approx(around.mean())
        assert (low[i], high[i]) == pytest.approx((np.percentile(around, 10), np.percentile(around, 90)))
    assert len(mean) == 40
    assert [len(part) for part in moving_band(values[:0], 1)] == [0, 0, 0]


@pytest.mark.parametrize("metrics", [EVOLUTION, NOISY], ids=["evolution", "learner"])
def test_a_curve_has_a_band_a_best_and_baselines(metrics: list[dict[str, float]], tmp_path: Path) -> None:
    save_curve(metrics, {}, tmp_path / "without.png")
    save_curve(metrics, {"greedy": 4.0}, tmp_path / "with.png")
    without, with_baseline = pixels(tmp_path / "without.png"), pixels(tmp_path / "with.png")
    assert near(without, "C1") > 200  # what validation gave
    assert near(without, "C3") > 50  # the star
    assert near(without, "#c7ddec") > 5000  # the band: a quarter of blue on white
    assert near(with_baseline, "dimgray") > near(without, "dimgray") + 50


def test_a_classifiers_curve_marks_its_best_epoch(tmp_path: Path) -> None:
    save_training_curve(CLASSIFIER, tmp_path / "loss.png")
    validated = [row | {"validation_loss": 0.5, "validation_accuracy": 0.9} for row in CLASSIFIER]
    save_training_curve(validated, tmp_path / "both.png")
    loss, both = pixels(tmp_path / "loss.png"), pixels(tmp_path / "both.png")
    assert (loss.shape[1], both.shape[1]) == (720, 1200)
    assert near(loss, "C3") == 0
    assert near(both[:, 600:], "C3") > 50


@pytest.mark.parametrize("channels", [1, 3])
def test_filters_of_a_convolution_show_its_kernels(
    channels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = nn.Sequential([nn.Conv2D(channels, 5), nn.Flatten(), nn.Dense(5 * 6 * 7, 2)], (channels, 6, 7), rng=0)
    weight = network.layers[0].weight  # type: ignore[attr-defined]
    weight.value = 0.0
    weight.value[0] = 1.0  # as red as can be where there is one channel, white where there are three
    weight.value[1] = -1.0
    shown = caught(monkeypatch)
    save_filters(network, tmp_path / "filters.png")
    assert pixels(tmp_path / "filters.png").std() > 5
    assert len(shown) == 5
    expected = [1, -1, 0, 0, 0] if channels == 1 else [1, 0, 0.5, 0.5, 0.5]
    assert [float(kernel.mean()) for kernel in shown] == pytest.approx(expected)
    assert shown[0].shape == ((3, 3) if channels == 1 else (3, 3, 3))


def test_filters_of_dense_units_are_pictures_of_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = nn.Sequential([nn.Flatten(), nn.Dense(4 * 6, 70), nn.ReLU(), nn.Dense(70, 2)], (1, 4, 6), rng=0)
    shown = caught(monkeypatch)
    save_filters(network, tmp_path / "filters.png")
    assert pixels(tmp_path / "filters.png").std() > 5
    assert len(shown) == 64  # of 70
    weight = network.layers[1].weight.value  # type: ignore[attr-defined]
    np.testing.assert_array_equal(shown[9][2, 5], weight[2 * 6 + 5, 9])


def test_filters_need_a_layer_with_weights(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither a convolution nor a dense layer"):
        save_filters(nn.Sequential([nn.Flatten()], (1, 4, 6), rng=0), tmp_path / "filters.png")


def caught(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[Any]]:
    """The arrays that pictures are drawn of from now on."""
    shown: list[NDArray[Any]] = []
    original = matplotlib.axes.Axes.imshow

    def imshow(axes: Any, array: NDArray[Any], **options: Any) -> Any:
        shown.append(np.asarray(array))
        return original(axes, array, **options)

    monkeypatch.setattr(matplotlib.axes.Axes, "imshow", imshow)
    return shown


def test_compare_draws_a_curve_a_run_and_lists_what_they_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = {
        "mean": 12.25,
        "best": 20.0,
        "full": 0.5,
        "steps_per_food": 3.0,
        "train_seconds": 30.0,
        "train_steps": 300,
    }
    runs = [write_run(tmp_path / "evolved", "es", EVOLUTION, result), write_run(tmp_path / "going", "ppo", LEARNER)]
    out = tmp_path / "new" / "compare.png"
    words = [*map(str, runs), "--out", str(out)]
    rows = compare.main(compare.parse(words))
    printed = capsys.readouterr().out
    assert "12.2" in printed
    assert "50%" in printed
    assert rows[0] == {"run": str(runs[0]), "kind": "es", "board": "5 x 8", **result}
    assert rows[1] == {
        "run": str(runs[1]),
        "kind": "ppo",
        "board": "5 x 8",
        "train_seconds": 35.0,
        "train_steps": 448.0,
    }
    picture = pixels(out)
    assert picture.shape == (600, 1080, 3)
    assert all(near(picture, colour) > 100 for colour in COLOURS[:2])
    assert near(picture, COLOURS[2]) == 0
    assert compare.main(compare.parse([*words, "--json"])) == json.loads(capsys.readouterr().out)


def test_names_stand_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where Matplotlib would leave them out, take them for a formula, or cannot write them."""
    legends: list[list[str]] = []
    original = Figure.savefig

    def savefig(figure: Figure, *words: Any, **options: Any) -> None:
        legend = figure.axes[0].get_legend()
        assert legend is not None
        legends.append([text.get_text() for text in legend.get_texts()])
        original(figure, *words, **options)

    monkeypatch.setattr(Figure, "savefig", savefig)
    names = ["_hidden", "a$1_$", "caf\udce9", "plain"]
    curves = [Curve(name, np.arange(3.0), np.arange(3.0)) for name in names]
    save_comparison(curves, "x", "y", tmp_path / "names.png")
    assert legends == [["_hidden", r"a\$1_\$", "caf?", "plain"]]


@pytest.mark.parametrize(("over", "ends"), [("seconds", [30, 35]), ("steps", [300, 448])])
def test_compare_draws_over_seconds_or_steps(
    over: str, ends: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [write_run(tmp_path / "evolved", "es", EVOLUTION), write_run(tmp_path / "learned", "ppo", LEARNER)]
    figures: list[Figure] = []
    monkeypatch.setattr("scripts.common.learning_curves.save_figure", lambda figure, _: figures.append(figure))
    compare.main(compare.parse([*map(str, runs), "--over", over, "--out", str(tmp_path / "x.png"), "--json"]))
    lines = figures[0].axes[0].get_lines()
    assert [np.asarray(line.get_xdata())[-1] for line in lines] == ends
    assert [np.asarray(line.get_ydata())[-1] for line in lines] == [6, 7]
    assert over in figures[0].axes[0].get_xlabel()


def test_compare_takes_classifiers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = {"test_accuracy": 0.9931, "train_seconds": 6.0, "epochs": 3, "parameters": 12345}
    run = write_run(tmp_path / "cnn", "cnn", CLASSIFIER, figures)
    rows = compare.main(compare.parse([str(run), "--over", "steps", "--out", str(tmp_path / "compare.png")]))
    printed = capsys.readouterr().out
    assert "99.31%" in printed
    assert "12,345" in printed
    assert rows == [{"run": str(run), "kind": "cnn", **figures}]
    assert near(pixels(tmp_path / "compare.png"), COLOURS[0]) > 100


def test_compare_names_what_it_cannot_compare(tmp_path: Path) -> None:
    def comparing(*words: object) -> None:
        compare.main(compare.parse([*map(str, words)]))

    player, classifier = (write_run(tmp_path / "p", "es", EVOLUTION), write_run(tmp_path / "c", "cnn", CLASSIFIER))
    with pytest.raises(ValueError, match=r"p learned to play and .*c to tell pictures apart; compare like runs"):
        comparing(classifier, player)
    with pytest.raises(FileNotFoundError, match="nothing holds no run; give the folder"):
        comparing(player, tmp_path / "nothing")
    with pytest.raises(ValueError, match="is a run without metrics"):
        comparing(write_run(tmp_path / "new", "es", []))
    with pytest.raises(ValueError, match="no run given"):
        comparing()
    with pytest.raises(ValueError, match=r"out is x.gif; choose .*\.png"):
        comparing(player, "--out", "x.gif")
