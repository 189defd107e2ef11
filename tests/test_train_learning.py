"""scripts/train.py with learners from rollouts: what a run leaves, and how it goes on after it was stopped."""

import csv
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import agents
import nn
import train
import train_learning
from agents import dqn, ppo, pqn, q_learning, saved
from agents.evaluation import Evaluation
from agents.rollout_learner import RolloutLearner
from run_folder import RunFolder
from train_evolution import ES

STEPS = 8 * 16  # of one rollout
NUMBERS = {"height": 5, "width": 6, "games": 8, "horizon": 16, "minibatch": 64, "epochs": 1, "threads": 1}
NUMBERS |= {"hidden": 16, "channels": 4, "validations": 2, "validation-games": 4, "final-games": 4}
TINY = [word for name, number in NUMBERS.items() for word in (f"--{name}", str(number))]
LEFT = {"config.json", "metrics.csv", "best.npz", "last.npz", "result.json", "curve.png", "best_game.gif"}
both = pytest.mark.parametrize("kind", ["ppo", "pqn"])


@pytest.fixture(autouse=True)
def _one_thread_afterwards() -> Iterator[None]:
    yield
    nn.threads.use(1)


def trained(kind: str, out: Path, *words: str, rollouts: int = 4) -> dict[str, Any]:
    return train.main(train.parse([kind, *TINY, "--steps", str(rollouts * STEPS), "--out", str(out), *words]))


def resumed(out: Path, *words: str) -> dict[str, Any]:
    return train.main(train.parse(["--resume", str(out), *words]))


def watch(monkeypatch: pytest.MonkeyPatch, stop_at: int | None = None) -> list[int]:
    """How far a learner is before each rollout; someone presses Ctrl-C when it has come to `stop_at` steps."""
    step, seen = RolloutLearner.step, []

    def watched(learner: RolloutLearner, progress: float) -> dict[str, float]:
        if learner.steps == stop_at:
            raise KeyboardInterrupt
        seen.append(learner.steps)
        return step(learner, progress)

    monkeypatch.setattr(RolloutLearner, "step", watched)
    return seen


