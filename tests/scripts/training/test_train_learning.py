"""scripts/train.py with learners on parallel games: the files of a run, and the options that reach the learner."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import agents
import nn
from agents import registry
from agents.evaluation import Evaluation
from agents.learning import dqn, ppo, pqn, q_learning
from agents.learning.ppo import PPOSettings
from scripts import train
from scripts.common.run_folder import RunFolder
from scripts.training import best_agent
from scripts.training.evolution_options import ES
from scripts.training.learner_options import PPOOptions, settings_of
from tests.support.learning_runs import NUMBERS, STEPS, both, rows_of, tiny, trained

LEFT = {".lock", "config.json", "metrics.csv", "best.npz", "last.npz", "result.json", "curve.png", "best_game.gif"}


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
    assert result["total_timesteps"] == 4 * STEPS
    assert {"mean", "ci95", "full", "full_ci95", "steps_per_food", "deaths", "train_seconds"} <= set(result)
    with Image.open(out / "curve.png") as curve:
        assert curve.size[0] > 600
    rows = rows_of(out)
    assert [int(row["timesteps"]) for row in rows] == [STEPS, 2 * STEPS, 3 * STEPS, 4 * STEPS]
    metrics = {
        "ppo": ["policy_loss", "value_loss", "entropy", "approx_kl", "clip_fraction", "explained_variance"],
        "pqn": ["exploration_rate", "td_loss", "q_values"],
    }[kind]
    episodes = ["episode_score", "episode_reward", "episode_length", "episodes"]
    validation = ["validation_score", "validation_full"]
    assert list(rows[0]) == ["seconds", "timesteps", *episodes, *metrics, *validation, "steps_per_second"]
    assert all(int(row["steps_per_second"]) > 0 for row in rows)
    assert [float(row["validation_score"]) >= 0 for row in rows] == [False, True, True, True]  # NaN before the first
    assert rows[1]["validation_score"] == rows[2]["validation_score"]  # of the latest validation: rows 2 and 4
    agent = agents.load(out)
    assert agent.name == kind
    assert agent.environment["observation"] == ({"name": "ego", "moves": True} if observation == "ego" else "features")
    assert (agent.environment["height"], agent.environment["width"]) == (5, 6)
    notes = registry.read_metadata(out)["notes"]
    assert notes["kind"] == kind
    assert notes["kept_timesteps"] in (2 * STEPS, 4 * STEPS)


@pytest.mark.parametrize(
    "words",
    [
        ["ppo", "--actions", "absolute", "--symmetric"],
        ["ppo", "--late-starts", "1.0"],
        ["ppo", "--gamma", "2"],
        ["dqn", "--buffer-size", "10"],
        ["q", "--n-bins", "1"],
        ["ga", "--elite", "99"],
        ["es", "--population-size", "2"],
    ],
)
def test_options_that_no_learner_takes_leave_no_folder(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  a message of each class
        train.main(train.parse([*words, "--out", str(tmp_path / "run")]))
    assert not (tmp_path / "run").exists()


def test_a_later_agent_is_kept_unless_it_is_worse_by_more_than_a_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four games of each, with a standard error of 1: 10 is kept, then 9.5, not 8.5, then 12."""
    trained("ppo", tmp_path / "run", rollouts=1)
    best = best_agent.BestAgent(RunFolder.existing(tmp_path / "run"), n_validations=4, validation_games=4)
    kept = []
    for steps, mean in enumerate((10.0, 9.5, 8.5, 12.0)):
        scores = mean + np.array([2.0, -2.0, 2.0, -2.0])
        reached = Evaluation("ppo", scores, steps=np.ones(4, np.int64), won=np.zeros(4, bool))
        monkeypatch.setattr(best_agent, "evaluate", lambda *_, reached=reached, **__: reached)
        best.validate(agents.load(tmp_path / "run"), steps, 0.0)
        best.write()
        kept.append(registry.read_metadata(tmp_path / "run")["notes"]["kept_timesteps"])
    assert kept == [0, 1, 1, 3]
    assert best.score == 12


