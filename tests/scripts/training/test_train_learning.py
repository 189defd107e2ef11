"""scripts/train.py with learners from rollouts: what a run leaves, and how it goes on after it was stopped."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scripts.training.train_evolution import ES

import agents
import nn
from agents import registry
from agents.evaluation import Evaluation
from agents.learning import dqn, ppo, pqn, q_learning
from scripts import train
from scripts.common.run_folder import RunFolder
from scripts.training import train_learning
from tests.support.learning_runs import NUMBERS, STEPS, TINY, both, rows_of, trained

LEFT = {"config.json", "metrics.csv", "best.npz", "last.npz", "result.json", "curve.png", "best_game.gif"}


@pytest.fixture(autouse=True)
def _one_thread_afterwards() -> Iterator[None]:
    yield
    nn.threads.use(1)


@both
@pytest.mark.parametrize("observation", ["features", "ego"])
def test_a_run_folder_is_complete(kind: str, observation: str, tmp_path: Path) -> None:
    out = tmp_path / kind
    result = trained(kind, out, "--observation", observation)
    assert {file.name for file in out.iterdir()} - {"tensorboard"} == LEFT
    assert result == json.loads((out / "result.json").read_text())
    assert result["games"] == 4
    assert result["train_steps"] == 4 * STEPS
    assert {"mean", "ci95", "full", "full_ci95", "steps_per_food", "deaths", "train_seconds"} <= set(result)
    with Image.open(out / "curve.png") as curve:
        assert curve.size[0] > 600
    rows = rows_of(out)
    assert [int(row["steps"]) for row in rows] == [STEPS, 2 * STEPS, 3 * STEPS, 4 * STEPS]
    told = {"ppo": ["policy_loss", "value_loss", "entropy", "divergence", "clipped"], "pqn": ["loss", "value"]}[kind]
    assert list(rows[0]) == ["seconds", "steps", "score", "games", *told, "validation", "validation_full"]
    assert [float(row["validation"]) >= 0 for row in rows] == [False, False, True, True]  # nan before the first
    agent = agents.load(out)
    assert agent.name == kind
    assert agent.environment["observation"] == ({"name": "ego", "moves": True} if observation == "ego" else "features")
    assert (agent.environment["height"], agent.environment["width"]) == (5, 6)
    notes = registry.read_metadata(out)["notes"]
    assert notes["kind"] == kind
    assert notes["kept_steps"] in (3 * STEPS, 4 * STEPS)


@pytest.mark.parametrize(
    "words",
    [
        ["ppo", "--actions", "absolute"],
        ["ppo", "--late-starts", "1.0"],
        ["ppo", "--discount", "2"],
        ["dqn", "--capacity", "10"],
        ["q", "--levels", "1"],
        ["ga", "--elite", "99"],
        ["es", "--population", "2"],
    ],
)
def test_options_that_no_learner_takes_leave_no_folder(words: list[str], tmp_path: Path) -> None:
    with pytest.raises((ValueError, SystemExit)):
        train.main(train.parse([*words, "--out", str(tmp_path / "run")]))
    assert not (tmp_path / "run").exists()


def test_a_later_agent_is_kept_unless_it_is_worse_by_more_than_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four games of each, with a standard error of 1: 10 is kept, then 9.5, not 8.5, then 12."""
    trained("ppo", tmp_path / "run", rollouts=1)
    options = train.parse(["ppo", *TINY])
    assert isinstance(options, train_learning.LearningOptions)
    choice = train_learning.Choice(options, RunFolder.existing(tmp_path / "run"))
    kept = []
    for steps, mean in enumerate((10.0, 9.5, 8.5, 12.0)):
        scores = mean + np.array([2.0, -2.0, 2.0, -2.0])
        reached = Evaluation("ppo", scores, steps=np.ones(4, np.int64), won=np.zeros(4, bool))
        monkeypatch.setattr(train_learning, "evaluate", lambda *_, reached=reached, **__: reached)
        choice.validate(agents.load(tmp_path / "run"), steps, 0.0)
        kept.append(registry.read_metadata(tmp_path / "run")["notes"]["kept_steps"])
    assert kept == [0, 1, 1, 3]
    assert choice.best == 12


