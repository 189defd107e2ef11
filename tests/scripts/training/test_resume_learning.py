"""scripts/train.py --resume with learners: a run goes on as if it had never been stopped."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agents
import nn
from agents import registry
from agents.evaluation import Evaluation
from agents.learning.on_policy import RolloutLearner
from scripts import train
from scripts.training import train_learning
from tests.support.learning_runs import STEPS, assert_same_end, both, resumed, rows_of, trained, watch


@pytest.fixture(autouse=True)
def _one_thread_afterwards() -> Iterator[None]:
    yield
    nn.threads.use(1)


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


def test_what_a_kill_left_half_written_is_gone_when_a_run_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained("ppo", out, "--observation", "features", rollouts=1)
    left = [out / ".last.npz.4711.tmp", out / ".curve.4711.tmp.png"]
    for file in left:
        file.write_bytes(b"half")
    resumed(out, "--steps", str(2 * STEPS))
    assert not any(file.exists() for file in left)


def test_a_resume_that_fails_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained("ppo", out, "--observation", "features", rollouts=1)
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
    for share in ("6", "-0.1", "nan"):
        with pytest.raises(ValueError, match=f"late_starts is {float(share)}; give a share from 0 to below 1"):
            resumed(out, "--late-starts", share, "--steps", str(2 * STEPS))
    with pytest.raises(ValueError, match="capacity is no option of ppo, which"):
        train.main(train.parse(["dqn", "--resume", str(out), "--capacity", "999"]))
    with pytest.raises(ValueError, match="is a run of ppo, not of dqn: leave out the kind"):
        train.main(train.parse(["dqn", "--resume", str(out), "--steps", str(2 * STEPS)]))
    (out / "last.npz").write_bytes(before["best.npz"])
    with pytest.raises(ValueError, match=r"last.npz is no checkpoint of such a training"):
        resumed(out, "--steps", str(2 * STEPS))
    (out / "last.npz").write_bytes(before["last.npz"])
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()} == before


@both
def test_with_everything_constant_a_run_can_be_made_longer(kind: str, tmp_path: Path) -> None:
    words = ["--schedule", "constant"] + (["--exploring", "0"] if kind == "pqn" else [])
    whole, part = tmp_path / "whole", tmp_path / "part"
    trained(kind, whole, *words)
    trained(kind, part, *words, rollouts=2)
    resumed(part, "--steps", str(4 * STEPS))
    assert_same_end(whole, part)


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
    assert registry.read_metadata(tmp_path)["notes"]["kept_steps"] > 2 * STEPS
