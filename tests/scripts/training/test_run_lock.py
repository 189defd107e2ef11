"""One process at a time trains a run, and what killed processes leave stops nobody."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import train
from scripts.common.run_folder import RunFolder
from scripts.common.run_lock import is_locked
from tests.support.paths import ROOT
from tests.support.waiting import until

TINY = ["ga", "--height", "4", "--width", "5", "--population-size", "8", "--n-episodes", "2", "--workers", "1"]
TINY += ["--final-games", "2"]


def command(*words: str) -> "subprocess.Popen[str]":
    line = [sys.executable, "scripts/train.py", *words]
    return subprocess.Popen(line, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_a_second_resume_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with command(*TINY, "--budget", "1h", "--out", str(run)) as first:
        until((run / "last.npz").exists)
        with command("--resume", str(run), "--budget", "2h") as second:
            output, _ = second.communicate(timeout=60)
        assert second.returncode == 1
        assert output.startswith(f"error: {run} is being trained by process {first.pid} on ")
        assert len(output.splitlines()) == 1
        assert first.poll() is None
        assert is_locked(run)
        (run / ".last.0.tmp.npz").write_bytes(b"half")
        first.send_signal(signal.SIGKILL)
        first.communicate()
    assert not is_locked(run)
    rows = len(RunFolder(run).read_metrics())
    train.main(train.parse(["--resume", str(run), "--generations", str(rows + 30), "--workers", "1"]))
    assert len(RunFolder(run).read_metrics()) == rows + 30
    assert not list(run.glob("*.tmp*"))
    assert not is_locked(run)


def test_a_folder_is_locked_from_when_it_is_claimed(tmp_path: Path) -> None:
    """As when a second run with the same --out starts while the first one still reads its data."""
    first, second = (RunFolder.new(tmp_path / "run", "es") for _ in range(2))
    first.claim()
    with pytest.raises(FileExistsError, match="run was taken by another run a moment ago; start again"):
        second.claim()
    first.write_json("config.json", {})
    first.unlock()
    with pytest.raises(FileExistsError, match="run was taken by another run a moment ago; start again"):
        second.claim()
    assert not is_locked(tmp_path / "run")
    (tmp_path / "empty").mkdir()
    empty = RunFolder.new(tmp_path / "empty", "es")
    empty.claim()  # such a folder may be used
    empty.unlock()


def test_a_run_that_was_killed_before_it_wrote_anything_leaves_its_place_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = Path("runs") / "es"
    place.mkdir(parents=True)
    for name in (".lock", ".lock.json", ".config.4711.tmp.json"):
        (place / name).write_text("{")
    folder = RunFolder.new(None, "es")
    assert folder.path == place
    folder.claim()
    assert sorted(file.name for file in place.iterdir()) == [".lock", ".lock.json"]
    folder.write_json("config.json", {})
    folder.unlock()
    assert RunFolder.new(None, "es").path == Path("runs") / "es-2"


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="everything can be written")
def test_a_run_that_one_may_only_read_can_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    (tmp_path / ".lock").chmod(0o400)
    tmp_path.chmod(0o500)
    assert not is_locked(tmp_path)


def test_an_error_gives_the_lock_back(tmp_path: Path) -> None:
    train.main(train.parse([*TINY, "--generations", "1", "--out", str(tmp_path / "run")]))
    with pytest.raises(ValueError, match="population_size is 8 in this run"):
        train.main(train.parse(["--resume", str(tmp_path / "run"), "--population-size", "9"]))
    assert not is_locked(tmp_path / "run")
