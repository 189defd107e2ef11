"""README's commands exist, and its code runs as it stands, but for less of everything."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text()
LESS = {
    "200_000": "64",
    "range(100)": "range(1)",
    "num_envs=200": "num_envs=4",
    "games=200": "games=4",
    "epochs=5": "epochs=1",
}


def run(words: str, **given: Any) -> dict[str, Any]:
    """What the one block of Python with these words leaves."""
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if words in block]
    for much, less in LESS.items():
        code = code.replace(much, less)
    exec(compile(code, "README.md", "exec"), given)
    return given


def test_every_command_exists() -> None:
    words = (README + (ROOT / "RESULTS.md").read_text()).split()
    named = {word for word in words if word.startswith("scripts/") and word.endswith(".py")}
    assert {"scripts/train.py", "scripts/evaluate.py", "scripts/benchmark.py"} <= named
    for script in named:
        assert (ROOT / script).is_file(), script
    block = README.split("## Quickstart")[1].split("```")[1].strip().splitlines()
    assert len(block) == 2
    assert "scripts/train.py" in block[0]
    assert "pytest" in block[1]


def test_the_environment_is_used() -> None:
    left = run("env = gym.make(")
    assert left["observations"].shape == (1024, 4, 10, 10)
    assert left["info"]["action_mask"].shape == (1024, 4)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # theirs
def test_stable_baselines3_learns() -> None:
    pytest.importorskip("sb3_contrib")
    left = run("MaskablePPO(")
    assert left["games"].num_envs == 16


def test_a_learner_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("CartPole-v1")["metrics"]["entropy"] > 0
    assert (tmp_path / "cartpole.npz").is_file()


def test_an_agent_that_comes_with_the_package_plays() -> None:
    left = run("agents.load(")
    assert left["reached"].mean > 60
    assert left["actions"].shape == (4,)


def test_a_network_is_trained() -> None:
    rng = np.random.default_rng(0)
    pictures = {name: rng.random((256, 1, 28, 28), np.float32) for name in ("images", "more_images", "new_images")}
    labels = {name: rng.integers(10, size=256) for name in ("labels", "more_labels")}
    left = run("nn.Trainer(", **pictures, **labels)
    assert left["scores"].shape == (256, 10)
    assert isinstance(left["network"], nn.Sequential)
