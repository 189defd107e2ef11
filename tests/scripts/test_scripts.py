"""The commands, each with a tiny budget, in a temporary folder."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nn
from scripts import benchmark, evaluate, record, train, watch
from scripts.benchmarks import networks, peers
from scripts.common.budget import parse_budget
from scripts.common.run_files import Config
from scripts.common.run_folder import RunFolder
from tests.support.paths import ROOT
from tests.support.waiting import until

TINY = [
    "--budget",
    "60s",
    "--height",
    "5",
    "--width",
    "6",
    "--n-episodes",
    "3",
    "--population-size",
    "8",
    "--final-games",
    "6",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a few generations."""
    folder = tmp_path_factory.mktemp("runs") / "es"
    train.main(train.parse([*TINY, "--generations", "4", "--workers", "1", "--out", str(folder)]))
    return folder


def test_a_run_folder_is_complete(run: Path) -> None:
    files = {file.name for file in run.iterdir()}
    assert files == {
        ".lock",
        "config.json",
        "metrics.csv",
        "best.npz",
        "last.npz",
        "result.json",
        "curve.png",
        "best_game.gif",
    }
    result = json.loads((run / "result.json").read_text())
    assert result["games"] == 6
    assert result["generations"] == 4
    assert {"mean", "ci95", "full", "full_ci95", "steps_per_food", "train_seconds"} <= set(result)
    assert [row["generation"] for row in RunFolder(run).read_metrics()] == [1, 2, 3, 4]
    with Image.open(run / "curve.png") as curve:
        assert curve.size[0] > 600
    with Image.open(run / "best_game.gif") as gif:
        assert getattr(gif, "n_frames", 1) > 3


def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(run: Path, tmp_path: Path) -> None:
    part = tmp_path / "part"
    train.main(train.parse([*TINY, "--generations", "2", "--workers", "1", "--out", str(part)]))
    train.main(train.parse(["--resume", str(part), "--generations", "4", "--workers", "1"]))
    whole, _ = nn.files.read(run / "last.npz")
    resumed, _ = nn.files.read(part / "last.npz")
    assert whole.keys() == resumed.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(resumed[name], array, err_msg=name)
    assert [row["generation"] for row in RunFolder(part).read_metrics()] == [1, 2, 3, 4]


def test_how_long_a_resumed_run_takes_is_known_from_its_first_part(tmp_path: Path) -> None:
    part = tmp_path / "part"

    def rows(*words: str) -> int:
        train.main(train.parse([*words, "--workers", "1"]))
        return len(RunFolder(part).read_metrics())

    assert rows(*TINY, "--generations", "3", "--out", str(part)) == 3
    RunFolder(part).write_json("config.json", RunFolder(part).read_json("config.json", Config) | {"generations": 5})
    assert rows("--resume", str(part)) == 5
    assert rows("--resume", str(part), "--generations", "6") == 6
    assert rows("--resume", str(part)) == 6
    assert rows("--resume", str(part), "--budget", "1000s", "--generations", "7") == 7
    assert rows("--resume", str(part), "--budget", "0.01s") == 7  # a time that is over; generations count no more
    config = RunFolder(part).read_json("config.json", Config)
    assert (config["budget"], config["generations"]) == ("0.01s", None)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("--final-games 0", "final_games is 0; give 1 or more"),
        ("--generations -1", "generations is -1; give 1 or more"),
        ("--workers 0", "workers is 0; give 1 or more"),
        ("--budget 0s", "write a number above 0 and a unit"),
        ("--height 3", "height is 3"),
    ],
)
def test_what_no_training_can_have_is_named_before_anything_is_written(
    words: str, reason: str, run: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=reason):
        train.main(train.parse(["es", *words.split(), "--out", str(tmp_path / "new")]))
    assert not (tmp_path / "new").exists()
    if words.split()[0] not in ("--height", "--final-games"):  # which are those of the run
        before = {file.name: file.read_bytes() for file in run.iterdir()}
        with pytest.raises(ValueError, match=reason):
            train.main(train.parse(["--resume", str(run), *words.split()]))
        assert {file.name: file.read_bytes() for file in run.iterdir()} == before


def test_the_genetic_algorithm_trains_too(tmp_path: Path) -> None:
    result = train.main(
        train.parse(["ga", *TINY, "--generations", "2", "--workers", "1", "--out", str(tmp_path / "ga")])
    )
    assert result["generations"] == 2


def test_a_run_is_never_overwritten(run: Path) -> None:
    with pytest.raises(FileExistsError, match="already holds a run"):
        train.main(train.parse([*TINY, "--generations", "1", "--out", str(run)]))


def test_what_is_no_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no run"):
        train.main(train.parse(["--resume", str(tmp_path)]))


def test_evaluate_prints_a_table_and_json(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate.main(evaluate.parse([str(run), "random", "cycle", "--games", "5"]))
    table = capsys.readouterr().out
    assert "deaths" in table
    assert "100% (57 to 100)" in table  # five of five
    rows = evaluate.main(evaluate.parse([str(run), "random", "cycle", "--games", "5", "--json"]))
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(rows))
    assert [row["agent"] for row in rows] == [str(run), "random", "cycle"]
    assert rows[2]["full"] == 1.0  # the cycle fills the 5 x 6 board that the run was trained on
    assert rows[2]["mean"] == 5 * 6 - 3


def test_evaluate_names_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="no agent at nobody"):
        evaluate.main(evaluate.parse(["nobody", "--games", "2"]))