@both
def test_options_reach_the_learner(kind: str) -> None:
    words = "--no-masked --gamma 0.9 --learning-rate 0.01 --channels 3 5 --hidden 7 9 --no-shaping"
    trace = {"ppo": "gae_lambda", "pqn": "q_lambda"}[kind]
    options = train.parse([kind, *tiny(*words.split(), f"--{trace.replace('_', '-')}", "0.5")])
    learner = options.make_learner()
    settings: Any = vars(learner)["settings"]
    assert (settings.masked, settings.gamma, settings.learning_rate, getattr(settings, trace)) == (
        False,
        0.9,
        0.01,
        0.5,
    )
    assert (settings.channels, settings.hidden, settings.n_steps) == ((3, 5), (7, 9), 16)
    assert type(settings).__module__ == f"agents.learning.{kind}"
    assert learner.agent().environment["observation"] == {"name": "ego", "moves": True}


@pytest.mark.parametrize(
    ("kind", "words", "metric"),
    [
        ("q", "--n-steps 16", "table_rows"),
        (
            "dqn",
            "--train-freq 16 --batch-size 16 --gradient-steps 1 --learning-starts 32 --hidden 8 --channels 4",
            "td_loss",
        ),
    ],
)
def test_the_other_learners_leave_a_run_too(kind: str, words: str, metric: str, tmp_path: Path) -> None:
    shared = ["height", "width", "n-envs", "threads", "n-validations", "validation-games", "final-games"]
    chosen = [word for name in shared for word in (f"--{name}", str(NUMBERS[name]))]
    options = train.parse(
        [kind, *chosen, *words.split(), "--total-timesteps", str(2 * STEPS), "--out", str(tmp_path / kind)]
    )
    result = train.main(options)
    assert {file.name for file in (tmp_path / kind).iterdir()} - {"tensorboard"} == LEFT
    assert result["total_timesteps"] == 2 * STEPS
    assert metric in rows_of(tmp_path / kind)[0]
    assert agents.load(tmp_path / kind).name == kind


@pytest.mark.parametrize("words", [("--actions", "absolute"), ("--observation", "features")])
def test_symmetry_is_off_where_there_is_none_and_refused_if_typed(words: tuple[str, ...], tmp_path: Path) -> None:
    options = train.parse(["ppo", *tiny(*words)])
    assert isinstance(options, PPOOptions)
    assert options.symmetric  # the default
    assert not settings_of(options, PPOSettings).symmetric
    typed = train.parse(["ppo", *tiny(*words, "--symmetric", "--out", str(tmp_path / "run"))])
    with pytest.raises(ValueError, match="has no symmetries; leave out --symmetric"):
        train.main(typed)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", ["ppo", "pqn", "dqn"])
def test_planes_that_are_0_outside_of_the_center_pass_a_center_convolution(kind: str) -> None:
    """The features of the moves are 15 planes that are 0 except around the head."""

    def first_layer(*words: str) -> nn.Layer:
        options = train.parse([kind, "--channels", "4", "--hidden", "8", "--n-envs", "2", *words])
        learner: Any = options.make_learner()
        network: nn.Sequential = learner.network
        return network.layers[0]

    first = first_layer()
    assert isinstance(first, nn.CenterConv2D)
    assert (first.inputs, first.center.inputs) == (19, 15)
    assert not isinstance(first_layer("--no-moves"), nn.CenterConv2D)
    assert isinstance(first_layer("--observation", "features"), nn.Dense)
    assert not isinstance(first_layer("--height", "4", "--width", "5", "--walls", "wrap"), nn.CenterConv2D)  # 5 x 5


def test_the_default_kind_is_es() -> None:
    assert isinstance(train.parse([]), ES)
    assert isinstance(train.parse(["--seed", "3"]), ES)


@pytest.mark.parametrize("kind", ["q", "dqn", "pqn", "ppo"])
def test_the_defaults_are_those_of_the_learner(kind: str) -> None:
    """Except for those that the options choose differently on purpose."""
    options = train.parse([kind])
    settings: dict[str, Any] = {
        "q": q_learning.QLearningSettings(),
        "dqn": dqn.DQNSettings(),
        "pqn": pqn.PQNSettings(),
        "ppo": ppo.PPOSettings(),
    }
    different = {name for name, value in vars(settings[kind]).items() if getattr(options, name) != value}
    assert different == ({"n_bins"} if kind == "q" else {"symmetric"})


def test_an_unknown_schedule_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        train.parse(["ppo", "--schedule", "steep", "--out", str(tmp_path / "run")])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert all(name in line for name in ("steep", "constant", "linear", "cosine"))
    assert not (tmp_path / "run").exists()
