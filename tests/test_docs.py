"""The documents are true: their commands parse, their options and files exist, and their code runs, with less work."""

import importlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import nn
import snake_env  # noqa: F401  registers the environment
from scripts.common.cli import RENAMED, option_name
from scripts.train_mnist import KINDS as CLASSIFIERS
from scripts.training.snake_run import KINDS as PLAYERS
from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {str(page.relative_to(ROOT)): page.read_text() for page in PAGES}
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")
MAX_README_WORDS = 1450
LESS = {
    "200_000": "64",
    "range(100)": "range(1)",
    "num_envs=200": "num_envs=4",
    "games=200": "games=4",
    "epochs=5": "epochs=1",
}
CONTRIBUTING_IMPORTS = """
import copy
import nn
import numpy as np
from agents.learning.exploration import epsilon_greedy
from agents.learning.learner import Learner, Weights
from agents.learning.on_policy import OnPolicySettings, flatten, minibatches
from agents.learning.returns import lambda_returns
from agents.learning.rollout import ActionChoice, Collector
from agents.learning.spaces import spaces_of
from agents.policies.masks import masked_max
from agents.policies.network_agent import NetworkAgent
from agents.policies.networks import q_network
from agents.policies.preprocessing import network_input
from agents.policies.symmetry import Symmetry
"""


def run(page: str, words: str, **given: Any) -> dict[str, Any]:
    """The variables that the one Python block of a page with these words leaves."""
    (code,) = [code for kind, code in FENCED.findall(TEXTS[page]) if kind == "python" and words in code]
    for much, less in LESS.items():
        code = code.replace(much, less)
    exec(compile(code, page, "exec"), given)
    return given


def commands() -> Iterator[str]:
    """Every command of the documents that runs a script."""
    for text in TEXTS.values():
        lines = [line for _, code in FENCED.findall(text) for line in code.replace("&&", "\n").splitlines()]
        spans = INLINE.findall(FENCED.sub("", text))
        for command in (*lines, *spans):
            if " ".join(command.split()).startswith("python scripts/"):
                yield " ".join(command.split())


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_every_command_parses(command: str) -> None:
    _, script, *words = shlex.split(command, comments=True)
    assert (ROOT / script).is_file()
    parse = importlib.import_module(script.removesuffix(".py").replace("/", ".")).parse
    if "--help" in words:
        with pytest.raises(SystemExit, match=r"^0$"):
            parse(words)
    else:
        parse(words)


def test_the_documents_name_commands_of_each_kind() -> None:
    scripts = {command.split()[1] for command in commands()}
    assert scripts == {str(path.relative_to(ROOT)) for path in (ROOT / "scripts").glob("[!_]*.py")}


def test_every_option_named_in_the_documents_exists() -> None:
    options = [vars(importlib.import_module(f"scripts.{path.stem}")) for path in (ROOT / "scripts").glob("[!_]*.py")]
    classes = [value for module in options for value in module.values() if is_dataclass(value)]
    known = {
        option_name(field.name) for cls in (*classes, *PLAYERS.values(), *CLASSIFIERS.values()) for field in fields(cls)
    }
    known |= {option.replace("--", "--no-", 1) for option in known} | {"--help", "--check"}
    for page, text in TEXTS.items():
        for span in INLINE.findall(FENCED.sub("", text)):
            for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*", span):
                assert word in known, f"{page}: {span}"


def test_the_changelog_lists_every_renamed_option() -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)` \| (.*) \|$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert {old: INLINE.findall(new) for old, new in rows} == RENAMED


def test_every_link_leads_to_a_file() -> None:
    for page in (*PAGES, ROOT / "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"


def test_every_path_named_in_the_documents_exists() -> None:
    for page, text in TEXTS.items():
        for path in re.findall(r"`((?:snake_env|nn|agents|scripts|tests|docs)/[\w/.]*)`", text):
            assert "NAME" in path or (ROOT / path).exists(), f"{page}: {path}"


def test_the_architecture_describes_every_folder() -> None:
    text = TEXTS["docs/architecture.md"]
    for package in ("snake_env", "nn", "agents", "scripts"):
        assert f"### {package}\n" in text
        for folder in (ROOT / package).glob("[!_.]*/"):
            if folder.is_dir():
                assert f"**`{package}/{folder.name}/`**" in text


def test_the_architecture_says_what_to_open_for_a_change() -> None:
    table = (
        TEXTS["docs/architecture.md"].split("| to change or add | open |")[1].split("\n\n")[0].strip().splitlines()[1:]
    )
    assert len(table) >= 20
    assert all(re.search(r"`[\w/]+(\.py|/)`", row) for row in table)


def test_readme_is_short_and_starts_with_two_commands() -> None:
    text = TEXTS["README.md"]
    assert sum(bool(re.search(r"\w", word)) for word in text.split()) <= MAX_README_WORDS
    block = text.split("## Quickstart")[1].split("```")[1].strip().splitlines()
    assert len(block) == 2
    assert "scripts/train.py" in block[0]
    assert "pytest" in block[1]


def test_the_environment_is_used() -> None:
    left = run("README.md", "env = gym.make(")
    assert left["observations"].shape == (1024, 4, 10, 10)
    assert left["info"]["action_mask"].shape == (1024, 4)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Stable-Baselines3
def test_stable_baselines3_learns() -> None:
    pytest.importorskip("sb3_contrib")
    left = run("docs/environment.md", "MaskablePPO(")
    assert left["envs"].num_envs == 16


def test_a_learner_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    metrics = run("README.md", "CartPole-v1")["metrics"]
    assert metrics["entropy"] > 0
    assert {"episode_reward", "policy_loss"} <= metrics.keys()
    assert (tmp_path / "cartpole.npz").is_file()


def test_the_sketched_learner_learns() -> None:
    given: dict[str, Any] = {}
    exec(CONTRIBUTING_IMPORTS, given)
    sketch = run("CONTRIBUTING.md", "class MonteCarlo", **given)["MonteCarlo"]
    envs = gym.make_vec("CartPole-v1", num_envs=16, vectorization_mode="vector_entry_point")
    learner = sketch(envs)
    losses = [learner.step(0.0)["value_loss"] for _ in range(5)]
    assert losses[-1] < losses[0]
    observations, _ = envs.reset(seed=0)
    assert learner.agent().act(observations).shape == (16,)
    other = sketch(gym.make_vec("CartPole-v1", num_envs=16, vectorization_mode="vector_entry_point"), seed=1)
    other.restore(*learner.state())
    assert (other.network.flat == learner.network.flat).all()


def test_an_agent_that_comes_with_the_package_plays() -> None:
    left = run("README.md", "agents.load(")
    assert left["evaluation"].mean > 60
    assert left["actions"].shape == (4,)


def test_a_network_is_trained() -> None:
    rng = np.random.default_rng(0)
    images = {name: rng.random((256, 1, 28, 28), np.float32) for name in ("images", "more_images", "new_images")}
    labels = {name: rng.integers(10, size=256) for name in ("labels", "more_labels")}
    left = run("README.md", "nn.Trainer(", **images, **labels)
    assert left["scores"].shape == (256, 10)
    assert isinstance(left["network"], nn.Sequential)
