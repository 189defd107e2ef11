"""scripts/train.py --resume with learners: a run continues as if it had never been stopped."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agents
import nn
from agents import registry
from agents.evaluation import Evaluation
from agents.learning.ppo import PPO
from scripts import train
from scripts.common.run_folder import RunFolder
from scripts.training import best_agent, snake_report, snake_run
from scripts.training.snake_run import KINDS
from snake_env.rendering.renderer import render_frame
from tests.support.learning_runs import STEPS, assert_same_end, both, resumed, rows_of, trained, watch
from tests.support.paths import ROOT


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
        watch(patch, kind, stop_at=2 * STEPS)
        assert trained(kind, part, *words)["total_timesteps"] == 2 * STEPS
    seen = watch(monkeypatch, kind)
    assert resumed(part, "--total-timesteps", str(4 * STEPS), "--threads", "2")["total_timesteps"] == 4 * STEPS
    assert seen == [2 * STEPS, 3 * STEPS]
    assert_same_end(whole, part)
    first, second = rows_of(whole), rows_of(part)
    timesteps = [[row["timesteps"] for row in rows] for rows in (first, second)]
    assert timesteps[1] == timesteps[0]  # as text: 256, not 256.0
    for one, two in zip(first, second, strict=True):
        assert list(one) == list(two)
        for name in set(one) - {"seconds", "steps_per_second"}:
            np.testing.assert_equal(float(two[name]), float(one[name]), err_msg=name)


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("stop", range(1, 8))
def test_wherever_a_run_is_stopped_or_killed_the_same_agent_is_kept_in_the_end(
    stop: int, killed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The end of the process, as far as the run folder can tell."""

    def measured(agent: Any, *_: Any, **__: Any) -> Evaluation:
        """Return a random score, always the same for an agent: one measurement too many may find a better agent."""
        scores = np.full(4, float(np.random.default_rng([20, *agent.network.flat.view(np.uint32)]).integers(100)))
        return Evaluation("x", scores, np.ones(4, int), np.zeros(4, bool))

    def stopped(learner: PPO, progress: float) -> dict[str, float]:
        if learner.num_timesteps == stop * STEPS:
            raise Killed if killed else KeyboardInterrupt
        return step(learner, progress)

    words = ["--observation", "features", "--n-validations", "3", "--learning-rate", "1e-2"]
    monkeypatch.setattr(best_agent, "evaluate", measured)
    monkeypatch.setattr(snake_run, "BETWEEN_CHECKPOINTS", -1.0)
    whole, part = tmp_path / "whole", tmp_path / "part"
    trained("ppo", whole, *words, rollouts=8)
    step = PPO.step
    with monkeypatch.context() as patch:
        patch.setattr(PPO, "step", stopped)
        with suppress(Killed):
            trained("ppo", part, *words, rollouts=8)
    resumed(part)
    assert_same_end(whole, part)
    (ours, about), (theirs, about_theirs) = (nn.files.read(folder / "best.npz") for folder in (whole, part))
    np.testing.assert_equal(theirs, ours)
    kept, kept_theirs = (header["metadata"]["notes"]["kept_timesteps"] for header in (about, about_theirs))
    assert kept == kept_theirs
    columns = ("timesteps", "episode_score", "validation_score", "validation_full")
    first, second = ([[row[name] for name in columns] for row in rows_of(folder)] for folder in (whole, part))
    assert first == second


