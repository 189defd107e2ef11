"""Output that cannot be written never ends the work: other encodings, closed or full output, readers that end."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from scripts.common.paths import expand_home, from_text, quoted, to_text
from scripts.common.tables import print_table
from scripts.common.terminal import ASCII_FORM, make_console
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="names of files are text there")
TRAIN = (
    "train.py es --generations 1 --population-size 4 --n-episodes 1 --height 5 --width 6 --workers 1 --final-games 2"
)
FILES = {"config.json", "metrics.csv", "best.npz", "last.npz", "result.json", "curve.png", "best_game.gif"}
NOT_TEXT = os.fsdecode(b"caf\xe9")
ENCODINGS = ["ascii", "latin-1", "cp1252", "koi8-r", "utf-8"]


def run_in_shell(
    command: str, folder: Path, redirected: str = "", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a script in a folder, as from a shell."""
    script, *words = shlex.split(command)
    line = f"{shlex.join([sys.executable, str(ROOT / 'scripts' / script), *words])} {redirected}"
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env={**os.environ, **environment}, capture_output=True, check=False
    )


def files_of(run: Path) -> set[str]:
    return {file.name for file in run.iterdir() if not file.name.startswith(".")}


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.slow), "koi8-r"])
def test_a_training_leaves_the_same_files_on_every_terminal(encoding: str, tmp_path: Path) -> None:
    ended = run_in_shell(f"{TRAIN} --out run", tmp_path, PYTHONIOENCODING=f"{encoding}:strict")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert files_of(tmp_path / "run") == FILES
    assert "brackets: 95 % intervals" in ended.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", ["evaluate.py greedy --games 2", "watch.py greedy --text --games 1 --fps 100000"])
def test_tables_and_boards_have_a_form_on_every_terminal(command: str, encoding: str, tmp_path: Path) -> None:
    if encoding not in ("ascii", "utf-8") and "watch" in command:
        pytest.skip("the two ends of the scale are enough here")
    ended = run_in_shell(f"{command} --height 4 --width 6", tmp_path, PYTHONIOENCODING=f"{encoding}:strict")
    assert (ended.returncode, ended.stderr) == (0, b"")
    printed = ended.stdout.decode(encoding)
    assert "\\" not in printed
    if "watch" in command:
        boards = [line for line in printed.splitlines() if line.startswith(("|", "│"))]
        assert boards
        assert {len(line.rstrip()) for line in boards} == {2 * 6 + 3}


@pytest.mark.slow
@pytest.mark.parametrize("encoding", [*ENCODINGS, "C"])
@pytest.mark.parametrize(
    "command",
    [
        *(f"{script}.py --help" for script in ("train", "train_mnist", "train_images", "play", "digits", "images")),
        "record.py greedy cycle --out game.gif --height 4 --width 6 --every 9",
        "record.py greedy --out game.mp4 --height 4 --width 6",
        "benchmark.py env --rounds 1 --seconds 0.01",
        f"{TRAIN} --out run",
    ],
)
def test_every_script_ends_well_on_every_terminal(command: str, encoding: str, tmp_path: Path) -> None:
    settings = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"} if encoding == "C" else {}
    settings = settings or {"PYTHONIOENCODING": f"{encoding}:strict"}
    ended = run_in_shell(command, tmp_path, **settings)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("redirected", [">&- 2>&- <&-", "2>&1 | head -1; exit ${PIPESTATUS[0]}"])
def test_a_training_is_complete_if_nobody_reads_what_it_prints(redirected: str, tmp_path: Path) -> None:
    ended = run_in_shell(f"{TRAIN} --out run", tmp_path, redirected)
    assert ended.returncode == 0
    assert files_of(tmp_path / "run") == FILES


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_output_that_is_lost_is_told(tmp_path: Path) -> None:
    ended = run_in_shell(f"{TRAIN} --out run", tmp_path, ">/dev/full")
    assert ended.returncode == 1
    assert ended.stderr.decode().strip() == "error: the output could not be written: No space left on device"
    assert files_of(tmp_path / "run") == FILES


@pytest.mark.parametrize("name", [NOT_TEXT, ":fire: [bold]x[/bold] $1$ 'y'"])
def test_a_run_of_any_name_is_found_again(name: str, tmp_path: Path) -> None:
    assert run_in_shell(f"{TRAIN} --out {shlex.quote(name)}", tmp_path).returncode == 0
    (tmp_path / "plain").mkdir()
    run = tmp_path / name
    assert files_of(run) == FILES
    ended = run_in_shell(f"train.py --resume {shlex.quote(name)} --generations 2", tmp_path)
    assert ended.returncode == 0, ended.stderr
    command = next(line for line in ended.stdout.decode().splitlines() if line.startswith("Watch it play:"))
    pasted = subprocess.run(["bash", "-c", f"ls {command.split('watch.py ')[1]}"], cwd=tmp_path, capture_output=True)
    assert b"best_game.gif" in pasted.stdout
    for words in (f"evaluate.py {shlex.quote(name)} --games 2 --plot plot.png", f"compare.py {shlex.quote(name)}"):
        ended = run_in_shell(words, tmp_path, COLUMNS="160")  # where no table folds a name
        assert (ended.returncode, ended.stderr) == (0, b"")
        assert (name if name != NOT_TEXT else r"caf\xe9") in ended.stdout.decode()


def test_paths_are_the_same_after_being_stored() -> None:
    for path in (b"caf\xe9", "café".encode(), b"a b", b"\xff\xfe"):
        text = to_text(os.fsdecode(path))
        assert os.fsencode(from_text(text)) == path
    assert to_text(Path("café")) == "café"


def test_a_quoted_path_is_one_word_of_a_shell() -> None:
    for path in ("plain", "it's", NOT_TEXT, "line\nbreak", "tab\t", "back\\slash", "esc\x1b[2J"):
        answer = subprocess.run(["bash", "-c", f"printf %s {quoted(path)}"], capture_output=True, check=True)
        assert answer.stdout == os.fsencode(path)
        assert quoted(path).isprintable()


def test_home_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.chdir(tmp_path)
    assert expand_home("~/run") == "/home/me/run"
    assert expand_home("a/~") == "a/~"
    with pytest.raises(ValueError, match=r"^~nobody-here/run: there is no user nobody-here; give the whole path"):
        expand_home("~nobody-here/run")
    (tmp_path / "~backup.npz").touch()
    assert expand_home("~backup.npz") == "~backup.npz"


@pytest.mark.parametrize("width", [30, 40, 60, 80, 200])
def test_no_table_breaks_words(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    table = Table("run", title="[b] :fire:")
    for name in ("kind", "mean\nfood", "seconds"):
        table.add_column(name, no_wrap=True)
    table.add_row("runs/ppo-10x10-long_name", "ppo", "97.0 ± 0.1", "1,234,567")
    print_table(make_console(), table)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    assert "[b] :fire:" in printed
    for word in ("runs/", "ppo-", "10x10-", "name", "97.0 ± 0.1", "1,234,567", "seconds"):
        assert word in printed


def test_what_has_no_form_is_escaped() -> None:
    assert "± … 蛇 é".encode("ascii", ASCII_FORM) == rb"+- ... \u86c7 \xe9"
    assert NOT_TEXT.encode("utf-8", ASCII_FORM) == rb"caf\xe9"