def rows_of(out: Path) -> list[dict[str, str]]:
    """metrics.csv as text, after a look at its lines: all have the columns of the first."""
    with (out / "metrics.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))
    assert all(len(row) == len(rows[0]) for row in rows)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def assert_same_end(first: Path, second: Path) -> None:
    """Whether two runs have come to the same learner, to the last bit."""
    (ours, about), (theirs, about_theirs) = (nn.files.read(folder / "last.npz") for folder in (first, second))
    assert about["learner"] == about_theirs["learner"]
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(theirs[name], array, err_msg=name)


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
    notes = saved.about(out)["notes"]
    assert notes["kind"] == kind
    assert notes["kept_steps"] in (3 * STEPS, 4 * STEPS)


@both
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--observation", "planes", "--actions", "absolute", "--symmetric", "--late-starts", "0.4")
    whole, part = tmp_path / "whole", tmp_path / "part"
    trained(kind, whole, *words)
    with monkeypatch.context() as patch:
        watch(patch, stop_at=2 * STEPS)
        assert trained(kind, part, *words)["train_steps"] == 2 * STEPS
    seen = watch(monkeypatch)
    assert resumed(part, "--steps", str(4 * STEPS), "--threads", "2")["train_steps"] == 4 * STEPS
    assert seen == [2 * STEPS, 3 * STEPS]
    assert_same_end(whole, part)
    first, second = rows_of(whole), rows_of(part)
    assert [row["steps"] for row in second] == [row["steps"] for row in first]  # as text: 256, not 256.0
    for one, two in zip(first, second, strict=True):
        assert list(one) == list(two)
        for name in set(one) - {"seconds", "validation", "validation_full"}:
            np.testing.assert_equal(float(two[name]), float(one[name]), err_msg=name)


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("stop", range(1, 8))
def test_wherever_a_run_is_stopped_or_killed_the_same_agent_is_kept_in_the_end(
    stop: int, killed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The end of the process, as far as the run folder can tell."""

    def measured(agent: Any, *_: Any, **__: Any) -> Evaluation:
        """Chance, but always the same for an agent: a measurement too many may find a better one."""
        scores = np.full(4, float(np.random.default_rng([20, *agent.network.flat.view(np.uint32)]).integers(100)))
        return Evaluation("x", scores, np.ones(4, int), np.zeros(4, bool))

    def stopped(learner: RolloutLearner, progress: float) -> dict[str, float]:
        if learner.steps == stop * STEPS:
            raise Killed if killed else KeyboardInterrupt
        return step(learner, progress)

    words = ["--observation", "features", "--validations", "3", "--learning-rate", "1e-2"]
    monkeypatch.setattr(train_learning, "evaluate", measured)
    monkeypatch.setattr(train_learning, "BETWEEN_CHECKPOINTS", -1.0)
    whole, part = tmp_path / "whole", tmp_path / "part"
    trained("ppo", whole, *words, rollouts=8)
    step = RolloutLearner.step
    with monkeypatch.context() as patch:
        patch.setattr(RolloutLearner, "step", stopped)
        with suppress(Killed):
            trained("ppo", part, *words, rollouts=8)
    resumed(part)
    assert_same_end(whole, part)
    (ours, about), (theirs, about_theirs) = (nn.files.read(folder / "best.npz") for folder in (whole, part))
    np.testing.assert_equal(theirs, ours)
    kept, kept_theirs = (told["metadata"]["notes"]["kept_steps"] for told in (about, about_theirs))
    assert kept == kept_theirs
    columns = ("steps", "score", "validation", "validation_full")
    first, second = ([[row[name] for name in columns] for row in rows_of(folder)] for folder in (whole, part))
    assert first == second


def test_what_is_given_with_resume_counts_also_where_it_is_the_default(tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained("ppo", out, "--late-starts", "0.3", "--observation", "features", rollouts=1)
    resumed(out, "--late-starts", "0.6", "--budget", "120s", "--steps", str(2 * STEPS))
    config = json.loads((out / "config.json").read_text())
    assert (config["late_starts"], config["budget"], config["steps"]) == (0.6, "120s", 2 * STEPS)
    resumed(out, "--horizon", "16", "--threads", "1")  # as it is
    with pytest.raises(ValueError, match="horizon is 16 in this run, not 32; --resume takes only"):
        resumed(out, "--horizon", "32")


def test_a_resume_that_fails_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained("ppo", out, "--observation", "features", rollouts=1)
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
    with pytest.raises(ValueError, match="initial_length"):
        resumed(out, "--late-starts", "6", "--steps", str(2 * STEPS))
    (out / "last.npz").write_bytes(before["best.npz"])
    with pytest.raises(ValueError, match=r"last.npz is no checkpoint of such a training"):
        resumed(out, "--steps", str(2 * STEPS))
    (out / "last.npz").write_bytes(before["last.npz"])
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()} == before


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


@both
def test_with_everything_constant_a_run_can_be_made_longer(kind: str, tmp_path: Path) -> None:
    words = ["--schedule", "constant"] + (["--exploring", "0"] if kind == "pqn" else [])
    whole, part = tmp_path / "whole", tmp_path / "part"
    trained(kind, whole, *words)
    trained(kind, part, *words, rollouts=2)
    resumed(part, "--steps", str(4 * STEPS))
    assert_same_end(whole, part)


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
        kept.append(saved.about(tmp_path / "run")["notes"]["kept_steps"])
    assert kept == [0, 1, 1, 3]
    assert choice.best == 12


def test_later_it_may_practise_otherwise(tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained("ppo", out, "--late-starts", "0.3", rollouts=1)
    resumed(out, "--steps", str(2 * STEPS), "--hunger-limit", "60")
    resumed(out, "--steps", str(3 * STEPS))
    resumed(out, "--steps", str(4 * STEPS), "--hunger-limit", "2")  # some are hungrier than that
    resumed(out, "--steps", str(5 * STEPS), "--hunger-limit", "60")
    config = json.loads((out / "config.json").read_text())
    assert (config["late_starts"], config["hunger_limit"]) == (0.3, 60)
    assert config["command"].count(" && python ") == 4
    assert agents.load(out).environment["hunger_limit"] == 60


def test_a_run_of_a_release_with_fewer_options_goes_on(tmp_path: Path) -> None:
    trained("ppo", tmp_path / "run", rollouts=2)
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    del config["close_up"]
    (tmp_path / "run" / "config.json").write_text(json.dumps(config))
    assert resumed(tmp_path / "run", "--steps", str(3 * STEPS))["train_steps"] == 3 * STEPS


def test_what_a_run_goes_on_to_is_measured(tmp_path: Path) -> None:
    """The first part has had all of its validations; what follows has some too."""
    trained("ppo", tmp_path, rollouts=2)
    arrays, header = nn.files.read(tmp_path / "last.npz")
    nn.files.write(tmp_path / "last.npz", arrays, header | {"best": -1.0})  # so that any agent is better
    resumed(tmp_path, "--steps", str(6 * STEPS))
    assert len(rows_of(tmp_path)) == 6
    assert saved.about(tmp_path)["notes"]["kept_steps"] > 2 * STEPS


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
    assert isinstance(closely, nn.CloseUpConv2D)
    assert (closely.inputs, closely.close.inputs) == (19, 15)
    assert not isinstance(first_layer("--no-moves"), nn.CloseUpConv2D)
    assert isinstance(first_layer("--observation", "features"), nn.Dense)
    assert not isinstance(first_layer("--height", "4", "--width", "5", "--walls", "wrap"), nn.CloseUpConv2D)  # 5 x 5


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