def test_what_is_given_with_resume_counts_also_where_it_is_the_default(tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained("ppo", out, "--late-starts", "0.3", "--observation", "features", rollouts=1)
    resumed(out, "--late-starts", "0.6", "--budget", "120s", "--total-timesteps", str(2 * STEPS))
    config = json.loads((out / "config.json").read_text())
    assert (config["late_starts"], config["budget"], config["total_timesteps"]) == (0.6, "120s", 2 * STEPS)
    resumed(out, "--n-steps", "16", "--threads", "1")  # as it is
    with pytest.raises(ValueError, match="n_steps is 16 in this run, not 32; --resume takes only"):
        resumed(out, "--n-steps", "32")


def test_what_a_kill_left_half_written_is_gone_when_a_run_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained("ppo", out, "--observation", "features", rollouts=1)
    left = [out / ".last.npz.4711.tmp", out / ".curve.4711.tmp.png"]
    for file in left:
        file.write_bytes(b"half")
    resumed(out, "--total-timesteps", str(2 * STEPS))
    assert not any(file.exists() for file in left)


def test_a_resume_that_fails_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained("ppo", out, "--observation", "features", rollouts=1)
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
    for share in ("6", "-0.1", "nan"):
        with pytest.raises(
            ValueError, match=f"late_starts is {float(share)}; give a share of the board from 0 to below 1"
        ):
            resumed(out, "--late-starts", share, "--total-timesteps", str(2 * STEPS))
    with pytest.raises(ValueError, match="is a run of ppo, not of dqn; leave out the kind"):
        train.main(train.parse(["dqn", "--resume", str(out), "--buffer-size", "999"]))
    with pytest.raises(ValueError, match="is a run of ppo, not of dqn; leave out the kind"):
        train.main(train.parse(["dqn", "--resume", str(out), "--total-timesteps", str(2 * STEPS)]))
    (out / "last.npz").write_bytes(before["best.npz"])
    with pytest.raises(ValueError, match=r"last.npz is no checkpoint of such a training"):
        resumed(out, "--total-timesteps", str(2 * STEPS))
    (out / "last.npz").write_bytes(before["last.npz"])
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()} == before


@pytest.mark.parametrize(("stored", "typed"), list(permutations(KINDS, 2)))
def test_a_run_is_not_resumed_as_another_kind(stored: str, typed: str, tmp_path: Path) -> None:
    """Kinds have different options, which must not be read before the kinds are compared."""
    about = {"kind": stored, "command": "python train.py", "out": "runs/one"}
    config = {field.name: 1 for field in fields(KINDS[stored])} | about
    RunFolder(tmp_path).write_json("config.json", config)
    with pytest.raises(ValueError, match=f"is a run of {stored}, not of {typed}; leave out the kind"):
        train.main(train.parse([typed, "--resume", str(tmp_path), "--budget", "9s"]))


@both
def test_with_everything_constant_a_run_can_be_made_longer(kind: str, tmp_path: Path) -> None:
    words = ["--schedule", "constant"] + (["--exploration-fraction", "0"] if kind == "pqn" else [])
    whole, part = tmp_path / "whole", tmp_path / "part"
    trained(kind, whole, *words)
    trained(kind, part, *words, rollouts=2)
    resumed(part, "--total-timesteps", str(4 * STEPS))
    assert_same_end(whole, part)


