"""`scripts/evaluate.py`, and the agents that it finds by name: run folders, files, shipped ones, scripted players."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import nn
from agents import NetworkAgent, registry
from scripts import evaluate, package_agent
from scripts.common.run_folder import RunFolder
from snake_env.observations.features import OVERALL, PER_ACTION

BOARD = {"height": 5, "width": 6}


def save_run(folder: Path, **environment: Any) -> Path:
    """Write the folder of a finished run, whose agent is an untrained network."""
    inputs = len(PER_ACTION) + len(OVERALL)
    network = nn.Sequential([nn.Dense(inputs, 1)], input_shape=(inputs,), rng=0)
    agent = NetworkAgent(network, BOARD | {"observation": "features"} | environment, action_features=len(PER_ACTION))
    run = RunFolder.new(folder, "tiny")
    run.write_json("config.json", {"kind": "tiny", "seed": 3, "out": str(folder)})
    run.write_json("result.json", {"mean": 0.0, "train_seconds": 1.5, "total_timesteps": 700})
    agent.save(folder / "best.npz", {"steps": 700})
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return save_run(tmp_path / "tiny")


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of shipped agents in place of the package's own."""
    monkeypatch.setattr(registry, "FOLDER", tmp_path / "pretrained")
    return tmp_path / "pretrained"


def rows_of(*words: str) -> list[dict[str, Any]]:
    return evaluate.main(evaluate.parse(words))


def test_deaths_are_counted_with_and_without_masks(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = str(run), "random", "cycle", "--games", "40"
    masked, unmasked = rows_of(*words), rows_of(*words, "--no-mask")
    printed = capsys.readouterr().out
    assert "trapped" in printed
    assert "without action masks" in printed
    for row in masked + unmasked:
        assert list(row["deaths"]) == ["wall", "body", "trapped", "starved"]
        assert sum(row["deaths"].values()) == round(40 * (1 - row["full"]))
    for row in masked:
        assert row["deaths"]["wall"] == row["deaths"]["body"] == 0
    assert min(unmasked[1]["deaths"]["wall"], unmasked[1]["deaths"]["body"]) > 0
    assert unmasked[1]["mean"] < masked[1]["mean"]
    assert unmasked[2] == masked[2]  # the cycle needs no mask


def test_json_has_the_deaths(capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of("greedy", "random", "--games", "6", "--height", "4", "--width", "6", "--json")
    assert json.loads(capsys.readouterr().out) == rows
    assert [sum(row["deaths"].values()) for row in rows] == [6, 6]


def test_scores_are_plotted(run: Path, tmp_path: Path) -> None:
    heights = []
    for names in ([str(run)], [str(run), "random", "cycle", "greedy", "safe-greedy", "shortcut"]):
        file = tmp_path / "new" / f"{len(names)}.png"
        rows_of(*names, "--games", "5", "--plot", str(file))
        with Image.open(file) as picture:
            assert picture.size[0] > 600
            assert np.asarray(picture.convert("RGB")).std() > 10
            heights.append(picture.size[1])
    assert heights[0] < heights[1]


def test_the_table_is_printed_even_if_the_plot_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        rows_of("greedy", "--games", "2", "--plot", str(tmp_path / "file" / "scores.png"))
    assert "greedy" in capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 60, 79])
def test_a_narrow_terminal_shows_names_and_whole_figures(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    rows = rows_of("greedy", "random", "--games", "4", "--height", "5", "--width", "6")
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    for row, following in zip(rows, printed.split("greedy", 1)[1].split("random"), strict=True):
        for figure in (f"{row['mean']:.1f} ±", f"{row['best']:.0f}", f"{row['steps_per_food']:.1f}"):
            assert re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d.])", following)
        assert any(f"{count} {cause}" in following for cause, count in row["deaths"].items() if count)


@pytest.mark.parametrize("seed", [2**62, 2**64 - 1])
def test_a_seed_that_is_too_large_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=f"seed is {seed}; give an integer from 0"):
        rows_of("greedy", "--games", "2", "--seed", str(seed))


def test_a_plot_of_unknown_format_is_refused_before_games_are_played() -> None:
    with pytest.raises(ValueError, match=r"plot is scores\.jpeg; choose a name that ends in \.png, \.svg, \.pdf"):
        rows_of("random", "--plot", "scores.jpeg")


def test_agents_see_and_move_as_they_were_trained(run: Path, tmp_path: Path) -> None:
    """The rules of the first learned agent hold for all, but not its actions."""
    relative, absolute = save_run(tmp_path / "relative", actions="relative"), tmp_path / "absolute.npz"
    network = nn.Sequential([nn.Flatten(), nn.Dense(4 * 5 * 6, 4)], input_shape=(4, 5, 6), rng=0)
    NetworkAgent(network, BOARD).save(absolute, {})
    beside = rows_of(str(relative), str(absolute), str(run), "--games", "5")
    assert beside == [rows_of(name, "--games", "5")[0] for name in map(str, (relative, absolute, run))]


def test_a_packaged_agent_has_notes_on_its_training(run: Path, shipped: Path) -> None:
    words = [str(run), "tiny-5x6", "--games", "6", "--folder", str(shipped), "--command", "train.py --seed 3"]
    notes = package_agent.main(package_agent.parse(words))
    about = registry.read_metadata("tiny-5x6")
    assert about["notes"] == notes
    assert (notes["command"], notes["seed"], notes["steps"]) == ("train.py --seed 3", 3, 700)
    assert (notes["train_seconds"], notes["total_timesteps"]) == (1.5, 700)
    assert not notes.keys() & {"out", "resume"}  # local paths are not published
    assert about["environment"] == BOARD | {"observation": "features"}
    arrays, _ = nn.files.read(shipped / "tiny-5x6.npz")
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float16)}
    assert rows_of("tiny-5x6", "--games", "6") == [{"agent": "tiny-5x6"} | notes["evaluation"]]
    assert rows_of("tiny-5x6", "--games", "6", "--no-mask") == [
        {"agent": "tiny-5x6"} | notes["evaluation_without_mask"]
    ]
    with pytest.raises(FileExistsError, match=r"tiny-5x6.npz exists already; remove it first"):
        package_agent.main(package_agent.parse(words))


def test_an_agent_without_a_command_is_not_packaged(run: Path, shipped: Path) -> None:
    with pytest.raises(ValueError, match="stores no command; give --command"):
        package_agent.main(package_agent.parse([str(run), "tiny", "--folder", str(shipped)]))


def test_an_unknown_name_is_answered_with_the_known_ones(run: Path, shipped: Path) -> None:
    shipped.mkdir()
    with pytest.raises(ValueError, match=r"no agent at nobody.*there are none yet"):
        rows_of("nobody")
    for name in ("b-8x8", "a-5x6"):
        NetworkAgent.load(run / "best.npz").save(shipped / f"{name}.npz", {})
    with pytest.raises(ValueError, match=r"no agent at nobody.*: a-5x6, b-8x8; or a scripted player: random, greedy"):
        rows_of("nobody")