def test_record_writes_a_gif(run: Path, tmp_path: Path) -> None:
    file = record.main(record.parse([str(run), "--out", str(tmp_path / "game.gif"), "--every", "2"]))
    with Image.open(file) as gif:
        first = np.asarray(gif.convert("RGB"))
        gif.seek(getattr(gif, "n_frames", 1) - 1)
        assert (np.asarray(gif.convert("RGB")) != first).any()
    assert first.std() > 10


def test_record_writes_an_mp4_of_every_move(run: Path, tmp_path: Path) -> None:
    import imageio_ffmpeg

    out = str(tmp_path / "game.mp4")
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(record.main(record.parse([str(run), "--out", out]))))
    assert frames == watch.main(watch.parse([str(run), "--games", "1", "--fps", "5000", "--text"]))
    assert seconds == pytest.approx(frames / 20, abs=0.1)


def test_record_names_a_wrong_ending(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.gif or \.mp4"):
        record.main(record.parse([str(run), "--out", str(tmp_path / "game.avi")]))


def test_watch_shows_a_whole_game(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    in_window = watch.main(watch.parse([str(run), "--games", "1", "--fps", "120"]))
    in_terminal = watch.main(watch.parse([str(run), "--games", "1", "--fps", "5000", "--text"]))
    assert in_window == in_terminal > 3
    assert "score" in capsys.readouterr().out.lower()


def test_benchmark_gives_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    rows = benchmark.main(benchmark.parse(["env", "--rounds", "1", "--seconds", "0.01", "--json"]))
    assert all(row["ratio"] == pytest.approx(row["value"] / row["anchor"]) for row in rows)
    assert json.loads(capsys.readouterr().out) == rows


def test_benchmark_measures_networks_without_their_peers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda _: None)
    words = ["nn", "--rounds", "1", "--seconds", "0.01", "--threads", "2"]
    rows = benchmark.main(benchmark.parse([*words, "--json"]))
    printed = capsys.readouterr()
    assert json.loads(printed.out) == rows
    assert "pip install torch" in printed.err
    assert "pip install scikit-learn" in printed.err
    assert len({row["name"] for row in rows}) == 12  # six networks, one again beside scikit-learn, five forward passes
    for row in rows:
        assert row["value"] > 0
        assert row["anchor"] is row["ratio"] is None
        assert row["of_peak"] > 0
        assert row["target"] >= 1


@pytest.mark.peers
@pytest.mark.parametrize("name", networks.TRAINING)
def test_benchmark_compares_the_same_functions(name: str) -> None:
    import torch

    network = networks.TRAINING[name][0]()
    x, _ = networks.batch_for(network, 2)
    for layers in (network.layers, peers.relu_first(network.layers)):
        theirs = peers.twin(layers).eval()(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_allclose(network.forward(x), theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.peers
def test_benchmark_tries_all_ways_to_use_two_cores(capsys: pytest.CaptureFixture[str]) -> None:
    from threadpoolctl import threadpool_info

    network = networks.dense(8, 4, 2)
    x, labels = networks.batch_for(network, 6)
    before = threadpool_info()
    with nn.DataParallel(network, nn.SoftmaxCrossEntropy(), num_shards=2) as processes:
        speed = networks.training(network, x, labels, 6, processes, seconds=0.01)
        assert speed(0.01) > 0
    told = capsys.readouterr().err
    assert all(f"ours with {how} " in told for how in ("threads", "processes", "BLAS threads"))
    assert threadpool_info() == before


def test_benchmark_counts_multiplications_and_additions() -> None:
    network = nn.Sequential([nn.Conv2D(2, 3), nn.Flatten(), nn.Dense(60, 7)], input_shape=(2, 4, 5), rng=0)
    convolution, dense = 2 * (4 * 5) * 3 * (2 * 9), 2 * 60 * 7
    assert networks.operations(network, training=False) == convolution + dense
    assert networks.operations(network, training=True) == 2 * convolution + 3 * dense


@pytest.mark.parametrize("words", [["--rounds", "0"], ["--seconds", "0"], ["--seconds", "nan"], ["--threads", "0"]])
def test_benchmark_names_what_it_cannot_measure(words: list[str]) -> None:
    with pytest.raises(ValueError, match="above"):
        benchmark.main(benchmark.parse(["nn", *words]))


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("1.5h", 5400)])
def test_budgets(text: str, seconds: float) -> None:
    assert parse_budget(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "2 days", "-5s", "s"])
def test_a_budget_without_a_unit_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="120s, 15m or 2h"):
        parse_budget(text)


@pytest.mark.parametrize(
    "script",
    [
        "train",
        "evaluate",
        "record",
        "compare",
        "watch",
        "watch_run",
        "play",
        "benchmark",
        "train_mnist",
        "train_images",
        "package_agent",
    ],
)
def test_help_answers(script: str) -> None:
    words = [sys.executable, f"scripts/{script}.py", "--help"]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"python scripts/{script}.py" in answer


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
@pytest.mark.parametrize("trap", ["", "trap '' INT; "], ids=["in front", "in the background"])
def test_being_asked_to_end_counts_as_ctrl_c(trap: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = [sys.executable, "scripts/train.py", *TINY[2:], "--budget", "1h", "--out", str(run)]
    command = ["sh", "-c", f"{trap}exec {shlex.join(words)}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        until((run / "metrics.csv").exists)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "Stopped; keeping what was learned." in output
    assert (run / "result.json").exists()
