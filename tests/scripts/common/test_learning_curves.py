"""Learning curves and `compare.py`: the numbers behind the figures, and the files."""

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

from scripts import compare
from scripts.common.learning_curves import (
    COLOURS,
    LearningCurve,
    food_curve,
    moving_band,
    save_classifier_curve,
    save_comparison,
    save_player_curve,
)
from scripts.common.run_folder import RunFolder

EVOLUTION = [
    {
        "generation": float(i),
        "seconds": 10.0 * i,
        "timesteps": 100.0 * i,
        "mean_score": i,
        "best_score": 3.0 * i,
        "validation_score": 2.0 * i,
    }
    for i in (1, 2, 3)
]
VALIDATION = (math.nan, math.nan, 5.0, 5.0, 5.0, 9.0, 9.0, 7.0)
LEARNER = [
    {
        "seconds": 5.0 * i,
        "timesteps": 64.0 * i,
        "episode_score": math.nan if i == 3 else float(i),
        "validation_score": v,
    }
    for i, v in enumerate(VALIDATION)
]
NOISY = [{"seconds": float(i), "episode_score": i % 7 + i / 9, "validation_score": float(i // 20)} for i in range(80)]
CLASSIFIER = [{"epoch": float(i), "step": 10.0 * i, "seconds": 2.0 * i, "loss": 1 / i} for i in (1, 2, 3)]


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def near(image: NDArray[np.uint8], colour: str) -> int:
    """How many pixels have about this colour of matplotlib's."""
    wanted = np.array(matplotlib.colors.to_rgb(colour)) * 255
    return int((np.abs(image - wanted).max(axis=-1) < 12).sum())


def write_run(path: Path, kind: str, metrics: list[dict[str, Any]], result: dict[str, Any] | None = None) -> Path:
    path.mkdir()
    folder = RunFolder(path)
    folder.write_json("config.json", {"kind": kind, "height": 5, "width": 8})
    if metrics:
        folder.write_metrics(metrics)
    if result is not None:
        folder.write_json("result.json", result)
    return path


def test_the_food_curve_of_a_learner_has_its_measurements_alone() -> None:
    x, y = food_curve(LEARNER)
    assert x.tolist() == [10, 25, 35]
    assert y.tolist() == [5, 9, 7]
    assert food_curve(LEARNER, "timesteps")[0].tolist() == [128, 320, 448]
    assert [values.tolist() for values in food_curve(EVOLUTION)] == [[10, 20, 30], [2, 4, 6]]


def test_before_the_first_measurement_a_learner_has_no_points(tmp_path: Path) -> None:
    x, y = food_curve(LEARNER[:2])
    assert len(x) == len(y) == 0
    save_player_curve(LEARNER[:1], {}, tmp_path / "curve.png")
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
    save_player_curve(metrics, {}, tmp_path / "without.png")
    save_player_curve(metrics, {"greedy": 4.0}, tmp_path / "with.png")
    without, with_baseline = pixels(tmp_path / "without.png"), pixels(tmp_path / "with.png")
    assert near(without, "C1") > 200  # the validation scores
    assert near(without, "C3") > 50  # the star
    assert near(without, "#c7ddec") > 5000  # the band: a quarter of blue on white
    assert near(with_baseline, "dimgray") > near(without, "dimgray") + 50


def test_a_classifiers_curve_marks_its_best_epoch(tmp_path: Path) -> None:
    save_classifier_curve(CLASSIFIER, tmp_path / "loss.png")
    validated = [row | {"validation_loss": 0.5, "validation_accuracy": 0.9} for row in CLASSIFIER]
    save_classifier_curve(validated, tmp_path / "both.png")
    loss, both = pixels(tmp_path / "loss.png"), pixels(tmp_path / "both.png")
    assert (loss.shape[1], both.shape[1]) == (720, 1200)
    assert near(loss, "C3") == 0
    assert near(both[:, 600:], "C3") > 50


def test_compare_draws_a_curve_a_run_and_lists_what_they_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = {
        "mean": 12.25,
        "best": 20.0,
        "full": 0.5,
        "steps_per_food": 3.0,
        "train_seconds": 30.0,
        "total_timesteps": 300,
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
        "total_timesteps": 448.0,
    }
    image = pixels(out)
    assert image.shape == (600, 1080, 3)
    assert all(near(image, colour) > 100 for colour in COLOURS[:2])
    assert near(image, COLOURS[2]) == 0
    assert compare.main(compare.parse([*words, "--json"])) == json.loads(capsys.readouterr().out)


def test_names_are_written_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if Matplotlib would omit them, read them as formulas, or cannot draw them."""
    legends: list[list[str]] = []
    original = Figure.savefig

    def savefig(figure: Figure, *words: Any, **options: Any) -> None:
        legend = figure.axes[0].get_legend()
        assert legend is not None
        legends.append([text.get_text() for text in legend.get_texts()])
        original(figure, *words, **options)

    monkeypatch.setattr(Figure, "savefig", savefig)
    names = ["_hidden", "a$1_$", "caf\udce9", "plain"]
    curves = [LearningCurve(name, np.arange(3.0), np.arange(3.0)) for name in names]
    save_comparison(curves, "x", "y", tmp_path / "names.png")
    assert legends == [["_hidden", r"a\$1_\$", "caf?", "plain"]]


@pytest.mark.parametrize(("over", "ends"), [("seconds", [30, 35]), ("timesteps", [300, 448])])
def test_compare_draws_over_seconds_or_timesteps(
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
    rows = compare.main(compare.parse([str(run), "--over", "timesteps", "--out", str(tmp_path / "compare.png")]))
    printed = capsys.readouterr().out
    assert "99.31%" in printed
    assert "12,345" in printed
    assert rows == [{"run": str(run), "kind": "cnn", **figures}]
    assert near(pixels(tmp_path / "compare.png"), COLOURS[0]) > 100


def test_compare_refuses_what_it_cannot_compare(tmp_path: Path) -> None:
    def comparing(*words: object) -> None:
        compare.main(compare.parse([*map(str, words)]))

    player, classifier = (write_run(tmp_path / "p", "es", EVOLUTION), write_run(tmp_path / "c", "cnn", CLASSIFIER))
    with pytest.raises(ValueError, match=r"p is the run of a player, .*c of a classifier; compare runs of one sort"):
        comparing(classifier, player)
    with pytest.raises(FileNotFoundError, match="nothing holds no run; give the folder"):
        comparing(player, tmp_path / "nothing")
    with pytest.raises(ValueError, match="is a run without metrics"):
        comparing(write_run(tmp_path / "new", "es", []))
    with pytest.raises(ValueError, match="no run given"):
        comparing()
    with pytest.raises(ValueError, match=r"out is x.gif; choose .*\.png"):
        comparing(player, "--out", "x.gif")