def test_the_hunger_limit_may_change_with_resume(tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained("ppo", out, "--late-starts", "0.3", rollouts=1)
    resumed(out, "--total-timesteps", str(2 * STEPS), "--hunger-limit", "60")
    resumed(out, "--total-timesteps", str(3 * STEPS))
    resumed(out, "--total-timesteps", str(4 * STEPS), "--hunger-limit", "2")  # some are hungrier than that
    resumed(out, "--total-timesteps", str(5 * STEPS), "--hunger-limit", "60")
    config = json.loads((out / "config.json").read_text())
    assert (config["late_starts"], config["hunger_limit"]) == (0.3, 60)
    assert config["command"].count(" && python ") == 4
    assert agents.load(out).environment["hunger_limit"] == 60


def test_a_run_of_another_release_is_refused_in_one_line(tmp_path: Path) -> None:
    """Its config.json has the names of that release."""
    out = tmp_path / "run"
    trained("ppo", out, "--observation", "features", rollouts=1)
    config = json.loads((out / "config.json").read_text())
    for new, old in (("total_timesteps", "steps"), ("gamma", "discount"), ("n_envs", "games")):
        config[old] = config.pop(new)
    (out / "config.json").write_text(json.dumps(config))
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
    with pytest.raises(
        ValueError, match="run is a run of another release, which had no gamma, n_envs, total_timesteps; "
    ):
        resumed(out, "--total-timesteps", str(2 * STEPS))
    words = [sys.executable, "scripts/train.py", "--resume", str(out), "--budget", "30s"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: ")
    assert line.endswith("; start a new run")
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()} == before


def test_a_kill_between_the_checkpoint_and_the_metrics_loses_no_row(tmp_path: Path) -> None:
    """metrics.csv is written after last.npz, which holds the metrics, too."""
    words = ("--observation", "features", "--schedule", "constant")
    whole, part = tmp_path / "whole", tmp_path / "part"
    trained("ppo", whole, *words)
    trained("ppo", part, *words, rollouts=3)
    lines = (part / "metrics.csv").read_text().splitlines(keepends=True)
    (part / "metrics.csv").write_text("".join(lines[:2]))  # one row of three
    resumed(part, "--total-timesteps", str(4 * STEPS))
    assert_same_end(whole, part)
    timed = {"seconds", "steps_per_second", "validation_score", "validation_full"}  # parts are validated at other steps
    first, second = (
        [{k: v for k, v in row.items() if k not in timed} for row in rows_of(out)] for out in (whole, part)
    )
    assert len(first) == 4
    assert second == first
    (part / "metrics.csv").unlink()
    resumed(part, "--total-timesteps", str(4 * STEPS))
    assert [{k: v for k, v in row.items() if k not in timed} for row in rows_of(part)] == first


def test_a_longer_run_is_validated_in_its_second_part(tmp_path: Path) -> None:
    """The first part has had all of its validations; the second part has some, too."""
    trained("ppo", tmp_path, rollouts=2)
    arrays, header = nn.files.read(tmp_path / "last.npz")
    nn.files.write(
        tmp_path / "last.npz", arrays, header | {"best": header["best"] | {"score": -1.0}}
    )  # any agent is better
    resumed(tmp_path, "--total-timesteps", str(6 * STEPS))
    assert len(rows_of(tmp_path)) == 6
    assert registry.read_metadata(tmp_path)["notes"]["kept_timesteps"] > 2 * STEPS


def test_the_best_game_is_played_under_the_rules_that_it_was_measured_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent that is kept was saved before the hunger limit changed, so its file has the old one."""
    out = tmp_path / "run"
    trained("ppo", out, "--observation", "features", "--final-games", "20", rollouts=1)
    old = agents.load(out).environment["hunger_limit"]
    measured: list[Evaluation] = []
    shown: list[int] = []

    def evaluated(*words: Any, **options: Any) -> Evaluation:
        measured.append(agents.evaluate(*words, **options))
        return measured[-1]

    def rendered(state: Any, **options: Any) -> Any:
        shown.append(int(state.score[0]))
        return render_frame(state, **options)

    bad = Evaluation("ppo", np.full(4, -100.0), np.ones(4, np.int64), np.zeros(4, bool))
    monkeypatch.setattr(best_agent, "evaluate", lambda *_, **__: bad)  # so no later agent is kept
    monkeypatch.setattr(snake_report, "evaluate", evaluated)
    monkeypatch.setattr(snake_report, "render_frame", rendered)
    for limit in (3, 40):
        measured.clear()
        shown.clear()
        resumed(out, "--total-timesteps", str(2 * STEPS), "--hunger-limit", str(limit))
        assert agents.load(out).environment["hunger_limit"] == old != limit
        result = measured[-1]
        best = int(np.lexsort((result.steps, -result.scores))[0])
        assert shown[-1] == result.scores[best]
        assert len(shown) == result.steps[best] + 2  # the first state, one a step, and the last once more
