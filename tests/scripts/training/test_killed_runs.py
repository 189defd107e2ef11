"""A run that is killed at any moment and resumed leaves what the undisturbed run leaves.

The moments are the writes of files: between two of them nothing changes on the disk.
"""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import nn
from scripts import train, train_images, train_mnist
from scripts.common.run_folder import RunFolder
from tests.support.digits import small_mnist
from tests.support.killed import check_kill, content, count_writes

BOARD = ["--height", "4", "--width", "5", "--final-games", "2"]
EVOLUTION = ["--generations", "3", "--n-episodes", "2", "--population-size", "8", "--workers", "1", *BOARD]
LEARNER = ["--observation", "features", "--n-envs", "4", "--threads", "1", "--validation-games", "2", *BOARD]
ROLLOUTS = [*LEARNER, "--n-steps", "8", "--batch-size", "16", "--total-timesteps", "96", "--hidden", "8"]
Q = [*LEARNER, "--total-timesteps", "96"]
PLAYERS = {
    "es": ["es", *EVOLUTION],
    "ga": ["ga", "--elite", "2", *EVOLUTION],
    "ppo": ["ppo", *ROLLOUTS],
    "pqn": ["pqn", *ROLLOUTS],
    "dqn": ["dqn", *Q, "--hidden", "8", "--batch-size", "8", "--learning-starts", "16"],
    "q": ["q", *Q],
}
CLASSIFIERS = ("mnist", "images")
EVERY_WRITE = {"ppo", "es"}  # of the others some, unless slow tests are asked for


@pytest.fixture(autouse=True)
def _one_thread_afterwards() -> Iterator[None]:
    yield
    nn.threads.use(1)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    return small_mnist(tmp_path / "data", monkeypatch)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for label, name in enumerate(("left", "right")):
        for number in range(12):
            image = rng.integers(100, size=(8, 8, 3), dtype=np.uint8)
            image[:, 4 * label : 4 * label + 4] += 100
            file = tmp_path / "photos" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(file)
    return tmp_path / "photos"


def trainings(kind: str, request: pytest.FixtureRequest) -> tuple[Callable[[Path], Any], Callable[[Path], Any]]:
    """Return functions that start a training in a folder, and that resume it."""
    command: Any = {"mnist": train_mnist, "images": train_images}.get(kind, train)
    if kind == "mnist":
        words = ["mlp", "--data-dir", str(request.getfixturevalue("data")), "--hidden", "8", "--batch-size", "70"]
        words += ["--epochs", "2", "--ema-decay", "0.9", "--views", "1"]
    elif kind == "images":
        words = [str(request.getfixturevalue("photos")), "--size", "8", "--channels", "4", "--hidden", "8"]
        words += ["--batch-size", "6", "--epochs", "2", "--ema-decay", "0.9"]
    else:
        words = PLAYERS[kind]

    def start(out: Path) -> Any:
        return command.main(command.parse([*words, "--out", str(out)]))

    def resume(out: Path) -> Any:
        if not (out / "config.json").exists():  # nothing was begun
            return start(out)
        return command.main(command.parse(["--resume", str(out)]))

    return start, resume


def check_writes(kind: str, request: pytest.FixtureRequest, tmp_path: Path, *, every: bool) -> None:
    start, resume = trainings(kind, request)
    with pytest.MonkeyPatch.context() as patch:
        written = count_writes(patch)
        start(tmp_path / "whole")
    checkpoints = [number for number, name in enumerate(written, 1) if name == "last.npz"]
    assert len(checkpoints) >= 3
    some = {checkpoints[0], checkpoints[-1], checkpoints[-1] + 1}
    for kill_at in range(1, len(written) + 1) if every else sorted(some):
        check_kill(start, resume, tmp_path / "whole", kill_at)
    before = content(tmp_path / "whole")
    resume(tmp_path / "whole")  # there is nothing left to do
    assert content(tmp_path / "whole") == before


@pytest.mark.parametrize("kind", [*PLAYERS, *CLASSIFIERS])
def test_a_kill_at_a_write_changes_nothing(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    check_writes(kind, request, tmp_path, every=kind in EVERY_WRITE)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({*PLAYERS, *CLASSIFIERS} - EVERY_WRITE))
def test_a_kill_at_any_write_changes_nothing(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    check_writes(kind, request, tmp_path, every=True)


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 5, 6])  # three in each of two epochs
def test_ctrl_c_in_any_batch_changes_nothing(batch: int, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """What was learned until then is kept, and a resumed run continues within the epoch."""
    start, resume = trainings("images", request)
    start(tmp_path / "whole")
    train_step = nn.Trainer._train_step

    def interrupted(trainer: nn.Trainer, *batch_of_images: Any) -> None:
        train_step(trainer, *batch_of_images)
        if trainer.step == batch:
            signal.raise_signal(signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.Trainer, "_train_step", interrupted)
        result = start(tmp_path / "part")
    assert result["epochs"] == (batch + 2) // 3
    assert RunFolder(tmp_path / "part").read_metrics()[-1]["step"] == batch
    resume(tmp_path / "part")
    assert content(tmp_path / "part") == content(tmp_path / "whole")