@both
def test_options_reach_the_learner(kind: str) -> None:
    words = "--no-masked --discount 0.9 --trace 0.5 --learning-rate 0.01 --channels 3 5 --hidden 7 9 --no-shaping"
    options = train.parse([kind, *TINY, *words.split()])
    assert isinstance(options, train_learning.LearningOptions)
    learner = options.learner(train_learning._training_games(options), {})
    settings: Any = vars(learner)["settings"]
    assert (settings.masked, settings.discount, settings.trace, settings.learning_rate) == (False, 0.9, 0.5, 0.01)
    assert (settings.channels, settings.hidden, settings.horizon) == ((3, 5), (7, 9), 16)
    assert type(settings).__module__ == f"agents.{kind}"
    assert not learner.agent().environment


@pytest.mark.parametrize(
    ("kind", "words", "told"),
    [
        ("q", [], "rows"),
        ("dqn", ["--minibatch", "16", "--updates", "1", "--warm-up", "32", "--hidden", "8", "--channels", "4"], "loss"),
    ],
)
def test_the_other_learners_leave_a_run_too(kind: str, words: list[str], told: str, tmp_path: Path) -> None:
    shared = ["height", "width", "games", "horizon", "threads", "validations", "validation-games", "final-games"]
    chosen = [word for name in shared for word in (f"--{name}", str(NUMBERS[name]))]
    options = train.parse([kind, *chosen, *words, "--steps", str(2 * STEPS), "--out", str(tmp_path / kind)])
    result = train.main(options)
    assert {file.name for file in (tmp_path / kind).iterdir()} - {"tensorboard"} == LEFT
    assert result["train_steps"] == 2 * STEPS
    assert told in rows_of(tmp_path / kind)[0]
    assert agents.load(tmp_path / kind).name == kind


def test_symmetry_where_there_is_none_is_named(tmp_path: Path) -> None:
    options = train.parse(["ppo", *TINY, "--actions", "absolute", "--out", str(tmp_path)])
    with pytest.raises(
        ValueError, match="'ego', which turns with the snake, has no symmetry; choose --actions relative"
    ):
        train.main(options)


@pytest.mark.parametrize("kind", ["ppo", "pqn", "dqn"])
def test_what_moves_lead_to_is_looked_at_closely(kind: str) -> None:
    """The features of the moves are 15 planes that show nothing but around the head."""

    def first_layer(*words: str) -> nn.Layer:
        options = train.parse([kind, "--channels", "4", "--hidden", "8", "--games", "2", *words])
        assert isinstance(options, train_learning.LearningOptions)
        learner: Any = options.learner(train_learning._training_games(options), {})
        network: nn.Sequential = learner.network
        return network.layers[0]

    closely = first_layer()
    assert isinstance(closely, nn.CenterConv2D)
    assert (closely.inputs, closely.center.inputs) == (19, 15)
    assert not isinstance(first_layer("--no-moves"), nn.CenterConv2D)
    assert isinstance(first_layer("--observation", "features"), nn.Dense)
    assert not isinstance(first_layer("--height", "4", "--width", "5", "--walls", "wrap"), nn.CenterConv2D)  # 5 x 5


def test_without_a_word_it_evolves() -> None:
    assert isinstance(train.parse([]), ES)
    assert isinstance(train.parse(["--seed", "3"]), ES)


@pytest.mark.parametrize("kind", ["q", "dqn", "pqn", "ppo"])
def test_the_defaults_are_those_of_the_learner(kind: str) -> None:
    """But for what a script chooses otherwise on purpose."""
    options = train.parse([kind])
    learner = {"q": q_learning, "dqn": dqn, "pqn": pqn, "ppo": ppo}[kind]
    different = {name for name, value in vars(learner.Settings()).items() if getattr(options, name) != value}
    assert different == ({"levels"} if kind == "q" else {"symmetric"})


def test_an_unknown_schedule_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        train.parse(["ppo", "--schedule", "steep", "--out", str(tmp_path / "run")])
    said = "".join(capsys.readouterr())
    assert all(name in said for name in ("steep", "constant", "linear", "cosine"))
    assert not (tmp_path / "run").exists()
